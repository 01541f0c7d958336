#include "agent/lease_plan.h"

#include "base/str.h"

#define RETRIES     5        /* requests in a duration                                   */
#define DENIED_MS   30000    /* a right may be granted later                             */
#define CONFLICT_MS 50

const char *lease_state_name(enum lease_state state)
{
    static const char *const names[LEASE_STATES] = {
        [LEASE_UNKNOWN] = "unknown", [LEASE_HELD] = "held", [LEASE_STANDBY] = "standby", [LEASE_ALONE] = "alone", [LEASE_WITHOUT] = "without",
    };
    return names[state];
}

void lease_plan_init(struct lease_plan *p, const char *identity, int64_t duration_ms, int64_t now_ms)
{
    *p = (struct lease_plan){ .duration_ms = duration_ms, .next_ms = now_ms };
    (void)str_copy(p->identity, sizeof p->identity, identity);
}

int64_t lease_plan_retry_ms(const struct lease_plan *p)
{
    return p->duration_ms / RETRIES;
}

static bool is_ours(const struct lease_plan *p)
{
    return p->there && str_eq(p->record.holder, p->identity);
}

/* When the lease of another one may be taken: it has not changed for as long as it says itself, and as we would grant. */
static int64_t free_from(const struct lease_plan *p)
{
    if (!p->record.holder[0])
        return 0;
    return p->changed_ms + (p->record.duration_ms > p->duration_ms ? p->record.duration_ms : p->duration_ms);
}

enum lease_todo lease_plan_todo(const struct lease_plan *p, int64_t now_ms, int64_t *until_ms)
{
    *until_ms = p->next_ms;
    return now_ms < p->next_ms ? LEASE_REST : p->todo;
}

int64_t lease_plan_transitions(const struct lease_plan *p)
{
    return !p->there ? 0 : is_ours(p) ? p->record.transitions : p->record.transitions + 1;
}

void lease_plan_sent(struct lease_plan *p, int64_t now_ms)
{
    p->sent_ms = now_ms;
}

static int64_t term_of(const struct lease_plan *p)
{
    return p->duration_ms - lease_plan_retry_ms(p);
}

/* Counted from before the request was sent: whoever saw its effect saw it later. */
static void hold_until_term(struct lease_plan *p, enum lease_state state, int64_t from_ms)
{
    p->state = state;
    p->term_ms = from_ms + term_of(p);
}

static void keep(struct lease_plan *p, const struct lease_record *record, int64_t now_ms)
{
    if (!p->there || !str_eq(p->record.version, record->version))
        p->changed_ms = now_ms;
    p->there = true;
    p->record = *record;
}

static void plan(struct lease_plan *p, enum lease_todo todo, int64_t at_ms)
{
    p->todo = todo;
    p->next_ms = at_ms;
}

void lease_plan_read(struct lease_plan *p, const struct lease_record *record, int64_t now_ms)
{
    if (!record) {
        p->there = false;
        plan(p, LEASE_MAKE, now_ms);
        return;
    }
    keep(p, record, now_ms);
    int64_t free_ms = free_from(p), retry_ms = now_ms + lease_plan_retry_ms(p);
    if (is_ours(p) || free_ms <= now_ms) {
        plan(p, LEASE_WRITE, now_ms);
        return;
    }
    p->state = LEASE_STANDBY;
    plan(p, LEASE_READ, free_ms < retry_ms ? free_ms : retry_ms);
}

void lease_plan_written(struct lease_plan *p, const struct lease_record *record, int64_t now_ms)
{
    keep(p, record, now_ms);
    hold_until_term(p, LEASE_HELD, p->sent_ms);
    plan(p, LEASE_WRITE, p->sent_ms + lease_plan_retry_ms(p));
}

void lease_plan_conflict(struct lease_plan *p, int64_t now_ms)
{
    plan(p, LEASE_READ, now_ms + CONFLICT_MS);
}

/* A holder's term runs on; one that stands by has been told who works, and waits.  No request takes as long as a term: who was stopped in the
 * middle of one has heard nothing because of that, and knows no more about the API server than before. */
void lease_plan_silence(struct lease_plan *p, int64_t now_ms)
{
    if (now_ms - p->sent_ms >= term_of(p)) {
        plan(p, LEASE_READ, now_ms);
        return;
    }
    if (lease_plan_state(p, now_ms) == LEASE_UNKNOWN || p->state == LEASE_ALONE)
        hold_until_term(p, LEASE_ALONE, now_ms);
    plan(p, is_ours(p) && p->state == LEASE_HELD ? LEASE_WRITE : LEASE_READ, now_ms + lease_plan_retry_ms(p));
}

/* Neither may anybody else who runs as this account.  One that stands by was told who works. */
void lease_plan_denied(struct lease_plan *p, int64_t now_ms)
{
    if (p->state != LEASE_STANDBY)
        p->state = LEASE_WITHOUT;
    plan(p, LEASE_READ, now_ms + DENIED_MS);
}

enum lease_state lease_plan_state(const struct lease_plan *p, int64_t now_ms)
{
    bool has_term = p->state == LEASE_HELD || p->state == LEASE_ALONE;
    return has_term && now_ms >= p->term_ms ? LEASE_UNKNOWN : p->state;
}
