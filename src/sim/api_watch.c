#include "sim/api_watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define BUFFER_MAX  ((size_t)256 * 1024) /* of one watch; what does not fit waits in the history */
#define LAG_MS      20
#define BOOKMARK_MS 60000
#define TIMEOUT_MS  2400000 /* of a watch that names none */

struct watcher {
    struct watcher *prev, *next;
    struct sim *sim;
    struct http_stream *stream;
    enum kind kind;
    struct selector selector;
    bool metadata_only, bookmarks;
    uint64_t position; /* of the next revision, in the history */
    bool initial;      /* the present state is still being sent */
    size_t initial_index;
    uint64_t initial_version;
    bool initial_bookmark; /* ends with one */
    bool silent;           /* began in the future: says nothing */
    struct timer lag, bookmark, timeout;
};

static const char *const verbs[] = { [VERB_ADDED] = "ADDED", [VERB_MODIFIED] = "MODIFIED", [VERB_DELETED] = "DELETED" };

static void on_closed(void *arg)
{
    struct watcher *w = arg;
    *(w->prev ? &w->prev->next : &w->sim->watchers) = w->next;
    if (w->next)
        w->next->prev = w->prev;
    timer_stop(&w->lag);
    timer_stop(&w->bookmark);
    timer_stop(&w->timeout);
    selector_fini(&w->selector);
    free(w);
}

/* Nothing more is sent; on_closed follows in a later turn. */
static void leave(struct watcher *w, bool in_order)
{
    struct http_stream *stream = w->stream;
    w->stream = NULL;
    timer_stop(&w->lag);
    timer_stop(&w->bookmark);
    timer_stop(&w->timeout);
    if (in_order)
        http_stream_end(stream);
    else
        http_stream_cut(stream);
}

static void pump(struct watcher *w);

static void on_lag(void *arg)
{
    struct watcher *w = arg;
    sim_turn(w->sim);
    pump(w);
}

static void on_cut(void *arg)
{
    struct watcher *w = arg;
    if (http_stream_waiting(w->stream) > 0)
        timer_start(&w->lag, w->sim->loop, LAG_MS, on_cut, w);
    else
        leave(w, false);
}

/* False when it did not fit: the reader is slow. */
static bool send_frame(struct watcher *w, const char *verb, const struct revision *r)
{
    AUTO_BUF struct buf frame = { 0 };
    buf_printf(&frame, "{\"type\":\"%s\",\"object\":", verb);
    api_add_object(&frame, r, FORM_WHOLE, w->metadata_only);
    buf_str(&frame, "}\n");
    struct fault fault;
    if (http_stream_waiting(w->stream) + frame.size <= BUFFER_MAX &&
        faults_meet(&w->sim->faults, "watch", kind_rows[w->kind].resource, true, &fault)) {
        w->silent = true;
        if (http_stream_send(w->stream, frame.data, frame.size / 2) == 0)
            timer_start(&w->lag, w->sim->loop, LAG_MS, on_cut, w);
        return true;
    }
    return http_stream_send(w->stream, frame.data, frame.size) == 0;
}

static void send_text(struct watcher *w, const char *text)
{
    if (http_stream_send(w->stream, text, strlen(text)) != 0)
        return; /* a full buffer needs no bookmark */
}

static void send_bookmark(struct watcher *w, uint64_t version, bool initial_end)
{
    AUTO_FREE char *text = str_printf("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"%s\",\"apiVersion\":\"%s\","
                                      "\"metadata\":{\"resourceVersion\":\"%llu\"%s}%s}}\n",
                                      kind_rows[w->kind].name, kind_api_version(w->kind), (unsigned long long)version,
                                      initial_end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "",
                                      kind_rows[w->kind].empty);
    send_text(w, text);
}

/* The present state as ADDED frames.  False when the reader is slow. */
static bool send_initial(struct watcher *w)
{
    size_t count;
    struct object *const *objects = history_objects(w->sim->world->history, w->kind, &count);
    for (; w->initial_index < count; w->initial_index++) {
        struct object *o = objects[w->initial_index];
        struct revision *r = o->newest ? history_state(o, w->initial_version) : NULL;
        if (!r || !selector_takes(&w->selector, r))
            continue;
        if (!send_frame(w, "ADDED", r))
            return false;
        oracle_handed(w->sim->oracle, r, w->sim->world->now_ms);
        if (w->silent)
            return true;
    }
    w->initial = false;
    if (w->initial_bookmark)
        send_bookmark(w, w->initial_version, true);
    return true;
}

/* What a revision is for this watch: an object may come into the selection, or leave it. NULL: nothing. */
static const char *verb_for(const struct watcher *w, const struct revision *r)
{
    bool takes = selector_takes(&w->selector, r);
    if (r->verb == VERB_DELETED || w->selector.n_terms == 0)
        return takes ? verbs[r->verb] : NULL;
    bool took = r->older && r->older->verb != VERB_DELETED && selector_takes(&w->selector, r->older);
    if (takes)
        return took ? "MODIFIED" : "ADDED";
    return took ? "DELETED" : NULL;
}

static void slow_down(struct watcher *w)
{
    if (!timer_running(&w->lag))
        timer_start(&w->lag, w->sim->loop, LAG_MS, on_lag, w);
}

static void pump(struct watcher *w)
{
    const struct history *h = w->sim->world->history;
    if (!w->stream || w->silent)
        return;
    if (w->initial && !send_initial(w)) {
        slow_down(w);
        return;
    }
    if (w->position < history_first(h)) { /* overtaken: the real one drops slow watchers, too */
        leave(w, true);
        return;
    }
    for (; w->position < history_end(h) && !w->silent; w->position++) {
        struct revision *r = history_at(h, w->position);
        const char *verb = r->object->kind == w->kind ? verb_for(w, r) : NULL;
        if (!verb)
            continue;
        if (!send_frame(w, verb, r)) {
            slow_down(w);
            return;
        }
        oracle_handed(w->sim->oracle, r, w->sim->world->now_ms);
    }
}

void watch_pump_all(struct sim *s)
{
    for (struct watcher *w = s->watchers; w; w = w->next)
        pump(w);
}

void watch_end_all(struct sim *s)
{
    for (struct watcher *w = s->watchers; w; w = w->next)
        if (w->stream)
            leave(w, true);
}

void watch_cut_all(struct sim *s)
{
    for (struct watcher *w = s->watchers; w; w = w->next)
        if (w->stream)
            leave(w, false);
}

static void on_bookmark(void *arg)
{
    struct watcher *w = arg;
    if (!w->silent && !w->initial && w->position == history_end(w->sim->world->history))
        send_bookmark(w, history_version(w->sim->world->history), false);
}

static void on_timeout(void *arg)
{
    struct watcher *w = arg;
    sim_turn(w->sim);
    if (w->bookmarks && kind_rows[w->kind].cached)
        on_bookmark(w);
    leave(w, true);
}

static void send_error(struct watcher *w, uint64_t wanted)
{
    const struct history *h = w->sim->world->history;
    AUTO_FREE char *message = kind_rows[w->kind].cached
                                  ? str_printf("too old resource version: %llu (%llu)", (unsigned long long)wanted,
                                               (unsigned long long)history_compacted(h))
                                  : str_dup("The resourceVersion for the provided watch is too old.");
    AUTO_FREE char *status = api_status_text(410, "Expired", NULL, message);
    AUTO_FREE char *frame = str_printf("{\"type\":\"ERROR\",\"object\":%s}\n", status);
    send_text(w, frame);
    leave(w, true);
}

static void begin(struct watcher *w, const char *version, bool wants_initial)
{
    const struct history *h = w->sim->world->history;
    uint64_t wanted = version ? strtoull(version, NULL, 10) : 0;
    if (wanted == 0 || wants_initial) {
        w->initial = true;
        w->initial_version = history_version(h);
        w->initial_bookmark = wants_initial || w->bookmarks;
        w->position = history_end(h);
    } else if (wanted < history_compacted(h)) {
        send_error(w, wanted);
        return;
    } else {
        w->silent = wanted > history_version(h);
        w->position = history_after(h, wanted);
    }
    pump(w);
}

void api_watch(struct api_request *r, const struct selector *selector)
{
    struct sim *s = r->sim;
    struct watcher *w = mem_alloc(sizeof *w);
    *w = (struct watcher){
        .sim = s, .next = s->watchers, .kind = r->kind, .selector = *selector, .metadata_only = api_wants_metadata(r->x)
    };
    if (w->next)
        w->next->prev = w;
    s->watchers = w;
    s->watches++;
    const char *timeout = http_query(r->x, "timeoutSeconds"), *version = http_query(r->x, "resourceVersion");
    bool wants_initial = str_eq(http_query(r->x, "sendInitialEvents"), "true");
    int64_t timeout_ms = timeout ? 1000 * strtoll(timeout, NULL, 10) : 0;
    w->bookmarks = str_eq(http_query(r->x, "allowWatchBookmarks"), "true");
    char version_text[32];
    str_copy(version_text, sizeof version_text, str_or_empty(version));

    api_set_headers(s, r->x);
    w->stream = http_stream_begin(r->x, 200, "application/json", BUFFER_MAX, on_closed, w);
    timer_start(&w->timeout, s->loop, timeout_ms > 0 ? timeout_ms : TIMEOUT_MS, on_timeout, w);
    if (w->bookmarks && kind_rows[r->kind].cached)
        timer_every(&w->bookmark, s->loop, BOOKMARK_MS, on_bookmark, w);
    begin(w, version_text, wants_initial);
}
