#include "kube/watch_plan.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"

/* The policy, one row a fact: what comes next, whether after a pause, and what it means for our version. */
enum pause { AT_ONCE, AT_ONCE_ONCE, BACK_OFF };    /* _ONCE: a second one in a row waits */
static const struct move {
    enum watch_todo next;
    enum pause pause;
    enum watch_break broken;    /* what may be missing: the version is given up */
    bool alive;                 /* the server works for us: failures are over   */
} moves[WATCH_FACTS] = {
    /* A list alone does not end a row of failures: it also works while every watch ends at once. */
    [WATCH_LISTED]  = { .next = WATCH_OPEN,  .pause = AT_ONCE },
    [WATCH_CHECKED] = { .next = WATCH_OPEN,  .pause = AT_ONCE },
    [WATCH_OPENED]  = { .next = WATCH_READ,  .pause = AT_ONCE },
    [WATCH_FRAME]   = { .next = WATCH_READ,  .pause = AT_ONCE, .alive = true },
    [WATCH_ENDED]   = { .next = WATCH_OPEN,  .pause = AT_ONCE },
    [WATCH_CUT]     = { .next = WATCH_CHECK, .pause = BACK_OFF },
    [WATCH_TOO_OLD] = { .next = WATCH_LIST,  .pause = AT_ONCE_ONCE, .broken = WATCH_EXPIRED },
    [WATCH_SILENT]  = { .next = WATCH_LIST,  .pause = AT_ONCE },
    [WATCH_REFUSED] = { .next = WATCH_OPEN,  .pause = BACK_OFF },
    [WATCH_BUSY]    = { .next = WATCH_OPEN,  .pause = BACK_OFF },
    [WATCH_FAILED]  = { .next = WATCH_LIST,  .pause = BACK_OFF },
    [WATCH_GARBLED] = { .next = WATCH_LIST,  .pause = BACK_OFF, .broken = WATCH_UNREADABLE },
};

bool watch_version_ok(const char *version)
{
    size_t size = version ? strlen(version) : 0;
    if (!size || size >= WATCH_VERSION_SIZE)
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)version[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("-._", c)))
            return false;
    }
    return true;
}

static bool is_decimal(const char *text)
{
    return *text >= '1' && *text <= '9' && strspn(text, "0123456789") == strlen(text);
}

bool watch_version_before(const char *a, const char *b)
{
    if (!is_decimal(a) || !is_decimal(b))
        return false;
    size_t a_size = strlen(a), b_size = strlen(b);
    return a_size != b_size ? a_size < b_size : strcmp(a, b) < 0;
}

static void remember(struct watch_plan *plan, const char *version)
{
    memcpy(plan->version, version, strlen(version) + 1);
}

void watch_plan_init(struct watch_plan *plan, const struct watch_limits *limits, const char *version, uint64_t seed)
{
    assert(limits->pause_first_ms > 0 && limits->pause_first_ms <= limits->pause_most_ms && limits->silence_ms > 0);
    *plan = (struct watch_plan){ .limits = limits, .todo = WATCH_LIST, .dice = seed };
    if (watch_version_ok(version)) {
        remember(plan, version);
        plan->todo = WATCH_CHECK;
    }
}

enum watch_todo watch_todo(const struct watch_plan *plan, int64_t now_ms, int64_t *until_ms)
{
    bool reading = plan->todo == WATCH_READ, pausing = !reading && now_ms < plan->until_ms;
    *until_ms = reading || pausing ? plan->until_ms : INT64_MAX;
    return pausing ? WATCH_PAUSE : plan->todo;
}

/* The end of a watch: as it should be, too soon, or without a word. */
static struct move end_of_watch(struct watch_plan *plan, int64_t now_ms)
{
    struct move move = moves[WATCH_ENDED];
    bool too_soon = now_ms - plan->opened_ms < WATCH_EMPTY_MS;
    if (too_soon)
        move.pause = BACK_OFF;
    else if (!plan->spoke)
        move.next = WATCH_LIST;
    plan->empty = too_soon && !plan->spoke ? plan->empty + 1 : 0;
    if (plan->empty >= WATCH_EMPTY_MOST) {
        plan->empty = 0;
        move.next = WATCH_LIST;
        move.broken = WATCH_EXPIRED;
    }
    return move;
}

static struct move move_after(struct watch_plan *plan, enum watch_fact fact, const char *version, int64_t now_ms)
{
    struct move move = fact == WATCH_ENDED ? end_of_watch(plan, now_ms) : moves[fact];
    if ((fact == WATCH_LISTED || fact == WATCH_CHECKED) && watch_version_before(version, plan->version)) {
        move.broken = WATCH_FUTURE;
        if (fact == WATCH_CHECKED)
            move.next = WATCH_LIST;
    }
    /* A list or a check that fails is still to be done. */
    bool asking = plan->todo == WATCH_LIST || plan->todo == WATCH_CHECK;
    if (asking && (fact == WATCH_CUT || fact == WATCH_REFUSED || fact == WATCH_BUSY || fact == WATCH_FAILED))
        move.next = plan->todo;
    return move;
}

static void back_off(struct watch_plan *plan, int64_t wait_ms)
{
    plan->failures++;
    const struct watch_limits *limits = plan->limits;
    int64_t pause_ms = clock_back_off_ms(plan->failures, limits->pause_first_ms, limits->pause_most_ms, &plan->dice);
    plan->until_ms += wait_ms > pause_ms ? wait_ms : pause_ms;
}

enum watch_break watch_happened(struct watch_plan *plan, enum watch_fact fact, const char *version, int64_t wait_ms,
                                int64_t now_ms)
{
    assert(fact < WATCH_FACTS);
    assert((version != NULL) == (fact == WATCH_LISTED || fact == WATCH_CHECKED || fact == WATCH_FRAME));
    assert(!version || watch_version_ok(version));
    if (plan->opened_ms && now_ms - plan->opened_ms >= WATCH_HEALTHY_MS)
        plan->failures = 0;

    struct move move = move_after(plan, fact, version, now_ms);
    if (move.broken)
        plan->version[0] = '\0';
    if (fact == WATCH_LISTED || fact == WATCH_FRAME)
        remember(plan, version);
    if (move.alive)
        plan->failures = plan->empty = 0;
    if (fact == WATCH_FRAME)
        plan->spoke = true;
    else
        plan->opened_ms = fact == WATCH_OPENED ? now_ms : 0;
    if (fact == WATCH_OPENED)
        plan->spoke = false;

    bool lost = (move.next == WATCH_OPEN || move.next == WATCH_CHECK) && !plan->version[0];
    plan->todo = lost ? WATCH_LIST : move.next;
    plan->until_ms = now_ms + (move.next == WATCH_READ ? plan->limits->silence_ms : 0);
    if (move.pause == BACK_OFF || (move.pause == AT_ONCE_ONCE && plan->failures))
        back_off(plan, wait_ms);
    else if (move.pause == AT_ONCE_ONCE)
        plan->failures++;
    return move.broken;
}

void watch_plan_patience(struct watch_plan *plan, int64_t now_ms)
{
    if (plan->todo == WATCH_READ)
        plan->until_ms = now_ms + plan->limits->silence_ms;
}
