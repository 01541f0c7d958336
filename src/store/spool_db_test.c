#include "store/spool_db.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "store/spool_chunk.h"

static struct db *memory(void)
{
    struct err e;
    struct db *d = spool_db_open(NULL, &e);
    assert_non_null(d);
    return d;
}

static void append(struct db *d, uint64_t seq, enum spool_class class_, const char *body)
{
    struct err e;
    struct spool_row row = { .seq = seq, .at = (int64_t)seq * 10, .class_ = class_, .body = body, .size = strlen(body) };
    assert_int_equal(spool_db_append(d, &row, 1, NULL, &e), 0);
}

static size_t read_all(struct db *d, uint64_t after, struct arena *a, struct spool_row *rows, size_t max)
{
    struct err e;
    size_t count;
    assert_int_equal(spool_db_read(d, after, max, 1 << 20, a, rows, &count, &e), 0);
    return count;
}

static void records_come_back_in_order_until_they_are_freed(void **state)
{
    (void)state;
    struct db *d = memory();
    struct arena a = { 0 };
    struct err e;
    struct spool_row rows[8];
    append(d, 1, SPOOL_NORMAL, "one");
    append(d, 2, SPOOL_WARNING, "two");
    append(d, 3, SPOOL_KEPT, "three");
    assert_int_equal(read_all(d, 1, &a, rows, 8), 2);
    assert_string_equal(rows[0].body, "two");
    assert_int_equal(rows[1].class_, SPOOL_KEPT);
    struct spool_totals freed, left;
    assert_int_equal(spool_db_free_to(d, 2, &freed, &e), 0);
    assert_int_equal(freed.records, 2);
    assert_int_equal(freed.bytes, 6 + 2 * SPOOL_RECORD_COST);
    assert_int_equal(spool_db_totals(d, &left, &e), 0);
    assert_int_equal(left.records, 1);
    int64_t oldest;
    assert_int_equal(spool_db_oldest(d, &oldest, &e), 0);
    assert_int_equal(oldest, 30);
    arena_fini(&a);
    db_close(d);
}

static void a_read_stops_at_its_bounds_but_never_before_one_record(void **state)
{
    (void)state;
    struct db *d = memory();
    struct arena a = { 0 };
    struct err e;
    struct spool_row rows[8];
    size_t count;
    for (uint64_t i = 1; i <= 5; i++)
        append(d, i, SPOOL_NORMAL, "0123456789");
    assert_int_equal(spool_db_read(d, 0, 8, 1, &a, rows, &count, &e), 0);
    assert_int_equal(count, 1);
    assert_int_equal(spool_db_read(d, 0, 8, 25, &a, rows, &count, &e), 0);
    assert_int_equal(count, 3);
    assert_int_equal(spool_db_read(d, 0, 2, 1000, &a, rows, &count, &e), 0);
    assert_int_equal(count, 2);
    arena_fini(&a);
    db_close(d);
}

static void append_many(struct db *d, uint64_t first, size_t count, enum spool_class (*class_of)(uint64_t seq))
{
    struct err e;
    struct spool_row rows[600];
    assert_in_range(count, 1, COUNT(rows));
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct spool_row){ .seq = first + i, .at = (int64_t)(first + i), .class_ = class_of(first + i), .body = "{\"message\":\"one of many\"}", .size = 25 };
    struct spool_packing packing = { 0 };
    assert_int_equal(spool_db_append(d, rows, count, &packing, &e), 0);
    spool_packing_fini(&packing);
}

static enum spool_class every_third_is_a_warning(uint64_t seq)
{
    return seq % 3 ? SPOOL_NORMAL : SPOOL_WARNING;
}

static void what_is_appended_together_comes_back_from_any_place(void **state)
{
    (void)state;
    struct db *d = memory();
    struct arena a = { 0 };
    struct err e;
    static struct spool_row rows[1000];
    struct spool_totals totals, freed;
    append_many(d, 1, 600, every_third_is_a_warning);
    append(d, 601, SPOOL_KEPT, "alone");
    for (uint64_t after = 0; after < 601; after += 50) {
        size_t count = read_all(d, after, &a, rows, COUNT(rows));
        assert_int_equal(count, 601 - after);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(rows[i].seq, after + 1 + i);
        assert_int_equal(rows[0].class_, after + 1 == 601 ? SPOOL_KEPT : every_third_is_a_warning(after + 1));
        assert_string_equal(rows[0].body, after + 1 == 601 ? "alone" : "{\"message\":\"one of many\"}");
        arena_reset(&a);
    }
    assert_int_equal(spool_db_free_to(d, 300, &freed, &e), 0);    /* not what stands together with later ones */
    assert_int_equal(freed.records, 256);
    assert_int_equal(spool_db_totals(d, &totals, &e), 0);
    assert_int_equal(totals.records, 601 - 256);
    assert_int_equal(spool_db_free_to(d, 601, &freed, &e), 0);
    assert_int_equal(freed.records, 601 - 256);
    arena_fini(&a);
    db_close(d);
}

/* A gap stands where the first of the dropped stood, wherever in a chunk that is. */
static void a_gap_takes_the_place_of_what_was_dropped(void **state)
{
    (void)state;
    for (int64_t bytes = 1; bytes < 60000; bytes += 4999) {
        struct db *d = memory();
        struct arena a = { 0 };
        struct err e;
        static struct spool_row rows[1000];
        struct spool_dropped dropped;
        append_many(d, 1, 599, every_third_is_a_warning);
        assert_int_equal(spool_db_drop(d, bytes, &dropped, &e), 0);
        struct spool_row gap = { .seq = dropped.first, .class_ = SPOOL_KEPT, .body = "gap", .size = 3 };
        assert_int_equal(spool_db_put(d, &gap, &e), 0);
        size_t count = read_all(d, 0, &a, rows, COUNT(rows));
        assert_int_equal(count, 599 - dropped.records + 1);
        int64_t kept = 0;
        for (size_t i = 0; i < count; i++) {
            assert_true(i == 0 || rows[i].seq > rows[i - 1].seq);
            kept += rows[i].class_ == SPOOL_KEPT;
            if (rows[i].class_ == SPOOL_KEPT)
                assert_int_equal(rows[i].seq, dropped.first);
        }
        assert_int_equal(kept, 1);
        assert_int_equal(spool_db_drop(d, 1 << 20, &dropped, &e), 0);
        assert_int_equal(read_all(d, 0, &a, rows, COUNT(rows)), 1);
        arena_fini(&a);
        db_close(d);
    }
}

static void without_room_normal_events_go_first_then_warnings_and_nothing_else(void **state)
{
    (void)state;
    struct db *d = memory();
    struct arena a = { 0 };
    struct err e;
    struct spool_row rows[8];
    struct spool_dropped dropped;
    append(d, 1, SPOOL_KEPT, "kept");
    append(d, 2, SPOOL_WARNING, "warning");
    append(d, 3, SPOOL_NORMAL, "normal");
    append(d, 4, SPOOL_NORMAL, "normal");
    append(d, 5, SPOOL_WARNING, "warning");
    assert_int_equal(spool_db_drop(d, 1, &dropped, &e), 0);
    assert_int_equal(dropped.records, 1);
    assert_int_equal(dropped.first, 3);
    assert_int_equal(dropped.last, 3);
    assert_int_equal(spool_db_drop(d, 1 << 20, &dropped, &e), 0);
    assert_int_equal(dropped.by_class[SPOOL_NORMAL], 1);
    assert_int_equal(dropped.by_class[SPOOL_WARNING], 2);
    assert_int_equal(dropped.first, 2);
    assert_int_equal(dropped.last, 5);
    assert_int_equal(read_all(d, 0, &a, rows, 8), 1);
    assert_string_equal(rows[0].body, "kept");
    assert_int_equal(spool_db_drop(d, 1, &dropped, &e), 0);
    assert_int_equal(dropped.records, 0);
    arena_fini(&a);
    db_close(d);
}

static void count_seen(void *arg, const struct spool_seen *seen)
{
    *(int64_t *)arg = *(int64_t *)arg * 100 + seen->count;
}

static void what_was_reported_is_kept_once_an_event_until_its_turn_comes_again(void **state)
{
    (void)state;
    struct db *d = memory();
    struct err e;
    int64_t order = 0;
    assert_int_equal(spool_db_set_seen(d, &(struct spool_seen){ UINT64_MAX, 1, 1, 7 }, &e), 0);
    assert_int_equal(spool_db_set_seen(d, &(struct spool_seen){ 2, 1, 2, 8 }, &e), 0);
    assert_int_equal(spool_db_set_seen(d, &(struct spool_seen){ UINT64_MAX, 5, 3, 7 }, &e), 0);
    assert_int_equal(spool_db_each_seen(d, count_seen, &order, &e), 0);
    assert_int_equal(order, 302);
    order = 0;
    assert_int_equal(spool_db_set_seen(d, &(struct spool_seen){ 3, 1, 4, 7 + SPOOL_SEEN_MAX }, &e), 0);
    assert_int_equal(spool_db_each_seen(d, count_seen, &order, &e), 0);
    assert_int_equal(order, 204);    /* the oldest went */
    db_close(d);
}

static void places_and_facts_are_replaced(void **state)
{
    (void)state;
    struct db *d = memory();
    struct arena a = { 0 };
    struct err e;
    const char *value;
    assert_int_equal(spool_db_place(d, "events", &a, &value, &e), 1);
    assert_int_equal(spool_db_set_place(d, "events", "17", &e), 0);
    assert_int_equal(spool_db_set_place(d, "events", "18", &e), 0);
    assert_int_equal(spool_db_place(d, "events", &a, &value, &e), 0);
    assert_string_equal(value, "18");
    assert_int_equal(spool_db_get(d, "epoch", &a, &value, &e), 1);
    assert_int_equal(spool_db_set(d, "epoch", "7", &e), 0);
    assert_int_equal(spool_db_get(d, "epoch", &a, &value, &e), 0);
    assert_string_equal(value, "7");
    arena_fini(&a);
    db_close(d);
}

static void commands_are_remembered_until_their_time_comes(void **state)
{
    (void)state;
    struct db *d = memory();
    struct arena a = { 0 };
    struct err e;
    struct spool_command c;
    for (int i = 0; i < 4; i++) {
        AUTO_FREE char *id = str_printf("c%d", i);
        struct spool_command begun = { .id = id, .nonce = "n", .begun_at = i, .forget_at = i == 0 ? 5 : 100 };
        assert_int_equal(spool_db_command_begin(d, &begun, &e), 0);
        assert_int_equal(spool_db_command_begin(d, &begun, &e), 0);
    }
    assert_int_equal(spool_db_command_end(d, "c1", "older", 5, &e), 0);
    assert_int_equal(spool_db_command_end(d, "c2", "newer", 5, &e), 0);
    assert_int_equal(spool_db_command_trim(d, 10, 100, 5, &e), 0);
    assert_int_equal(spool_db_command(d, "c0", &a, &c, &e), 1);
    assert_int_equal(spool_db_command(d, "c1", &a, &c, &e), 0);
    assert_true(c.ended);
    assert_null(c.result);
    assert_int_equal(spool_db_command(d, "c2", &a, &c, &e), 0);
    assert_string_equal(c.result, "newer");
    assert_int_equal(spool_db_command(d, "c3", &a, &c, &e), 0);
    assert_false(c.ended);
    assert_int_equal(spool_db_command_trim(d, 10, 1, 5, &e), 0);
    assert_int_equal(spool_db_command(d, "c2", &a, &c, &e), 1);
    arena_fini(&a);
    db_close(d);
}

/* As the first release wrote it. */
static void a_spool_of_before_chunks_is_taken_over(void **state)
{
    (void)state;
    static const char *const migrations[] = {
        "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE records (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, class INTEGER NOT NULL, body BLOB NOT NULL);"
        "CREATE TABLE places (kind TEXT PRIMARY KEY, version TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE seen (turn INTEGER PRIMARY KEY AUTOINCREMENT, uid INTEGER NOT NULL UNIQUE, version INTEGER NOT NULL, count INTEGER NOT NULL);"
        "CREATE TABLE commands (turn INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, nonce TEXT, begun_at INTEGER NOT NULL,"
        " forget_at INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0, result BLOB);"
        "INSERT INTO records VALUES (7, 70, 0, 'seven'), (8, 80, 2, 'eight');"
        "INSERT INTO seen (uid, version, count) VALUES (1, 10, 3), (2, 20, 4);",
    };
    static const struct db_schema old = { "spool", migrations, 1, .full_sync = true };
    char dir[] = "/tmp/aetherius-spool-XXXXXX";
    struct arena a = { 0 };
    struct err e;
    struct spool_row rows[8];
    int64_t order = 0;
    assert_non_null(mkdtemp(dir));
    db_close(db_open(dir, &old, &e));
    struct db *d = spool_db_open(dir, &e);
    assert_non_null(d);
    assert_int_equal(read_all(d, 0, &a, rows, 8), 2);
    assert_string_equal(rows[0].body, "seven");
    assert_int_equal(rows[1].seq, 8);
    assert_int_equal(rows[1].at, 80);
    assert_int_equal(rows[1].class_, SPOOL_KEPT);
    assert_int_equal(spool_db_each_seen(d, count_seen, &order, &e), 0);
    assert_int_equal(order, 304);
    db_close(d);
    arena_fini(&a);
    AUTO_FREE char *remove = str_printf("rm -rf %s", dir);
    assert_int_equal(system(remove), 0);
}

static void damage(struct db *d, uint64_t first)
{
    struct err e;
    struct db_stmt *s = db_prepare(d, "UPDATE chunks SET body = zeroblob(100) WHERE first = ?", &e);
    db_int(s, 1, (int64_t)first);
    assert_int_equal(db_run(s, &e), 0);
    assert_int_equal(db_changes(d), 1);
}

static void a_damaged_chunk_is_given_up_with_all_that_it_held(void **state)
{
    (void)state;
    struct db *d = memory();
    struct arena a = { 0 };
    struct err e;
    static struct spool_row rows[1000];
    size_t count;
    struct spool_dropped gone = { 0 };
    append_many(d, 1, 600, every_third_is_a_warning);
    damage(d, 257);
    assert_int_equal(read_all(d, 0, &a, rows, COUNT(rows)), 256);
    assert_int_equal(spool_db_read(d, 256, 500, 1 << 20, &a, rows, &count, &e), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    assert_int_equal(spool_db_give_up(d, 256, &gone, &e), 0);
    assert_int_equal(gone.first, 257);
    assert_int_equal(gone.last, 512);
    assert_int_equal(gone.records, 256);
    assert_int_equal(gone.by_class[SPOOL_WARNING], 85);
    assert_int_equal(read_all(d, 256, &a, rows, COUNT(rows)), 88);

    damage(d, 1);
    assert_int_equal(spool_db_drop(d, 1, &gone, &e), 0);    /* nor does it keep others from being dropped */
    assert_int_equal(gone.records, 256);
    arena_fini(&a);
    db_close(d);
}

static void a_damaged_chunk_is_an_error_and_no_record(void **state)
{
    (void)state;
    static const struct spool_row rows[] = { { .seq = 1, .body = "one", .size = 3 }, { .seq = 2, .body = "two", .size = 3 } };
    struct spool_packing good = { 0 };
    struct err e;
    assert_int_equal(chunk_encode(rows, 2, &good, &e), 0);
    for (size_t i = 0; i <= good.body.size + good.heads.size; i++) {
        struct arena a = { 0 };
        struct spool_row *out;
        size_t count;
        char *body = arena_copy(&a, good.body.data, good.body.size), *heads = arena_copy(&a, good.heads.data, good.heads.size);
        struct chunk_parts bad = { .first = 1, .body = body, .body_size = good.body.size, .heads = heads, .heads_size = good.heads.size };
        if (i < good.body.size)
            body[i] = (char)(body[i] ^ 0x55);
        else if (i < good.body.size + good.heads.size)
            heads[i - good.body.size] = (char)(heads[i - good.body.size] ^ 0x55);
        else
            bad.body_size--;
        int failed = chunk_decode(&bad, &a, &out, &count, &e);
        assert_true(failed || count <= 2);    /* a changed body is not noticed, a changed form is */
        assert_false(bad.body_size < good.body.size && !failed);
        arena_fini(&a);
    }
    spool_packing_fini(&good);
}

/* With its head before each body, as the second form of a spool had it. */
static void add_old(struct buf *out, uint64_t seq, int64_t at, uint32_t class_, const char *body)
{
    uint32_t size = (uint32_t)strlen(body);
    buf_add(out, &seq, sizeof seq);
    buf_add(out, &at, sizeof at);
    buf_add(out, &class_, sizeof class_);
    buf_add(out, &size, sizeof size);
    buf_add(out, body, size + 1);
}

static void chunks_of_before_heads_are_read(void **state)
{
    (void)state;
    struct db *d = memory();
    struct arena a = { 0 };
    struct err e;
    struct spool_row rows[8];
    struct buf AUTO_BUF plain = { 0 }, packed = { 0 };
    add_old(&plain, 7, 70, SPOOL_NORMAL, "seven");
    add_old(&plain, 8, 80, SPOOL_KEPT, "eight");
    assert_int_equal(pack_zstd(plain.data, plain.size, &packed, &e), 0);
    struct db_stmt *s = db_prepare(d, "INSERT INTO chunks (first, last, at, normal, warning, kept, bytes, body) VALUES (7, 8, 70, 1, 0, 1, 10, ?)", &e);
    db_blob(s, 1, packed.data, packed.size);
    assert_int_equal(db_run(s, &e), 0);
    assert_int_equal(read_all(d, 0, &a, rows, 8), 2);
    assert_string_equal(rows[0].body, "seven");
    assert_int_equal(rows[1].seq, 8);
    assert_int_equal(rows[1].class_, SPOOL_KEPT);
    arena_fini(&a);
    db_close(d);
}

static void what_was_packed_is_a_message_as_central_reads_it(void **state)
{
    (void)state;
    struct db *d = memory();
    struct err e;
    struct spool_packing packing = { 0 };
    struct spool_row rows[300];
    for (size_t i = 0; i < COUNT(rows); i++)
        rows[i] = (struct spool_row){ .seq = 5 + i, .at = 1, .body = "{\"message\":\"one of many\"}", .size = 25 };
    assert_int_equal(spool_db_append(d, rows, 1, &packing, &e), 0);
    assert_int_equal(packing.count, 0);    /* one alone is not packed */
    assert_int_equal(spool_db_append(d, rows + 1, COUNT(rows) - 1, &packing, &e), 0);
    assert_int_equal(packing.count, 2);
    assert_int_equal(packing.packs[0].first, 6);
    assert_int_equal(packing.packs[0].last, packing.packs[0].first + 255);
    assert_int_equal(packing.packs[1].last, 304);
    for (size_t i = 0; i < packing.count; i++) {
        struct buf AUTO_BUF text = { 0 };
        assert_int_equal(pack_unzstd(packing.packs[i].data, packing.packs[i].size, 1 << 20, &text, &e), 0);
        AUTO_JSON struct json_doc *doc = json_parse(text.data, text.size, &json_wire_limits, &e);
        assert_int_equal(json_get_int(json_root(doc), "schema", 0), 1);
        assert_int_equal(json_count(json_get(json_root(doc), "events")), packing.packs[i].count);
    }
    spool_packing_clear(&packing);
    assert_int_equal(packing.count, 0);
    spool_packing_fini(&packing);
    db_close(d);
}

/* What the child does until it is killed: three records and the place behind them, again and again. */
static void append_for_ever(const char *dir, int told)
{
    struct err e;
    struct db *d = spool_db_open(dir, &e);
    struct arena a = { 0 };
    uint64_t seq = 0;
    if (!d)
        _exit(1);
    for (;;) {
        struct spool_row row = { .class_ = SPOOL_NORMAL, .body = "a record of some size", .size = 21 };
        char version[24];
        int failed = db_begin(d, &e);
        for (int i = 0; i < 3; i++) {
            row.seq = ++seq;
            failed |= spool_db_append(d, &row, 1, NULL, &e);
        }
        (void)snprintf(version, sizeof version, "%llu", (unsigned long long)seq);
        failed |= spool_db_set_place(d, "events", version, &e);
        failed |= db_commit(d, &e);
        if (failed || write(told, &seq, sizeof seq) != sizeof seq)
            _exit(1);
        arena_reset(&a);
    }
}

static void killed_while_appending_nothing_is_torn_and_nothing_told_is_lost(void **state)
{
    (void)state;
    for (int round = 0; round < 8; round++) {
        char dir[] = "/tmp/aetherius-spool-XXXXXX";
        int pipe_[2];
        assert_non_null(mkdtemp(dir));
        assert_int_equal(pipe(pipe_), 0);
        pid_t child = fork();
        if (child == 0)
            append_for_ever(dir, pipe_[1]);
        close(pipe_[1]);
        uint64_t told = 0, seq;
        for (int i = 0; i < 3 + round; i++)
            assert_int_equal(read(pipe_[0], &told, sizeof told), sizeof told);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(pipe_[0], &seq, sizeof seq) == sizeof seq)
            told = seq;
        close(pipe_[0]);

        struct arena a = { 0 };
        struct err e;
        struct db *d = spool_db_open(dir, &e);
        assert_non_null(d);
        struct spool_totals totals;
        const char *place;
        assert_int_equal(spool_db_totals(d, &totals, &e), 0);
        assert_int_equal(spool_db_place(d, "events", &a, &place, &e), 0);
        assert_true((uint64_t)totals.records >= told);
        assert_int_equal(totals.records, atoll(place));
        db_close(d);
        arena_fini(&a);
        AUTO_FREE char *remove = str_printf("rm -rf %s", dir);
        assert_int_equal(system(remove), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_back_in_order_until_they_are_freed),
        cmocka_unit_test(a_read_stops_at_its_bounds_but_never_before_one_record),
        cmocka_unit_test(what_is_appended_together_comes_back_from_any_place),
        cmocka_unit_test(a_gap_takes_the_place_of_what_was_dropped),
        cmocka_unit_test(without_room_normal_events_go_first_then_warnings_and_nothing_else),
        cmocka_unit_test(what_was_reported_is_kept_once_an_event_until_its_turn_comes_again),
        cmocka_unit_test(places_and_facts_are_replaced),
        cmocka_unit_test(commands_are_remembered_until_their_time_comes),
        cmocka_unit_test(a_spool_of_before_chunks_is_taken_over),
        cmocka_unit_test(a_damaged_chunk_is_given_up_with_all_that_it_held),
        cmocka_unit_test(a_damaged_chunk_is_an_error_and_no_record),
        cmocka_unit_test(chunks_of_before_heads_are_read),
        cmocka_unit_test(what_was_packed_is_a_message_as_central_reads_it),
        cmocka_unit_test(killed_while_appending_nothing_is_torn_and_nothing_told_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
