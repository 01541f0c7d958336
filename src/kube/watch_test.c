/* A watch against an API server that says, byte for byte, what the real one was seen to say. */
#include "kube/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/str.h"
#include "kube/scripted.h"

#define PATIENCE_MS 10000

struct world;

struct row {
    const char *request; /* how it begins; "" for any */
    void (*reply)(struct world *w, struct scripted_connection *c);
};

struct world {
    struct loop *loop;
    struct scripted *server;
    struct kube *kube;
    struct kube_watch *watch;
    const struct row *rows;
    size_t n_rows, next;
    const char *stop_at;            /* the loop ends once the log ends with this   */
    const char *free_at, *pause_at; /* the watch is freed or paused there          */
    char wrong[1000];
    struct buf log; /* what the watch told, in words               */
    struct timer patience;
    struct scripted_connection *stream;
};

static void note(struct world *w, const char *format, ...) ERR_PRINTF(2, 3);
static void note(struct world *w, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_printf(&w->log, "%s; ", text);
    if (w->stop_at && !strcmp(text, w->stop_at))
        loop_stop(w->loop);
    if (w->free_at && !strcmp(text, w->free_at)) {
        kube_watch_free(w->watch);
        w->watch = NULL;
    }
    if (w->pause_at && !strcmp(text, w->pause_at))
        kube_watch_pause(w->watch, true);
}

static void on_object(void *arg, enum kube_change change, json *object, const char *version)
{
    static const char *const names[] = { "listed", "added", "modified", "deleted" };
    note(arg, "%s %s@%s", names[change], str_or_empty(json_at_str(object, "metadata.name")), version);
}

static void on_list_began(void *arg)
{
    note(arg, "list");
}

static void on_listed(void *arg, const char *version)
{
    note(arg, "whole@%s", version);
}

static void on_place(void *arg, const char *version)
{
    note(arg, "place@%s", version);
}

static void on_broken(void *arg, const char *cause, const char *from)
{
    note(arg, "broken %s from %s", cause, from);
}

static void on_state(void *arg, enum kube_watch_state state, const struct err *err)
{
    static const char *const names[] = { "starting", "listing", "open", "paused", "forbidden" };
    if (err)
        note(arg, "%s: %.60s", names[state], err->text);
    else
        note(arg, "%s", names[state]);
}

static const struct kube_watch_handlers handlers = {
    .object = on_object,
    .list_began = on_list_began,
    .listed = on_listed,
    .place = on_place,
    .broken = on_broken,
    .state = on_state,
};

static void on_request(void *arg, struct scripted_connection *c, const char *request)
{
    struct world *w = arg;
    const struct row *row = w->next < w->n_rows ? &w->rows[w->next] : NULL;
    if (!row || !str_starts(request, row->request)) {
        snprintf(w->wrong, sizeof w->wrong, "request %zu: expected %s, got %.400s; so far: %.400s", w->next,
                 row ? row->request : "nothing", request, buf_text(&w->log));
        loop_stop(w->loop);
        return;
    }
    w->next++;
    row->reply(w, c);
}

static void on_patience(void *arg)
{
    struct world *w = arg;
    snprintf(w->wrong, sizeof w->wrong, "nothing more after %d ms; so far: %.800s", PATIENCE_MS, buf_text(&w->log));
    loop_stop(w->loop);
}

static void run(struct world *w, const char *stop_at)
{
    w->stop_at = stop_at;
    timer_start(&w->patience, w->loop, PATIENCE_MS, on_patience, w);
    loop_run(w->loop);
    timer_stop(&w->patience);
    if (w->wrong[0])
        fail_msg("%s", w->wrong);
}

static struct world *open_world(const struct row *rows, size_t n_rows, const struct kube_watch_config *config)
{
    struct world *w = mem_alloc(sizeof *w);
    *w = (struct world){ .rows = rows, .n_rows = n_rows, .loop = loop_new("test", 16) };
    w->server = scripted_new(w->loop, on_request, w);
    AUTO_FREE char *server = str_dup(scripted_url(w->server));
    struct kube_config kube = { .server = server };
    struct err e;
    w->kube = kube_new(w->loop, &kube, "test/1", &e);
    assert_non_null(w->kube);
    struct kube_watch_config mine = config ? *config : (struct kube_watch_config){ 0 };
    mine.kind = kube_kind_find("event");
    mine.timeout_ms = 400000;
    mine.pause_first_ms = mine.pause_first_ms ? mine.pause_first_ms : 2;
    mine.pause_most_ms = 20;
    w->watch = kube_watch_new(w->kube, &mine, &handlers, w);
    assert_int_equal(w->log.size, 0);
    return w;
}

static void close_world(struct world *w)
{
    size_t asked = w->next, expected = w->n_rows;
    kube_watch_free(w->watch);
    kube_free(w->kube);
    scripted_free(w->server);
    loop_free(w->loop);
    buf_fini(&w->log);
    free(w);
    assert_int_equal(asked, expected);
}

/* Follows the rows until the log says stop_at; then it must be as expected. */
static void tells(const struct row *rows, size_t n_rows, const struct kube_watch_config *config, const char *stop_at,
                  const char *expected)
{
    struct world *w = open_world(rows, n_rows, config);
    run(w, stop_at);
    assert_string_equal(buf_text(&w->log), expected);
    close_world(w);
}
#define TELLS(rows, config, stop_at, expected) tells(rows, COUNT(rows), config, stop_at, expected)

/* --- replies ---------------------------------------------------------------------------------------------------- */

#define LIST  "GET /api/v1/events?limit=500 "
#define CHECK "GET /api/v1/events?limit=1 "
#define AT(v) "GET /api/v1/events?watch=1&allowWatchBookmarks=true&resourceVersion=" v "&timeoutSeconds=400 "
#define FRAME(type, name, version)                                                                                     \
    "{\"type\":\"" type "\",\"object\":{\"kind\":\"Event\",\"metadata\":{\"name\":\"" name                             \
    "\",\"resourceVersion\":\"" version "\"}}}\n"
#define GONE                                                                                                           \
    "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":"            \
    "\"Failure\",\"message\":\"The resourceVersion for the provided watch is too "                                     \
    "old.\",\"reason\":\"Expired\",\"code\":410}}\n"

static void list_a_at_7(struct world *w, struct scripted_connection *c)
{
    (void)w;
    scripted_json(c, 200,
                  "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":{\"name\":\"a\","
                  "\"resourceVersion\":\"3\"}}]}");
}

static void list_nothing_at_9(struct world *w, struct scripted_connection *c)
{
    (void)w;
    scripted_json(c, 200, "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[]}");
}

static void stream(struct world *w, struct scripted_connection *c)
{
    scripted_begin(c);
    w->stream = c;
}

static void say(struct scripted_connection *c, const char *text)
{
    scripted_chunk(c, text, strlen(text));
}

static void stream_b_and_go_on(struct world *w, struct scripted_connection *c)
{
    stream(w, c);
    say(c, FRAME("ADDED", "b", "8"));
}

static void stream_b_and_end(struct world *w, struct scripted_connection *c)
{
    stream_b_and_go_on(w, c);
    scripted_end(c);
}

static void stream_b_and_cut(struct world *w, struct scripted_connection *c)
{
    stream_b_and_go_on(w, c);
    say(c, "{\"type\":\"ADDED\",\"object\":{\"kind\"");
    scripted_close(c);
}

static void stream_gone(struct world *w, struct scripted_connection *c)
{
    stream(w, c);
    say(c, GONE);
    scripted_end(c);
}

static void status_410(struct world *w, struct scripted_connection *c)
{
    (void)w;
    scripted_json(
        c, 410,
        "{\"kind\":\"Status\",\"message\":\"too old resource version: 1 (616)\",\"reason\":\"Expired\",\"code\":410}");
}

static void status_403(struct world *w, struct scripted_connection *c)
{
    (void)w;
    scripted_json(c, 403,
                  "{\"kind\":\"Status\",\"message\":\"events is forbidden\",\"reason\":\"Forbidden\",\"code\":403}");
}

static void stream_nothing_and_end(struct world *w, struct scripted_connection *c)
{
    stream(w, c);
    scripted_end(c);
}

static void stream_b_and_429(struct world *w, struct scripted_connection *c)
{
    stream_b_and_go_on(w, c);
    say(c, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"message\":\"storage is "
           "(re)initializing\",\"reason\":\"TooManyRequests\",\"code\":429}}\n");
    scripted_end(c);
}

static void stream_b_and_500(struct world *w, struct scripted_connection *c)
{
    stream_b_and_go_on(w, c);
    say(c, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"message\":\"unable to "
           "decode\",\"reason\":\"InternalError\",\"code\":500}}\n");
}

static void stream_b_and_garbage(struct world *w, struct scripted_connection *c)
{
    stream_b_and_go_on(w, c);
    say(c, "<html>proxy</html>\n");
}

static void hang_up(struct world *w, struct scripted_connection *c)
{
    (void)w;
    scripted_close(c);
}

/* --- the life of a watch ---------------------------------------------------------------------------------------- */

static void it_lists_then_follows_and_tells_every_change(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 }, { AT("7"), stream } };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "open");
    assert_int_equal(kube_watch_state(w->watch), KUBE_WATCH_OPEN);
    say(w->stream,
        FRAME("ADDED", "b", "8") FRAME("MODIFIED", "b", "9") FRAME("BOOKMARK", "", "12") FRAME("DELETED", "a", "13"));
    run(w, "deleted a@13");
    assert_string_equal(buf_text(&w->log),
                        "listing; list; listed a@; whole@7; open; added b@8; modified b@9; place@12; deleted a@13; ");
    assert_in_range(kube_watch_age_ms(w->watch), 0, 5000);
    assert_int_equal(kube_counts(w->kube).frames, 4);
    assert_int_equal(kube_counts(w->kube).watches, 1);
    close_world(w);
}

static void an_orderly_end_goes_on_from_the_last_frame_without_a_word(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 },
                                       { AT("7"), stream_b_and_end },
                                       { AT("8"), stream_b_and_go_on } };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "added b@8");
    buf_reset(&w->log);
    run(w, "added b@8");
    assert_null(strstr(buf_text(&w->log), "list"));
    assert_null(strstr(buf_text(&w->log), "broken"));
    close_world(w);
}

static void a_cut_stream_checks_and_goes_on_from_the_last_whole_frame(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { LIST, list_a_at_7 }, { AT("7"), stream_b_and_cut }, { CHECK, list_nothing_at_9 }, { AT("8"), stream }
    };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "added b@8");
    run(w, "open");
    assert_non_null(strstr(buf_text(&w->log), "added b@8; paused: "));
    assert_non_null(strstr(buf_text(&w->log), "; listing; open; "));
    close_world(w);
}

static void too_old_as_a_frame_breaks_continuity_and_lists(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { LIST, list_a_at_7 }, { AT("7"), stream_gone }, { LIST, list_nothing_at_9 }, { AT("9"), stream }
    };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "whole@9");
    run(w, "open");
    assert_string_equal(
        buf_text(&w->log),
        "listing; list; listed a@; whole@7; open; broken watch_expired from 7; listing; list; whole@9; open; ");
    close_world(w);
}

static void too_old_as_a_status_breaks_continuity_and_lists(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { CHECK, list_nothing_at_9 }, { AT("5"), status_410 }, { LIST, list_nothing_at_9 }, { AT("9"), stream }
    };
    struct kube_watch_config config = { .version = "5" };
    TELLS(rows, &config, "open", "listing; broken watch_expired from 5; list; whole@9; open; ");
}

static void two_empty_streams_in_a_row_are_too_old_as_well(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { LIST, list_a_at_7 },
        { AT("7"), stream_nothing_and_end },
        { AT("7"), stream_nothing_and_end },
        { LIST, list_nothing_at_9 },
        { AT("9"), stream },
    };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "whole@9");
    assert_non_null(strstr(buf_text(&w->log), "broken watch_expired from 7; "));
    run(w, "open");
    close_world(w);
}

static void a_stored_version_is_resumed_without_a_list(void **state)
{
    (void)state;
    static const struct row rows[] = { { CHECK, list_nothing_at_9 }, { AT("7"), stream_b_and_go_on } };
    struct kube_watch_config config = { .version = "7" };
    TELLS(rows, &config, "added b@8", "listing; open; added b@8; ");
}

static void a_version_from_the_future_is_found_at_once(void **state)
{
    (void)state;
    static const struct row rows[] = { { CHECK, list_nothing_at_9 }, { LIST, list_nothing_at_9 }, { AT("9"), stream } };
    struct kube_watch_config config = { .version = "999999" };
    TELLS(rows, &config, "open", "listing; broken version_from_the_future from 999999; list; whole@9; open; ");
}

static void silence_is_followed_by_a_list_and_is_no_break(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { LIST, list_a_at_7 }, { AT("7"), stream }, { LIST, list_nothing_at_9 }, { AT("9"), stream }
    };
    struct kube_watch_config config = { .silence_ms = 30 };
    struct world *w = open_world(rows, COUNT(rows), &config);
    run(w, "whole@9");
    assert_string_equal(buf_text(&w->log), "listing; list; listed a@; whole@7; open; listing; list; whole@9; ");
    w->n_rows = w->next;
    close_world(w);
}

static void a_refusal_is_a_state_and_is_tried_again(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { LIST, status_403 }, { LIST, status_403 }, { LIST, list_a_at_7 }, { AT("7"), status_403 }, { AT("7"), stream }
    };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "whole@7");
    assert_true(str_starts(buf_text(&w->log), "listing; list; forbidden: events is forbidden; listing; list; "
                                              "forbidden: events is forbidden; listing; list; "));
    run(w, "open");
    assert_non_null(strstr(buf_text(&w->log), "whole@7; forbidden: events is forbidden; open; "));
    close_world(w);
}

static void an_error_frame_429_waits_and_stays_at_its_place(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 }, { AT("7"), stream_b_and_429 }, { AT("8"), stream } };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "added b@8");
    run(w, "open");
    assert_non_null(strstr(buf_text(&w->log), "added b@8; paused: storage is (re)initializing; open; "));
    close_world(w);
}

static void any_other_error_frame_waits_and_lists(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { LIST, list_a_at_7 }, { AT("7"), stream_b_and_500 }, { LIST, list_nothing_at_9 }, { AT("9"), stream }
    };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "whole@9");
    run(w, "open");
    assert_non_null(strstr(buf_text(&w->log), "added b@8; paused: unable to decode; listing; list; whole@9; open; "));
    close_world(w);
}

static void an_unreadable_frame_is_a_break_and_lists(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 },
                                       { AT("7"), stream_b_and_garbage },
                                       { LIST, list_nothing_at_9 } };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "list");
    run(w, "list");
    assert_non_null(
        strstr(buf_text(&w->log),
               "added b@8; broken frame_unreadable from 8; paused: a frame in the watch of events cannot be read"));
    assert_int_equal(kube_counts(w->kube).frames_bad, 1);
    w->n_rows = w->next;
    close_world(w);
}

static void a_frame_beyond_the_limit_is_unreadable_too(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 }, { AT("7"), stream_b_and_go_on } };
    struct kube_watch_config config = { .frame_max = 40 };
    struct world *w = open_world(rows, COUNT(rows), &config);
    run(w, "broken frame_unreadable from 7");
    close_world(w);
}

static void a_server_that_is_away_is_tried_again_until_it_is_back(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { LIST, hang_up }, { LIST, hang_up }, { LIST, hang_up }, { LIST, list_a_at_7 }, { AT("7"), stream }
    };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "whole@7");
    run(w, "open");
    assert_int_equal(kube_watch_state(w->watch), KUBE_WATCH_OPEN);
    close_world(w);
}

/* --- the owner's hand on it ------------------------------------------------------------------------------------- */

static void while_it_is_paused_nothing_is_told_and_nothing_is_lost(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 }, { AT("7"), stream } };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "open");
    w->pause_at = "added b@8";
    say(w->stream, FRAME("ADDED", "b", "8") FRAME("ADDED", "c", "9"));
    run(w, "added b@8");
    say(w->stream, FRAME("ADDED", "d", "10"));
    assert_null(strstr(buf_text(&w->log), "added c"));
    w->pause_at = NULL;
    kube_watch_pause(w->watch, false);
    run(w, "added d@10");
    assert_non_null(strstr(buf_text(&w->log), "added b@8; added c@9; added d@10; "));
    close_world(w);
}

static void an_end_that_comes_while_it_is_paused_is_seen_after_the_frames_before_it(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 }, { AT("7"), stream }, { AT("9"), stream } };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "open");
    w->pause_at = "added b@8";
    say(w->stream, FRAME("ADDED", "b", "8") FRAME("ADDED", "c", "9"));
    scripted_end(w->stream);
    run(w, "added b@8");
    w->pause_at = NULL;
    kube_watch_pause(w->watch, false);
    run(w, "added c@9");
    run(w, "open");
    close_world(w);
}

static void a_slice_gathers_what_comes_and_loses_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 }, { AT("7"), stream } };
    struct kube_watch_config config = { .slice_ms = 20 };
    struct world *w = open_world(rows, COUNT(rows), &config);
    run(w, "open");
    for (int i = 0; i < 50; i++) {
        AUTO_FREE char *frame = str_printf(
            "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"n\",\"resourceVersion\":\"%d\"}}}\n", 100 + i);
        say(w->stream, frame);
    }
    run(w, "added n@149");
    assert_int_equal(kube_counts(w->kube).frames, 50);
    close_world(w);
}

static void it_can_be_freed_from_within_any_of_its_handlers(void **state)
{
    (void)state;
    static const char *const places[] = {
        "listing", "list", "listed a@", "whole@7", "open", "added b@8", "broken watch_expired from 8"
    };
    static const char tail[] = FRAME("ADDED", "b", "8") GONE;
    for (size_t i = 0; i < COUNT(places); i++) {
        static const struct row rows[] = { { LIST, list_a_at_7 }, { AT("7"), stream } };
        struct world *w = open_world(rows, COUNT(rows), NULL);
        w->free_at = places[i];
        run(w, i < 4 ? places[i] : "open");
        if (i > 4) {
            say(w->stream, tail);
            run(w, places[i]);
        }
        assert_null(w->watch);
        w->n_rows = w->next;
        close_world(w);
    }
}

static void kube_free_ends_the_watches_that_are_left(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 }, { AT("7"), stream } };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "open");
    w->watch = NULL;
    close_world(w);
}

static void every_split_of_the_stream_gives_the_same_changes(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 }, { AT("7"), stream } };
    static const char text[] = FRAME("ADDED", "b", "8") FRAME("MODIFIED", "b", "9") FRAME("DELETED", "b", "10");
    for (size_t at = 1; at < sizeof text - 1; at += 7) {
        struct world *w = open_world(rows, COUNT(rows), NULL);
        run(w, "open");
        scripted_chunk(w->stream, text, at);
        scripted_chunk(w->stream, text + at, sizeof text - 1 - at);
        run(w, "deleted b@10");
        assert_non_null(strstr(buf_text(&w->log), "open; added b@8; modified b@9; deleted b@10; "));
        close_world(w);
    }
}

/* --- bytes of kube-apiserver 1.36.3, as they came ---------------------------------------------------------------- */

static const char *data_dir;

static void send_recorded(struct scripted_connection *c, const char *name)
{
    struct err e = { 0 };
    size_t size;
    AUTO_FREE char *path = str_printf("%s/recorded/%s", data_dir, name);
    AUTO_FREE char *bytes = file_read(path, 1 << 20, &size, &e);
    if (!bytes)
        fail_msg("%s", e.text);
    scripted_send(c, bytes, size);
}

static void stream_recorded_ended(struct world *w, struct scripted_connection *c)
{
    (void)w;
    send_recorded(c, "watch-nodes-ended.http");
}

static void stream_recorded_cut(struct world *w, struct scripted_connection *c)
{
    (void)w;
    send_recorded(c, "watch-nodes-cut.http");
    scripted_close(c);
}

static void list_nothing_at_791(struct world *w, struct scripted_connection *c)
{
    (void)w;
    scripted_json(c, 200, "{\"metadata\":{\"resourceVersion\":\"791\"},\"items\":[]}");
}

static void a_recorded_stream_with_its_end_is_read_whole_and_gone_on_from(void **state)
{
    (void)state;
    static const struct row rows[] = { { LIST, list_a_at_7 },
                                       { AT("7"), stream_recorded_ended },
                                       { AT("2205"), stream } };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "place@2205");
    run(w, "open");
    assert_non_null(
        strstr(buf_text(&w->log), "open; added fake1@1633; added fake2@1634; added node1@2205; place@2205; "));
    assert_null(strstr(buf_text(&w->log), "broken"));
    close_world(w);
}

static void a_recorded_stream_of_a_server_that_was_stopped_is_a_cut_and_no_loss(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { LIST, list_a_at_7 }, { AT("7"), stream_recorded_cut }, { CHECK, list_nothing_at_791 }, { AT("791"), stream }
    };
    struct world *w = open_world(rows, COUNT(rows), NULL);
    run(w, "place@791");
    run(w, "open");
    assert_non_null(strstr(buf_text(&w->log), "open; added node1@786; place@791; paused: "));
    assert_null(strstr(buf_text(&w->log), "broken"));
    close_world(w);
}

int main(int argc, char **argv)
{
    data_dir = argc > 1 ? argv[1] : "tests/data";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_lists_then_follows_and_tells_every_change),
        cmocka_unit_test(an_orderly_end_goes_on_from_the_last_frame_without_a_word),
        cmocka_unit_test(a_cut_stream_checks_and_goes_on_from_the_last_whole_frame),
        cmocka_unit_test(too_old_as_a_frame_breaks_continuity_and_lists),
        cmocka_unit_test(too_old_as_a_status_breaks_continuity_and_lists),
        cmocka_unit_test(two_empty_streams_in_a_row_are_too_old_as_well),
        cmocka_unit_test(a_stored_version_is_resumed_without_a_list),
        cmocka_unit_test(a_version_from_the_future_is_found_at_once),
        cmocka_unit_test(silence_is_followed_by_a_list_and_is_no_break),
        cmocka_unit_test(a_refusal_is_a_state_and_is_tried_again),
        cmocka_unit_test(an_error_frame_429_waits_and_stays_at_its_place),
        cmocka_unit_test(any_other_error_frame_waits_and_lists),
        cmocka_unit_test(an_unreadable_frame_is_a_break_and_lists),
        cmocka_unit_test(a_frame_beyond_the_limit_is_unreadable_too),
        cmocka_unit_test(a_server_that_is_away_is_tried_again_until_it_is_back),
        cmocka_unit_test(while_it_is_paused_nothing_is_told_and_nothing_is_lost),
        cmocka_unit_test(an_end_that_comes_while_it_is_paused_is_seen_after_the_frames_before_it),
        cmocka_unit_test(a_slice_gathers_what_comes_and_loses_nothing),
        cmocka_unit_test(it_can_be_freed_from_within_any_of_its_handlers),
        cmocka_unit_test(kube_free_ends_the_watches_that_are_left),
        cmocka_unit_test(every_split_of_the_stream_gives_the_same_changes),
        cmocka_unit_test(a_recorded_stream_with_its_end_is_read_whole_and_gone_on_from),
        cmocka_unit_test(a_recorded_stream_of_a_server_that_was_stopped_is_a_cut_and_no_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
