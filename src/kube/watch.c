/* Carries out what watch_plan decides: sockets, timers and handlers around it.
 *
 * Bytes that arrive are only kept (frames); they are read on a turn of their own, so that a handler may free the
 * watch without an HTTP client below it on the stack.  Every entry from outside stands between enter and leave:
 * freed inside, it goes at leave.
 */
#include "kube/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "kube/answer.h"
#include "kube/client.h"
#include "kube/frames.h"
#include "kube/watch_plan.h"

#define PAUSE_FIRST_MS  800
#define PAUSE_MOST_MS   30000
#define SILENCE_MS      600000
#define TIMEOUT_LEAST_S 300
#define TIMEOUT_MOST_S  600
#define GRACE_MS        30000 /* a server that does not end the watch in time is cut off after this */
#define FRAME_MAX       ((size_t)4 << 20)
#define ERROR_MAX       ((size_t)64 << 10) /* bytes of an answer that is no stream                              */
#define SLICE_BYTES     ((size_t)64 << 10) /* so much at once is worth a turn of its own: the rest is not left waiting */
#define KEEP_ALIVE_MS   30000              /* within this TCP's keep-alive finds out that the server is gone     */

/* How a stream ended, kept until all that came before has been read. */
struct stream_end {
    bool there, whole;
    int status;
    int64_t wait_ms;
    struct err err;
};

struct kube_watch {
    struct kube_request base;
    const struct kube_kind *kind;
    char *namespace_, *path, *query;
    int64_t slice_ms, timeout_ms;
    struct watch_limits limits;
    struct kube_watch_handlers handlers;
    void *arg;

    struct watch_plan plan;
    enum kube_watch_state state;
    struct err why; /* of the last failure                                          */
    uint64_t dice;
    int64_t alive_ms; /* when the server last proved alive; 0: never                  */

    struct http_call *stream; /* the open watch, or NULL                                      */
    bool accepted;            /* status 200 came, which the plan has not been told yet        */
    struct stream_end end;
    struct frames frames;
    struct kube_request *asked; /* the list or check under way, or NULL                         */
    bool listing;               /* asked is a list                                              */

    struct timer next;  /* the plan's until                                             */
    struct timer read;  /* frames are there                                             */
    struct timer slice; /* the socket is left alone until then                          */
    bool slicing, paused;
    size_t arrived; /* bytes since the last slice                                   */
    int depth;      /* of enter                                                     */
    bool dead;      /* freed within                                                 */
};

static void step(struct kube_watch *w);

static int64_t now_of(const struct kube_watch *w)
{
    return loop_now_ms(w->base.kube->loop);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

static void stop_stream(struct kube_watch *w)
{
    if (w->stream)
        http_call_cancel(w->stream);
    w->stream = NULL;
    w->accepted = false;
    w->end = (struct stream_end){ 0 };
    frames_reset(&w->frames);
    timer_stop(&w->read);
    timer_stop(&w->slice);
    w->slicing = false;
}

static void enter(struct kube_watch *w)
{
    w->depth++;
}

static void leave(struct kube_watch *w)
{
    if (--w->depth || !w->dead)
        return;
    free(w->namespace_);
    free(w->path);
    free(w->query);
    free(w);
}

static void watch_drop(struct kube_request *r)
{
    struct kube_watch *w = (struct kube_watch *)r;
    enter(w);
    stop_stream(w);
    kube_cancel(w->asked);
    w->asked = NULL;
    timer_stop(&w->next);
    kube_request_remove(r);
    w->dead = true;
    leave(w);
}

void kube_watch_free(struct kube_watch *w)
{
    if (w && !w->dead)
        watch_drop(&w->base);
}

/* --- telling the owner ------------------------------------------------------------------------------------------ */

static void tell_state(struct kube_watch *w, enum kube_watch_state state)
{
    if (w->dead || w->state == state)
        return;
    w->state = state;
    bool bad = state == KUBE_WATCH_PAUSED || state == KUBE_WATCH_FORBIDDEN;
    if (w->handlers.state)
        w->handlers.state(w->arg, state, bad && w->why.kind ? &w->why : NULL);
}

static const char *const break_causes[] = {
    [WATCH_EXPIRED] = "watch_expired",
    [WATCH_FUTURE] = "version_from_the_future",
    [WATCH_UNREADABLE] = "frame_unreadable",
};

/* Tells the plan, and the owner when something may be missing. */
static void happened(struct kube_watch *w, enum watch_fact fact, const char *version, int64_t wait_ms)
{
    char from[WATCH_VERSION_SIZE];
    memcpy(from, w->plan.version, sizeof from);
    enum watch_break broken = watch_happened(&w->plan, fact, version, wait_ms, now_of(w));
    if (broken && from[0] && w->handlers.broken)
        w->handlers.broken(w->arg, break_causes[broken], from);
}

/* A request or a stream that failed. */
static void failed(struct kube_watch *w, enum watch_fact fact, const struct err *err, int64_t wait_ms)
{
    w->why = *err;
    happened(w, fact, NULL, wait_ms);
}

/* What a failed list or check means; a list whose continue token expired has had its own restarts. */
static const enum watch_fact facts_of_errors[] = {
    [ERR_REFUSED] = WATCH_REFUSED, [ERR_BUSY] = WATCH_BUSY, [ERR_UNAVAILABLE] = WATCH_CUT,
    [ERR_TIMEOUT] = WATCH_CUT,     [ERR_IO] = WATCH_CUT,
};

static enum watch_fact fact_of_error(enum err_kind kind)
{
    enum watch_fact fact = kind < COUNT(facts_of_errors) ? facts_of_errors[kind] : WATCH_LISTED;
    return fact == WATCH_LISTED ? WATCH_FAILED : fact; /* the table's gaps */
}

static enum watch_fact fact_of_status(int status)
{
    switch (status) {
    case 401:
    case 403: return WATCH_REFUSED;
    case 410: return WATCH_TOO_OLD;
    case 429:
    case 503: return WATCH_BUSY;
    default: return WATCH_FAILED;
    }
}

/* --- list and check --------------------------------------------------------------------------------------------- */

static void on_item(void *arg, json *object)
{
    struct kube_watch *w = arg;
    enter(w);
    w->alive_ms = now_of(w);
    if (w->handlers.object)
        w->handlers.object(w->arg, KUBE_LISTED, object, "");
    leave(w);
}

/* The answer to a list or check: its version, or why there is none. */
static void answered(struct kube_watch *w, enum watch_fact fact, const char *version, const struct err *err)
{
    struct err bad;
    if (!err && !watch_version_ok(version)) {
        err_set(&bad, ERR_INVALID, "the list of %s has no usable resourceVersion", w->kind->plural);
        err = &bad;
    }
    w->asked = NULL;
    if (err) {
        failed(w, fact_of_error(err->kind), err, 0);
    } else {
        w->alive_ms = now_of(w);
        happened(w, fact, version, 0);
        if (fact == WATCH_LISTED && !w->dead && w->handlers.listed)
            w->handlers.listed(w->arg, version);
    }
    step(w);
}

static void on_listed(void *arg, const char *version, const struct err *err)
{
    struct kube_watch *w = arg;
    enter(w);
    answered(w, WATCH_LISTED, version, err);
    leave(w);
}

static void on_checked(void *arg, const struct kube_answer *answer)
{
    struct kube_watch *w = arg;
    enter(w);
    answered(w, WATCH_CHECKED, json_at_str(answer->object, "metadata.resourceVersion"), answer->err);
    leave(w);
}

static void start_list(struct kube_watch *w)
{
    static const struct kube_list_handlers handlers = { .item = on_item, .done = on_listed };
    tell_state(w, KUBE_WATCH_LISTING);
    if (!w->dead && w->handlers.list_began)
        w->handlers.list_began(w->arg);
    if (w->dead)
        return;
    w->listing = true;
    w->asked = kube_list(w->base.kube, w->kind, w->namespace_, w->query, &handlers, w);
    kube_list_pause(w->asked, w->paused);
}

static void start_check(struct kube_watch *w)
{
    tell_state(w, KUBE_WATCH_LISTING);
    if (w->dead)
        return;
    AUTO_FREE char *path = str_printf("%s?limit=1%s%s", w->path, w->query ? "&" : "", str_or_empty(w->query));
    struct kube_options options = { .partial_metadata = true };
    w->listing = false;
    w->asked = kube_call(w->base.kube, path, &options, on_checked, w);
}

/* --- the stream ------------------------------------------------------------------------------------------------- */

static void settle(struct kube_watch *w);

static void on_read(void *arg)
{
    struct kube_watch *w = arg;
    enter(w);
    settle(w);
    leave(w);
}

static void read_soon(struct kube_watch *w)
{
    if (!w->paused && !w->slicing && !timer_running(&w->read))
        timer_start(&w->read, w->base.kube->loop, 0, on_read, w);
}

static bool on_begin(void *arg, int status)
{
    struct kube_watch *w = arg;
    w->accepted = status == 200;
    if (w->accepted) {
        w->alive_ms = now_of(w);
        read_soon(w);
    }
    return true;
}

static void on_data(void *arg, const char *data, size_t size)
{
    struct kube_watch *w = arg;
    w->alive_ms = now_of(w);
    w->base.kube->counts.bytes += size;
    w->arrived += size;
    frames_add(&w->frames, data, size);
    read_soon(w);
}

static void on_end(void *arg, const struct http_answer *answer)
{
    struct kube_watch *w = arg;
    enter(w);
    w->stream = NULL;
    w->end = (struct stream_end){ .there = true,
                                  .whole = answer->whole && !answer->err,
                                  .status = answer->status,
                                  .wait_ms = answer->retry_after_ms };
    if (answer->status != 200) {
        struct answer read;
        answer_read(&read, answer);
        if (read.view.err)
            w->end.err = *read.view.err;
        else
            err_set(&w->end.err, ERR_INVALID, "a watch was answered with HTTP %d", answer->status);
        answer_fini(&read);
    } else if (answer->err) {
        w->end.err = *answer->err;
    } else {
        err_set(&w->end.err, ERR_UNAVAILABLE, "%s cut the watch of %s", kube_server(w->base.kube), w->kind->plural);
    }
    timer_stop(&w->slice);
    w->slicing = false;
    settle(w);
    leave(w);
}

static void open_stream(struct kube_watch *w)
{
    static const struct http_stream_handlers handlers = { .begin = on_begin, .data = on_data };
    int64_t timeout_s = w->timeout_ms / 1000;
    if (!timeout_s)
        timeout_s = TIMEOUT_LEAST_S + (int64_t)(clock_roll(&w->dice) % (TIMEOUT_MOST_S - TIMEOUT_LEAST_S + 1));
    AUTO_FREE char *path =
        str_printf("%s?watch=1&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%lld%s%s", w->path,
                   w->plan.version, (long long)timeout_s, w->query ? "&" : "", str_or_empty(w->query));
    struct kube_send send = { .path = path, .total_ms = timeout_s * 1000 + GRACE_MS, .body_max = ERROR_MAX };
    stop_stream(w);
    w->base.kube->counts.watches++;
    w->stream = kube_send(w->base.kube, &send, &handlers, on_end, w);
    if (w->paused)
        http_call_pause(w->stream, true);
}

static const struct frame_type {
    const char *name;
    enum kube_change change;
} frame_types[] = {
    { "ADDED", KUBE_ADDED },
    { "MODIFIED", KUBE_MODIFIED },
    { "DELETED", KUBE_DELETED },
};

static void garbled(struct kube_watch *w, const char *why)
{
    w->base.kube->counts.frames_bad++;
    stop_stream(w);
    struct err e;
    err_set(&e, ERR_INVALID, "a frame in the watch of %s cannot be read: %s", w->kind->plural, why);
    failed(w, WATCH_GARBLED, &e, 0);
}

/* An ERROR frame holds a Status; its resourceVersion is none of ours. */
static void on_error_frame(struct kube_watch *w, const json *status)
{
    int code = (int)json_get_int(status, "code", 500);
    struct err e;
    answer_error(&e, code, status, NULL);
    int64_t wait_ms = answer_retry_after_ms(status);
    stop_stream(w);
    failed(w, fact_of_status(code), &e, wait_ms);
}

static void on_frame(struct kube_watch *w, const char *frame, size_t size)
{
    struct err e;
    struct json_limits limits = json_object_limits;
    limits.size = w->frames.max;
    AUTO_JSON struct json_doc *doc = json_parse(frame, size, &limits, &e);
    const char *type = json_get_str(json_root(doc), "type");
    json *object = json_get(json_root(doc), "object");
    const char *version = json_at_str(object, "metadata.resourceVersion");
    w->base.kube->counts.frames++;
    if (str_eq(type, "ERROR")) {
        on_error_frame(w, object);
        return;
    }
    if (!doc || !watch_version_ok(version)) {
        garbled(w, doc ? "it has no type, object or resourceVersion" : e.text);
        return;
    }
    if (str_eq(type, "BOOKMARK")) {
        happened(w, WATCH_FRAME, version, 0);
        if (w->handlers.place)
            w->handlers.place(w->arg, version);
        return;
    }
    for (size_t i = 0; i < COUNT(frame_types); i++) {
        if (!str_eq(type, frame_types[i].name))
            continue;
        happened(w, WATCH_FRAME, version, 0);
        if (w->handlers.object)
            w->handlers.object(w->arg, frame_types[i].change, object, version);
        return;
    }
    garbled(w, "its type is unknown");
}

static bool is_reading(const struct kube_watch *w)
{
    return !w->dead && !w->paused && w->plan.todo == WATCH_READ;
}

static void read_frames(struct kube_watch *w)
{
    const char *frame;
    size_t size;
    while (is_reading(w)) {
        enum frames_next found = frames_next(&w->frames, &frame, &size);
        if (found == FRAMES_NONE)
            return;
        if (found == FRAMES_TOO_LONG)
            garbled(w, "it is too long");
        else
            on_frame(w, frame, size);
    }
}

static void on_slice(void *arg)
{
    struct kube_watch *w = arg;
    w->slicing = false;
    if (w->stream && !w->paused)
        http_call_pause(w->stream, false);
}

/* Lets the kernel gather what comes next, so that a busy watch wakes us once a slice.  Not in a flood: the client takes at most some 700 KB
 * out of a socket before it comes back to us, and that much a slice would be all that the watch can carry. */
static void begin_slice(struct kube_watch *w)
{
    bool flood = w->arrived >= SLICE_BYTES;
    if (!w->slice_ms || !w->stream || w->paused || w->slicing)
        return;
    w->arrived = 0;
    if (flood)
        return;
    w->slicing = true;
    http_call_pause(w->stream, true);
    timer_start(&w->slice, w->base.kube->loop, w->slice_ms, on_slice, w);
}

static void finish_stream(struct kube_watch *w)
{
    struct stream_end end = w->end;
    stop_stream(w);
    if (end.status == 200 && end.whole) {
        err_set(&w->why, ERR_UNAVAILABLE, "the API server ended the watch of %s as soon as it was open",
                w->kind->plural);
        happened(w, WATCH_ENDED, NULL, 0);
        return;
    }
    if (end.status == 401)
        credential_refused(&w->base.kube->credential, now_of(w));
    enum watch_fact fact = end.status == 200 || !end.status ? WATCH_CUT : fact_of_status(end.status);
    failed(w, fact, &end.err, end.wait_ms);
}

/* Works off what the stream brought: its beginning, its frames, its end. */
static void settle(struct kube_watch *w)
{
    if (w->dead || w->paused)
        return;
    if (w->accepted || (w->end.there && w->end.status == 200 && w->plan.todo == WATCH_OPEN)) {
        w->accepted = false;
        happened(w, WATCH_OPENED, NULL, 0);
        tell_state(w, KUBE_WATCH_OPEN);
    }
    read_frames(w);
    if (w->dead || w->paused)
        return;
    if (w->end.there)
        finish_stream(w);
    else
        begin_slice(w);
    step(w);
}

/* --- what is next ----------------------------------------------------------------------------------------------- */

static void on_next(void *arg)
{
    struct kube_watch *w = arg;
    enter(w);
    int64_t until_ms;
    if (watch_todo(&w->plan, now_of(w), &until_ms) == WATCH_READ && now_of(w) >= until_ms) {
        stop_stream(w);
        happened(w, WATCH_SILENT, NULL, 0);
    }
    step(w);
    leave(w);
}

static void wait_until(struct kube_watch *w, int64_t until_ms)
{
    int64_t wait_ms = until_ms - now_of(w);
    timer_start(&w->next, w->base.kube->loop, wait_ms > 0 ? wait_ms : 0, on_next, w);
}

/* Starts what the plan wants, unless it is under way. */
static void step(struct kube_watch *w)
{
    if (w->dead || w->asked)
        return;
    int64_t until_ms;
    timer_stop(&w->next);
    switch (watch_todo(&w->plan, now_of(w), &until_ms)) {
    case WATCH_LIST: start_list(w); break;
    case WATCH_CHECK: start_check(w); break;
    case WATCH_OPEN:
        if (!w->stream && !w->end.there)
            open_stream(w);
        break;
    case WATCH_READ:
        if (!w->paused)
            wait_until(w, until_ms);
        break;
    case WATCH_PAUSE:
        tell_state(w, w->why.kind == ERR_REFUSED ? KUBE_WATCH_FORBIDDEN : KUBE_WATCH_PAUSED);
        if (!w->dead)
            wait_until(w, until_ms);
        break;
    default: break;
    }
}

/* --- the owner's side ------------------------------------------------------------------------------------------- */

static int64_t or_usual(int64_t value, int64_t usual)
{
    return value ? value : usual;
}

struct kube_watch *kube_watch_new(struct kube *k, const struct kube_watch_config *config,
                                  const struct kube_watch_handlers *handlers, void *arg)
{
    struct kube_watch *w = mem_alloc(sizeof *w);
    *w = (struct kube_watch){
        .kind = config->kind,
        .namespace_ = str_dup(config->namespace_),
        .path = kube_path(config->kind, config->namespace_, NULL),
        .query = config->query && *config->query ? str_dup(config->query) : NULL,
        .slice_ms = config->slice_ms,
        .timeout_ms = config->timeout_ms,
        .limits = { .pause_first_ms = or_usual(config->pause_first_ms, PAUSE_FIRST_MS),
                    .pause_most_ms = or_usual(config->pause_most_ms, PAUSE_MOST_MS),
                    .silence_ms = or_usual(config->silence_ms, SILENCE_MS) },
        .handlers = *handlers,
        .arg = arg,
        .dice = (uint64_t)clock_mono_us() ^ (uint64_t)(uintptr_t)w,
        .frames.max = config->frame_max ? config->frame_max : FRAME_MAX,
    };
    if (w->limits.pause_most_ms < w->limits.pause_first_ms)
        w->limits.pause_most_ms = w->limits.pause_first_ms;
    /* Only a namespace that is none has no path; its list says so. */
    watch_plan_init(&w->plan, &w->limits, w->path ? config->version : NULL, clock_roll(&w->dice));
    kube_request_add(k, &w->base, watch_drop);
    timer_start(&w->next, k->loop, 0, on_next, w);
    return w;
}

void kube_watch_pause(struct kube_watch *w, bool pause)
{
    if (w->dead || w->paused == pause)
        return;
    w->paused = pause;
    if (w->asked && w->listing)
        kube_list_pause(w->asked, pause);
    if (w->stream && !w->slicing)
        http_call_pause(w->stream, pause);
    if (pause) {
        timer_stop(&w->read);
        if (w->plan.todo == WATCH_READ)
            timer_stop(&w->next);
        return;
    }
    watch_plan_patience(&w->plan, now_of(w));
    if (w->accepted || w->end.there || w->plan.todo == WATCH_READ)
        read_soon(w);
}

enum kube_watch_state kube_watch_state(const struct kube_watch *w)
{
    return w->state;
}

int64_t kube_watch_age_ms(const struct kube_watch *w)
{
    if (!w->alive_ms)
        return -1;
    int64_t age_ms = now_of(w) - w->alive_ms;
    return w->state == KUBE_WATCH_OPEN && w->stream && age_ms > KEEP_ALIVE_MS ? KEEP_ALIVE_MS : age_ms;
}
