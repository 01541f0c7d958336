#include "store/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"

static const char *const first[] = { "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT UNIQUE)" };
static const char *const second[] = { "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT UNIQUE)", "ALTER TABLE t ADD COLUMN size INTEGER" };
static const char *const broken[] = { "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT UNIQUE)", "CREATE TABLE u (x); this is no SQL" };
#define SCHEMA(m) { .name = "test", .migrations = m, .n_migrations = COUNT(m) }

static char *fresh_dir(void)
{
    char *dir = str_dup("/tmp/aetherius-db-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return dir;
}

static void remove_dir(char *dir)
{
    for (size_t i = 0; i < 3; i++) {
        AUTO_FREE char *path = str_printf("%s/test.db%s", dir, (const char *[]){ "", "-wal", "-shm" }[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
    free(dir);
}

static int add(struct db *d, const char *word, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO t (word) VALUES (?1)", e);
    assert_non_null(s);
    db_text(s, 1, word);
    return db_run(s, e);
}

static void rows_are_there_after_a_reopen(void **state)
{
    (void)state;
    struct db_schema schema = SCHEMA(first);
    struct err e;
    char *dir = fresh_dir();
    struct db *d = db_open(dir, &schema, &e);
    assert_non_null(d);
    assert_int_equal(add(d, "cart", &e), 0);
    assert_int_equal(db_last_id(d), 1);
    db_close(d);
    d = db_open(dir, &schema, &e);
    struct db_stmt *s = db_prepare(d, "SELECT word FROM t", &e);
    assert_int_equal(db_step(s, &e), DB_ROW);
    assert_string_equal(db_get_text(s, 0), "cart");
    assert_int_equal(db_step(s, &e), 0);
    db_close(d);
    remove_dir(dir);
}

static void a_newer_program_migrates_and_an_older_one_refuses(void **state)
{
    (void)state;
    struct db_schema old = SCHEMA(first), new = SCHEMA(second);
    struct err e;
    char *dir = fresh_dir();
    db_close(db_open(dir, &old, &e));
    struct db *d = db_open(dir, &new, &e);
    assert_non_null(d);
    assert_non_null(db_prepare(d, "SELECT size FROM t", &e));
    db_close(d);
    assert_null(db_open(dir, &old, &e));
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_non_null(strstr(e.text, "newer release"));
    remove_dir(dir);
}

static void a_broken_migration_leaves_nothing_behind(void **state)
{
    (void)state;
    struct db_schema bad = SCHEMA(broken), good = SCHEMA(second);
    struct err e;
    char *dir = fresh_dir();
    assert_null(db_open(dir, &bad, &e));
    assert_non_null(strstr(e.text, "migration 2"));
    struct db *d = db_open(dir, &good, &e);
    assert_non_null(d);
    assert_null(db_prepare(d, "SELECT x FROM u", &e));
    db_close(d);
    remove_dir(dir);
}

static void a_unique_key_twice_is_a_conflict(void **state)
{
    (void)state;
    struct db_schema schema = SCHEMA(first);
    struct err e;
    struct db *d = db_open(NULL, &schema, &e);
    assert_int_equal(add(d, "cart", &e), 0);
    assert_int_equal(add(d, "cart", &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    db_close(d);
}

static void a_rollback_undoes_and_may_come_late(void **state)
{
    (void)state;
    struct db_schema schema = SCHEMA(first);
    struct err e;
    struct db *d = db_open(NULL, &schema, &e);
    assert_int_equal(db_begin(d, &e), 0);
    assert_int_equal(add(d, "cart", &e), 0);
    db_rollback(d);
    db_rollback(d);
    struct db_stmt *s = db_prepare(d, "SELECT count(*) FROM t", &e);
    assert_int_equal(db_step(s, &e), DB_ROW);
    assert_int_equal(db_get_int(s, 0), 0);
    db_done(s);
    db_close(d);
}

static void a_directory_that_cannot_be_is_named(void **state)
{
    (void)state;
    struct db_schema schema = SCHEMA(first);
    struct err e;
    assert_null(db_open("/proc/no/such/place", &schema, &e));
    assert_non_null(strstr(e.text, "/proc/no/such/place"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_there_after_a_reopen),
        cmocka_unit_test(a_newer_program_migrates_and_an_older_one_refuses),
        cmocka_unit_test(a_broken_migration_leaves_nothing_behind),
        cmocka_unit_test(a_unique_key_twice_is_a_conflict),
        cmocka_unit_test(a_rollback_undoes_and_may_come_late),
        cmocka_unit_test(a_directory_that_cannot_be_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
