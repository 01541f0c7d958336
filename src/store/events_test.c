#include "store/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "store/clusters.h"
#include "store/manager_schema.h"

#define NOW INT64_C(1767323045678)

struct fixture {
    struct db *db;
    struct arena arena;
    char seen[4096];              /* what a list gave: "id id …" */
};

static struct fixture begin(void)
{
    struct fixture f = { 0 };
    struct err e;
    f.db = db_open(NULL, &manager_schema, &e);
    assert_non_null(f.db);
    for (int i = 1; i <= 3; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "c%d", i);
        struct cluster_row row = { .cluster_id = id, .hello = "{}" };
        assert_int_equal(clusters_insert(f.db, &row, &e), 0);
        assert_int_equal(row.n, i);
    }
    return f;
}

static void end(struct fixture *f)
{
    db_close(f->db);
    arena_fini(&f->arena);
}

static struct wire_event pod_event(const char *uid, const char *version, int64_t count)
{
    return (struct wire_event){
        .type = EVENT_K8S,
        .uid = uid,
        .resource_version = version,
        .cluster_id = "c1",
        .severity = SEVERITY_HIGH,
        .message = "Back-off restarting failed container cart",
        .timestamp = NOW - 1000,
        .first_seen = NOW - 60000,
        .namespace_ = "shop",
        .reason = "BackOff",
        .involved = { .kind = "Pod", .namespace_ = "shop", .name = "cart-7d9c8" },
        .count = count,
    };
}

static int store_at(struct fixture *f, int64_t cluster, struct wire_event *event, int64_t now, struct event_stored *out)
{
    struct err e;
    if (!event->id)
        event->id = arena_printf(&f->arena, "%s.%s", event->uid, event->resource_version);
    int rc = events_insert(f->db, cluster, event, now, &f->arena, out, &e);
    if (rc < 0)
        fail_msg("%s", e.text);
    return rc;
}

static int store(struct fixture *f, int64_t cluster, struct wire_event event, struct event_stored *out)
{
    return store_at(f, cluster, &event, NOW, out);
}

static int64_t delta_of(struct fixture *f, int64_t cluster, const char *uid, const char *version, int64_t count)
{
    struct event_stored stored;
    return store(f, cluster, pod_event(uid, version, count), &stored) == 1 ? stored.delta : -1;
}

static void collect(void *arg, const struct event_row *row)
{
    struct fixture *f = arg;
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(row->body, strlen(row->body), &json_wire_limits, &e);
    size_t used = strlen(f->seen);
    (void)snprintf(f->seen + used, sizeof f->seen - used, "%s%s", used ? " " : "", json_get_str(json_root(doc), "id"));
}

static const char *list_page(struct fixture *f, struct event_filter filter, int64_t before, int limit, int64_t *next)
{
    struct err e;
    f->seen[0] = '\0';
    if (events_list(f->db, &filter, before, limit, collect, f, next, &e))
        fail_msg("%s", e.text);
    return f->seen;
}

static const char *list(struct fixture *f, struct event_filter filter)
{
    int64_t next;
    return list_page(f, filter, 0, 100, &next);
}

static void index_all(struct fixture *f)
{
    struct err e;
    if (events_index(f->db, 1000, &e) < 0)
        fail_msg("%s", e.text);
}

/* ---- one and the same ---------------------------------------------------------------------------------------- */

static void a_revision_is_stored_once_for_each_cluster(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    assert_int_equal(store(&f, 1, pod_event("u1", "10", 1), &stored), 1);
    assert_int_equal(stored.n, 1);
    assert_int_equal(store(&f, 1, pod_event("u1", "10", 1), &stored), 0);
    assert_int_equal(store(&f, 2, pod_event("u1", "10", 1), &stored), 1);
    assert_int_equal(store(&f, 1, pod_event("u1", "11", 2), &stored), 1);
    assert_string_equal(list(&f, (struct event_filter){ .type = -1, .cluster = 1 }), "u1.11 u1.10");
    end(&f);
}

static void without_uid_and_version_the_id_decides(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct wire_event seed = { .id = "evt-12345", .type = EVENT_K8S, .message = "Pod CrashLoopBackOff", .timestamp = NOW };
    assert_int_equal(store(&f, 1, seed, &stored), 1);
    assert_int_equal(store(&f, 1, seed, &stored), 0);
    seed.id = "evt-12346";
    assert_int_equal(store(&f, 1, seed, &stored), 1);
    end(&f);
}

static void two_changes_in_one_revision_of_a_pod_are_two(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct wire_event change = pod_event("pod-uid", "7", 0);
    change.type = EVENT_STATE;
    change.id = "pod-uid.7.cart.CrashLoopBackOff";
    assert_int_equal(store(&f, 1, change, &stored), 1);
    change.id = "pod-uid.7.proxy.CrashLoopBackOff";
    assert_int_equal(store(&f, 1, change, &stored), 1);
    assert_int_equal(store(&f, 1, change, &stored), 0);
    end(&f);
}

/* ---- occurrences ----------------------------------------------------------------------------------------------- */

static void deltas_add_up_to_the_last_count_whatever_is_missing_between(void **state)
{
    (void)state;
    struct fixture f = begin();
    assert_int_equal(delta_of(&f, 1, "u1", "10", 1), 1);
    assert_int_equal(delta_of(&f, 1, "u1", "12", 5), 4);
    assert_int_equal(delta_of(&f, 1, "u1", "13", 6), 1);
    assert_int_equal(delta_of(&f, 1, "late", "9", 40), 40);    /* seen for the first time: they all count */
    assert_int_equal(delta_of(&f, 2, "u1", "12", 5), 5);       /* another cluster's is another one         */
    end(&f);
}

static void a_revision_that_comes_late_adds_nothing(void **state)
{
    (void)state;
    struct fixture f = begin();
    assert_int_equal(delta_of(&f, 1, "u1", "12", 5), 5);
    assert_int_equal(delta_of(&f, 1, "u1", "10", 3), 0);
    assert_int_equal(delta_of(&f, 1, "u1", "14", 7), 2);
    end(&f);
}

static void the_stored_event_tells_the_delta_that_central_counted(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct wire_event event = pod_event("u1", "10", 5);
    event.delta = 2;    /* the agent's own memory is younger */
    assert_int_equal(store(&f, 1, event, &stored), 1);
    assert_non_null(strstr(stored.body, "\"delta\":5"));
    end(&f);
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static void fill(struct fixture *f)
{
    struct event_stored stored;
    struct wire_event node = pod_event("node-event", "20", 1);
    node.involved = (struct wire_object){ .kind = "Node", .name = "worker-1" };
    node.namespace_ = "default";
    node.cluster_scoped = true;
    node.reason = "NodeNotReady";
    node.severity = SEVERITY_CRITICAL;
    node.message = "Node worker-1 status is now: NodeNotReady, 100% sure";
    struct wire_event quiet = pod_event("quiet", "21", 1);
    quiet.reason = "Pulled";
    quiet.severity = SEVERITY_INFO;
    quiet.message = "Container image \"shop/cart:1\" already present on machine; 镜像已存在";
    struct wire_event change = pod_event("pod-uid", "22", 0);
    change.type = EVENT_STATE;
    change.id = "pod-uid.22.cart";
    change.reason = "CrashLoopBackOff";
    change.message = NULL;
    change.involved.namespace_ = "pay";
    assert_int_equal(store(f, 1, pod_event("a", "19", 1), &stored), 1);
    assert_int_equal(store(f, 1, node, &stored), 1);
    assert_int_equal(store(f, 2, quiet, &stored), 1);
    assert_int_equal(store(f, 2, change, &stored), 1);
}

static void each_filter_finds_its_own(void **state)
{
    (void)state;
    struct fixture f = begin();
    fill(&f);
    static const struct {
        struct event_filter filter;
        const char *found;
    } rows[] = {
        { { .type = -1 }, "pod-uid.22.cart quiet.21 node-event.20 a.19" },
        { { .type = -1, .cluster = 2 }, "pod-uid.22.cart quiet.21" },
        { { .type = -1, .cluster = 3 }, "" },
        { { .type = -1, .namespace_ = "shop" }, "quiet.21 a.19" },
        { { .type = -1, .namespace_ = "default" }, "" },    /* the node's Event lives there and is not of it */
        { { .type = -1, .kind = "node" }, "node-event.20" },
        { { .type = -1, .kind = "Pod", .cluster = 1 }, "a.19" },
        { { .type = -1, .name = "worker-1" }, "node-event.20" },
        { { .type = -1, .name = "worker" }, "" },
        { { .type = -1, .reason = "backoff" }, "a.19" },
        { { .type = -1, .severities = 1u << SEVERITY_CRITICAL }, "node-event.20" },
        { { .type = -1, .severities = 1u << SEVERITY_CRITICAL | 1u << SEVERITY_INFO }, "quiet.21 node-event.20" },
        { { .type = EVENT_STATE }, "pod-uid.22.cart" },
        { { .type = EVENT_K8S, .cluster = 2 }, "quiet.21" },
        { { .type = -1, .text = "restarting FAILED" }, "a.19" },
        { { .type = -1, .text = "crashloop" }, "pod-uid.22.cart" },
        { { .type = -1, .text = "cart-7" }, "pod-uid.22.cart quiet.21 a.19" },
        { { .type = -1, .text = "100% s" }, "node-event.20" },
        { { .type = -1, .text = "1000 s" }, "" },
        { { .type = -1, .text = "\"shop/cart:1\"" }, "quiet.21" },
        { { .type = -1, .text = "镜像已" }, "quiet.21" },
        { { .type = -1, .text = "镜" }, "quiet.21" },
        { { .type = -1, .text = "%" }, "node-event.20" },
        { { .type = -1, .text = "_" }, "" },
        { { .type = -1, .text = "cart", .cluster = 1, .namespace_ = "shop" }, "a.19" },
        { { .type = -1, .text = "cart", .name = "cart-7d9c8", .cluster = 2 }, "pod-uid.22.cart quiet.21" },
    };
    for (int indexed = 0; indexed < 2; indexed++) {    /* words are found before and after their indexing */
        for (size_t i = 0; i < COUNT(rows); i++)
            if (strcmp(list(&f, rows[i].filter), rows[i].found) != 0)
                fail_msg("row %zu, indexed %d: \"%s\" and not \"%s\"", i, indexed, f.seen, rows[i].found);
        index_all(&f);
    }
    end(&f);
}

static void words_are_found_across_what_is_indexed_and_what_is_not(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    assert_int_equal(store(&f, 1, pod_event("a", "1", 1), &stored), 1);
    assert_int_equal(store(&f, 1, pod_event("b", "2", 1), &stored), 1);
    index_all(&f);
    assert_int_equal(store(&f, 1, pod_event("c", "3", 1), &stored), 1);
    assert_string_equal(list(&f, (struct event_filter){ .type = -1, .text = "Back-off" }), "c.3 b.2 a.1");
    int64_t next;
    assert_string_equal(list_page(&f, (struct event_filter){ .type = -1, .text = "Back-off" }, 0, 2, &next), "c.3 b.2");
    assert_string_equal(list_page(&f, (struct event_filter){ .type = -1, .text = "Back-off" }, next, 2, &next), "a.1");
    assert_int_equal(next, 0);
    end(&f);
}

static void a_search_looks_at_a_bounded_number_and_goes_on_by_its_cursor(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct err e;
    assert_int_equal(db_begin(f.db, &e), 0);
    for (int i = 0; i < 45000; i++) {
        struct wire_event event = pod_event("u", arena_printf(&f.arena, "%d", i), 0);
        event.message = i == 5 ? "the needle" : "hay, needless to say";
        assert_int_equal(store(&f, 1, event, &stored), 1);
    }
    assert_int_equal(db_commit(f.db, &e), 0);
    for (int indexed = 0; indexed < 2; indexed++) {
        int64_t next = 0;
        int pages = 0;
        do {
            list_page(&f, (struct event_filter){ .type = -1, .text = indexed ? "he needle" : "e n" }, next, 100, &next);
            pages++;
        } while (next && pages < 10);
        assert_string_equal(f.seen, "u.5");
        assert_int_equal(pages, indexed ? 1 : 3);
        index_all(&f);
    }
    end(&f);
}

static void pages_follow_one_another_without_a_hole_or_a_repeat(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    char expected[4096] = "", found[4096] = "";
    for (int i = 30; i > 0; i--) {
        size_t used = strlen(expected);
        (void)snprintf(expected + used, sizeof expected - used, "%su.%d", used ? " " : "", i);
    }
    for (int i = 1; i <= 30; i++)
        assert_int_equal(store(&f, 1, pod_event("u", arena_printf(&f.arena, "%d", i), 0), &stored), 1);
    int64_t next = 0;
    do {
        size_t used = strlen(found);
        const char *page = list_page(&f, (struct event_filter){ .type = -1 }, next, 7, &next);
        (void)snprintf(found + used, sizeof found - used, "%s%s", used ? " " : "", page);
        assert_int_equal(store(&f, 1, pod_event("new", arena_printf(&f.arena, "%zu", used), 0), &stored), 1);    /* does not disturb */
    } while (next);
    assert_string_equal(found, expected);
    end(&f);
}

static void a_span_of_time_is_found_among_events_that_came_in_any_order(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct err e;
    assert_int_equal(db_begin(f.db, &e), 0);
    for (int i = 0; i < 5000; i++) {    /* five blocks; every hundredth event is an hour old */
        struct wire_event event = pod_event("u", arena_printf(&f.arena, "%d", i), 0);
        event.timestamp = NOW + i * 1000 - (i % 100 ? 0 : 3600000);
        assert_int_equal(store_at(&f, 1, &event, NOW + i * 1000 + 5, &stored), 1);
    }
    assert_int_equal(db_commit(f.db, &e), 0);
    assert_string_equal(list(&f, (struct event_filter){ .type = -1, .since = NOW, .until = NOW + 2001 }), "u.3600 u.2 u.1");
    assert_string_equal(list(&f, (struct event_filter){ .type = -1, .since = NOW + 4998000 }), "u.4999 u.4998");
    assert_string_equal(list(&f, (struct event_filter){ .type = -1, .until = NOW - 3599000 }), "u.0");
    assert_string_equal(list(&f, (struct event_filter){ .type = -1, .since = NOW + 6000000 }), "");
    end(&f);
}

static void a_clock_that_is_ahead_does_not_sit_on_top(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct wire_event event = pod_event("u", "1", 1);
    event.timestamp = NOW + 86400000;
    assert_int_equal(store(&f, 1, event, &stored), 1);
    assert_string_equal(list(&f, (struct event_filter){ .type = -1, .since = NOW + 1 }), "");
    assert_string_equal(list(&f, (struct event_filter){ .type = -1, .since = NOW }), "u.1");
    assert_non_null(strstr(stored.body, "2026-01-03"));    /* what it said itself is kept */
    end(&f);
}

/* ---- the index --------------------------------------------------------------------------------------------------- */

#define MANY 2600    /* two blocks and a half */

/* Rows after the first ones, in which everything occurs at another pace. */
static void store_many(struct fixture *f, int first)
{
    static const char *const namespaces[] = { "shop", "pay", "kube-system", NULL }, *const kinds[] = { "Pod", "Node" };
    static const char *const reasons[] = { "BackOff", "Pulled", "Killing", "FailedMount", "Unhealthy" };
    struct event_stored stored;
    struct err e;
    assert_int_equal(db_begin(f->db, &e), 0);
    for (int i = 1; i <= MANY; i++) {
        struct wire_event event = pod_event("u", arena_printf(&f->arena, "%d", first + i), 0);
        event.involved = (struct wire_object){ .kind = kinds[i % 2], .namespace_ = namespaces[i % 4], .name = arena_printf(&f->arena, "Web-%d", i % 97) };
        event.cluster_scoped = true;
        event.reason = reasons[i % 5];
        event.severity = (enum wire_severity)(i % 6);
        event.type = i % 7 ? EVENT_K8S : EVENT_STATE;
        event.id = arena_printf(&f->arena, "u.%d", first + i);
        event.timestamp = NOW + (i % 11 ? i * 100 : 0);
        event.message = i == 700 ? arena_printf(&f->arena, "%05000d needle at the far end", 7) : arena_printf(&f->arena, "磁盘空间不足 on disk %d%s", i % 13, i % 501 ? "" : ", the needle");
        assert_int_equal(store_at(f, i % 3 + 1, &event, NOW + i * 100 + 5, &stored), 1);
    }
    assert_int_equal(db_commit(f->db, &e), 0);
}

static const struct event_filter paces[] = {
    { .type = -1 },
    { .type = -1, .cluster = 2 },
    { .type = -1, .cluster = 9 },
    { .type = -1, .namespace_ = "kube-system" },
    { .type = -1, .kind = "NODE", .namespace_ = "pay" },
    { .type = -1, .reason = "failedmount", .cluster = 1, .namespace_ = "shop" },
    { .type = -1, .severities = 1u << SEVERITY_CRITICAL | 1u << SEVERITY_LOW, .kind = "pod" },
    { .type = EVENT_STATE, .severities = 1u },
    { .type = -1, .since = NOW + 50000, .until = NOW + 150000 },
    { .type = -1, .until = NOW + 1, .cluster = 3 },
    { .type = -1, .text = "NEEDLE" },
    { .type = -1, .text = "needle at the far" },
    { .type = -1, .text = "no needle" },
    { .type = -1, .text = "磁盘", .reason = "pulled" },
    { .type = -1, .text = "盘", .reason = "pulled", .cluster = 2 },
    { .type = -1, .text = "disk 12", .since = NOW + 100000 },
    { .type = -1, .text = "k 7" },
    { .type = -1, .name = "Web-9" },
    { .type = -1, .name = "web-9" },
    { .type = -1, .name = "Web-90", .text = "disk 3" },
};

/* All pages of a filter. */
static char *all_pages(struct fixture *f, struct event_filter filter, int limit)
{
    AUTO_BUF struct buf all = { 0 };
    int64_t next = 0;
    do {
        buf_str(&all, list_page(f, filter, next, limit, &next));
        buf_char(&all, ' ');
    } while (next);
    return buf_take(&all, NULL);
}

static void the_index_finds_what_walking_the_rows_finds(void **state)
{
    (void)state;
    struct fixture walked = begin(), indexed = begin();
    store_many(&walked, 0);
    store_many(&indexed, 0);
    struct err e;
    assert_int_equal(events_index(indexed.db, 1, &e), 1);
    assert_int_equal(events_index(indexed.db, 10, &e), 1);
    assert_int_equal(events_index(indexed.db, 10, &e), 0);    /* the third block is not full */
    for (size_t i = 0; i < COUNT(paces); i++) {
        AUTO_FREE char *expected = all_pages(&walked, paces[i], 50), *found = all_pages(&indexed, paces[i], 50);
        if (strcmp(expected, found) != 0)
            fail_msg("filter %zu: \"%.200s\" and not \"%.200s\"", i, found, expected);
        struct event_filter since = paces[i];
        since.since = since.since ? since.since : NOW;
        struct event_bucket by_rows[20], by_index[20];
        int64_t given_up;
        assert_int_equal(events_histogram(walked.db, &since, 12345, by_rows, 20, &given_up, &e), 0);
        assert_int_equal(events_histogram(indexed.db, &since, 12345, by_index, 20, &given_up, &e), 0);
        if (memcmp(by_rows, by_index, sizeof by_rows) != 0)
            fail_msg("counts of filter %zu differ", i);
    }
    assert_string_equal(list(&indexed, paces[11]), "u.700");    /* a message that the index keeps only the beginning of */
    end(&walked);
    end(&indexed);
}

static int64_t rows_of(struct fixture *f, const char *sql)
{
    struct err e;
    struct db_stmt *s = db_prepare(f->db, sql, &e);
    assert_non_null(s);
    assert_int_equal(db_step(s, &e), DB_ROW);
    int64_t count = db_get_int(s, 0);
    db_done(s);
    return count;
}

static void the_index_of_old_events_goes_with_them(void **state)
{
    (void)state;
    static const char postings[] = "SELECT count(*) FROM event_postings WHERE block < 2", grams[] = "SELECT count(*) FROM event_grams",
                      columns[] = "SELECT count(*) FROM event_columns";
    struct fixture f = begin();
    struct err e;
    store_many(&f, 0);
    index_all(&f);
    int64_t grams_of_two = rows_of(&f, grams);
    assert_int_equal(rows_of(&f, columns), 2);
    assert_int_equal(events_sweep(f.db, NOW + 1000000, 1000, &e), 1000);
    assert_int_equal(rows_of(&f, columns), 2);    /* a row of the first block is still there */
    assert_int_equal(events_sweep(f.db, NOW + 1000000, 50, &e), 50);
    assert_int_equal(rows_of(&f, columns), 1);
    assert_int_equal(rows_of(&f, grams), grams_of_two / 2);
    AUTO_FREE char *left = all_pages(&f, (struct event_filter){ .type = -1, .text = "needle" }, 100);
    assert_string_equal(left, "u.2505 u.2004 u.1503 ");
    assert_int_equal(events_sweep(f.db, NOW + 1000000, 5000, &e), MANY - 1050 - 1);
    assert_int_equal(rows_of(&f, postings), 0);
    assert_int_equal(rows_of(&f, grams), 0);
    store_many(&f, 10000);
    index_all(&f);
    AUTO_FREE char *again = all_pages(&f, (struct event_filter){ .type = -1, .text = "the needle" }, 100);
    assert_string_equal(again, "u.12505 u.12004 u.11503 u.11002 u.10501 ");
    end(&f);
}

/* Whatever storing, indexing, listing, counting and deleting has prepared goes by a key; by number is the one that walks, over a stretch with a bound. */
static void no_statement_walks_a_table(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct err e;
    int64_t since;
    struct event_bucket buckets[20];
    store_many(&f, 0);
    index_all(&f);
    for (size_t i = 0; i < COUNT(paces); i++) {
        struct event_filter counted = paces[i];
        list(&f, paces[i]);
        counted.since = counted.since ? counted.since : NOW;
        assert_int_equal(events_histogram(f.db, &counted, 12345, buckets, 20, &since, &e), 0);
    }
    list(&f, (struct event_filter){ .type = -1, .incident_id = "inc-1" });
    assert_int_equal(delta_of(&f, 1, "u1", "99", 5), 5);
    assert_int_equal(events_sweep(f.db, NOW + 1000000, 1500, &e), 1500);
    const char *sql;
    int walked = 0;
    for (int i = 0; i < 128 && (sql = db_statement(f.db, i)); i++) {
        if (str_starts(sql, "EXPLAIN") || str_starts(sql, "INSERT"))
            continue;
        struct db_stmt *s = db_prepare(f.db, arena_printf(&f.arena, "EXPLAIN QUERY PLAN %s", sql), &e);
        assert_non_null(s);
        while (db_step(s, &e) == DB_ROW) {
            const char *plan = db_get_text(s, 3);
            if (str_starts(plan, "SCAN") && ++walked && !strstr(sql, "FROM events ORDER BY n LIMIT"))    /* the sweep's, from the oldest */
                fail_msg("%s: %s", sql, plan);
            if (strstr(sql, "WHERE key") && !strstr(plan, "(key=? AND block>? AND block<?)"))
                fail_msg("%s: %s", sql, plan);
        }
    }
    assert_true(walked <= 2);
    end(&f);
}

/* ---- one, and counts ------------------------------------------------------------------------------------------ */

struct found {
    int64_t cluster;
    char raw[64], incident[64];
};

static void take_found(void *arg, const struct event_row *row)
{
    struct found *found = arg;
    found->cluster = row->cluster;
    (void)snprintf(found->raw, sizeof found->raw, "%s", str_or_empty(row->raw));
    (void)snprintf(found->incident, sizeof found->incident, "%s", str_or_empty(row->incident_id));
}

static void an_event_is_found_by_its_id_with_raw_data_and_incident(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct found found;
    struct err e;
    struct wire_event event = pod_event("u1", "10", 1);
    event.raw_data = "{\"kind\":\"Event\"}";
    event.raw_size = strlen(event.raw_data);
    assert_int_equal(store(&f, 2, event, &stored), 1);
    assert_null(strstr(stored.body, "raw_data"));
    assert_int_equal(events_link(f.db, stored.n, "inc-1", &e), 0);
    assert_int_equal(events_find(f.db, 0, "u1.10", take_found, &found, &e), 1);
    assert_int_equal(found.cluster, 2);
    assert_string_equal(found.raw, "{\"kind\":\"Event\"}");
    assert_string_equal(found.incident, "inc-1");
    assert_int_equal(events_find(f.db, 1, "u1.10", take_found, &found, &e), 0);
    assert_int_equal(events_find(f.db, 0, "u1.11", take_found, &found, &e), 0);
    assert_int_equal(events_find(f.db, 0, "", take_found, &found, &e), 0);
    assert_string_equal(list(&f, (struct event_filter){ .type = -1, .incident_id = "inc-1" }), "u1.10");
    end(&f);
}

static void an_id_that_its_sender_made_up_is_found_too(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct found found;
    struct err e;
    struct wire_event event = pod_event("u1", "10", 1);
    event.id = "evt-7";
    assert_int_equal(store(&f, 1, event, &stored), 1);
    assert_int_equal(events_find(f.db, 0, "evt-7", take_found, &found, &e), 1);
    assert_int_equal(events_find(f.db, 0, "u1.10", take_found, &found, &e), 0);
    end(&f);
}

static int64_t total(const struct event_bucket *b)
{
    int64_t sum = 0;
    for (int i = 0; i < EVENT_SEVERITIES; i++)
        sum += b->by_severity[i];
    return sum;
}

static void counts_fall_into_their_minutes(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct err e;
    struct event_bucket quick[10], slow[10];
    int64_t from = NOW - NOW % 60000, since;
    for (int i = 0; i < 600; i++) {
        struct wire_event event = pod_event("u", arena_printf(&f.arena, "%d", i), 0);
        event.timestamp = from + i * 997;
        event.severity = i % 3 ? SEVERITY_INFO : SEVERITY_HIGH;
        assert_int_equal(store_at(&f, 1 + i % 2, &event, from + 700000, &stored), 1);
    }
    struct event_filter filter = { .type = -1, .since = from, .cluster = 1 };
    assert_int_equal(events_histogram(f.db, &filter, 60000, quick, 10, &since, &e), 0);
    filter.namespace_ = "shop";    /* which all of them are in, but minutes do not know that */
    assert_int_equal(events_histogram(f.db, &filter, 60000, slow, 10, &since, &e), 0);
    assert_memory_equal(quick, slow, sizeof quick);
    int64_t sum = 0;
    for (int i = 0; i < 10; i++)
        sum += total(&quick[i]);
    assert_int_equal(sum, 300);
    filter = (struct event_filter){ .type = -1, .since = from, .severities = 1u << SEVERITY_HIGH };
    assert_int_equal(events_histogram(f.db, &filter, 60000, quick, 10, &since, &e), 0);
    assert_int_equal(total(&quick[0]), quick[0].by_severity[SEVERITY_HIGH]);
    assert_int_equal(total(&quick[0]), 21);
    assert_int_equal(since, 0);
    end(&f);
}

static void counting_words_says_from_when_on_it_counted(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct err e;
    struct event_bucket buckets[10];
    int64_t since;
    assert_int_equal(db_begin(f.db, &e), 0);
    for (int i = 0; i < 60000; i++) {
        struct wire_event event = pod_event("u", arena_printf(&f.arena, "%d", i), 0);
        event.timestamp = NOW + i;
        assert_int_equal(store_at(&f, 1, &event, NOW + i, &stored), 1);
    }
    assert_int_equal(db_commit(f.db, &e), 0);
    struct event_filter filter = { .type = -1, .since = NOW, .text = "Back-off" };
    assert_int_equal(events_histogram(f.db, &filter, 6000, buckets, 10, &since, &e), 0);
    assert_int_equal(since, NOW + 10000);
    assert_int_equal(total(&buckets[9]), 6000);
    assert_int_equal(total(&buckets[0]), 0);
    end(&f);
}

/* ---- age ----------------------------------------------------------------------------------------------------------- */

static void old_events_go_in_small_steps_and_the_newest_stays(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct event_stored stored;
    struct err e;
    for (int i = 1; i <= 20; i++) {
        struct wire_event event = pod_event("u", arena_printf(&f.arena, "%d", i), 0);
        assert_int_equal(store_at(&f, 1, &event, NOW + i, &stored), 1);
    }
    index_all(&f);
    assert_int_equal(events_sweep(f.db, NOW + 6, 3, &e), 3);
    assert_int_equal(events_sweep(f.db, NOW + 6, 3, &e), 2);
    assert_int_equal(events_sweep(f.db, NOW + 6, 3, &e), 0);
    assert_int_equal(events_sweep(f.db, NOW + 1000, 100, &e), 14);
    assert_string_equal(list(&f, (struct event_filter){ .type = -1 }), "u.20");
    assert_string_equal(list(&f, (struct event_filter){ .type = -1, .text = "Back-off" }), "u.20");
    assert_int_equal(store(&f, 1, pod_event("u", "21", 0), &stored), 1);
    assert_int_equal(stored.n, 21);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revision_is_stored_once_for_each_cluster),
        cmocka_unit_test(without_uid_and_version_the_id_decides),
        cmocka_unit_test(two_changes_in_one_revision_of_a_pod_are_two),
        cmocka_unit_test(deltas_add_up_to_the_last_count_whatever_is_missing_between),
        cmocka_unit_test(a_revision_that_comes_late_adds_nothing),
        cmocka_unit_test(the_stored_event_tells_the_delta_that_central_counted),
        cmocka_unit_test(each_filter_finds_its_own),
        cmocka_unit_test(words_are_found_across_what_is_indexed_and_what_is_not),
        cmocka_unit_test(a_search_looks_at_a_bounded_number_and_goes_on_by_its_cursor),
        cmocka_unit_test(pages_follow_one_another_without_a_hole_or_a_repeat),
        cmocka_unit_test(a_span_of_time_is_found_among_events_that_came_in_any_order),
        cmocka_unit_test(a_clock_that_is_ahead_does_not_sit_on_top),
        cmocka_unit_test(the_index_finds_what_walking_the_rows_finds),
        cmocka_unit_test(the_index_of_old_events_goes_with_them),
        cmocka_unit_test(no_statement_walks_a_table),
        cmocka_unit_test(an_event_is_found_by_its_id_with_raw_data_and_incident),
        cmocka_unit_test(an_id_that_its_sender_made_up_is_found_too),
        cmocka_unit_test(counts_fall_into_their_minutes),
        cmocka_unit_test(counting_words_says_from_when_on_it_counted),
        cmocka_unit_test(old_events_go_in_small_steps_and_the_newest_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
