#include "agent/spool.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"

struct fixture {
    struct loop *loop;
    struct spool *spool;
    char dir[40];
    uint64_t newest, wanted;      /* durable; stop the loop there */
    bool full;
    int fulls, begun;
    size_t read;
    char first[400], looked[64];
    struct timer guard;
};

static void out_of_time(void *arg)
{
    loop_stop(arg);
}

static void on_committed(void *arg, const struct spool_row *rows, size_t count, const struct spool_packing *packed)
{
    (void)packed;
    struct fixture *f = arg;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].seq, f->newest + 1);
        f->newest = rows[i].seq;
    }
    if (f->newest >= f->wanted)
        loop_stop(f->loop);
}

static void on_full(void *arg, bool full)
{
    struct fixture *f = arg;
    f->full = full;
    f->fulls++;
}

static const struct spool_handlers handlers = { on_committed, on_full };

static void open_spool(struct fixture *f, const char *dir, int64_t bytes_max, size_t waiting_max)
{
    struct err e;
    struct spool_config config = { .dir = dir, .cluster_id = "shop", .bytes_max = bytes_max, .waiting_max = waiting_max };
    f->loop = loop_new("test", 64);
    f->spool = spool_open(f->loop, &config, &handlers, f, &e);
    assert_non_null(f->spool);
    f->newest = spool_newest(f->spool);
}

static void close_spool(struct fixture *f)
{
    timer_stop(&f->guard);
    spool_close(f->spool);
    loop_free(f->loop);
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){ .dir = "/tmp/aetherius-spool-XXXXXX" };
    assert_non_null(mkdtemp(f->dir));
}

static void end(struct fixture *f)
{
    AUTO_FREE char *command = str_printf("rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
}

static void append(struct fixture *f, enum spool_class class_, const char *text)
{
    spool_append(f->spool, class_, text, strlen(text));
}

static void run_until(struct fixture *f, uint64_t seq)
{
    f->wanted = seq;
    timer_start(&f->guard, f->loop, 20000, out_of_time, f->loop);
    loop_run(f->loop);
    assert_true(f->newest >= seq);
}

static void on_rows(void *arg, const struct spool_row *rows, size_t count)
{
    struct fixture *f = arg;
    f->read = count;
    if (count)
        (void)str_copy(f->first, sizeof f->first, rows[0].body);
    loop_stop(f->loop);
}

static void read_after(struct fixture *f, uint64_t after)
{
    spool_read(f->spool, after, 100, 1 << 16, on_rows, f);
    loop_run(f->loop);
}

static void records_places_and_numbers_go_on_after_a_restart(void **state)
{
    (void)state;
    struct fixture f;
    struct arena a = { 0 };
    begin(&f);
    open_spool(&f, f.dir, 1 << 20, 100);
    uint64_t epoch = spool_epoch(f.spool);
    assert_int_equal(spool_next(f.spool), 1);
    append(&f, SPOOL_NORMAL, "one");
    append(&f, SPOOL_NORMAL, "two");
    spool_place(f.spool, "events", "17");
    run_until(&f, 2);
    append(&f, SPOOL_NORMAL, "three");    /* not yet durable when the spool is closed */
    spool_place(f.spool, "events", "18");
    close_spool(&f);

    open_spool(&f, f.dir, 1 << 20, 100);
    assert_int_equal(spool_epoch(f.spool), epoch);
    assert_int_equal(spool_next(f.spool), 4);
    assert_string_equal(spool_stored_place(f.spool, "events", &a), "18");
    read_after(&f, 1);
    assert_int_equal(f.read, 2);
    assert_string_equal(f.first, "two");
    spool_acknowledge(f.spool, 3);
    append(&f, SPOOL_NORMAL, "four");
    run_until(&f, 4);
    spool_acknowledge(f.spool, 4);
    close_spool(&f);

    open_spool(&f, f.dir, 1 << 20, 100);
    struct spool_status status;
    spool_status(f.spool, &status);
    assert_int_equal(status.records, 0);
    assert_int_equal(spool_next(f.spool), 5);    /* an empty spool does not count from 1 again */
    close_spool(&f);
    arena_fini(&a);
    end(&f);
}

static void at_its_bound_a_gap_tells_exactly_what_went(void **state)
{
    (void)state;
    struct fixture f = { 0 };
    struct spool_status status;
    char body[1001];
    memset(body, 'x', 1000);
    body[1000] = 0;
    open_spool(&f, NULL, 20000, 1000);
    append(&f, SPOOL_WARNING, body);
    for (int i = 0; i < 40; i++)
        append(&f, SPOOL_NORMAL, body);
    run_until(&f, 41);
    spool_status(f.spool, &status);
    assert_true(status.bytes <= 20000);
    assert_true(status.dropped >= 22);
    read_after(&f, 1);
    AUTO_FREE char *count = str_printf("\"count\":%lld", (long long)status.dropped);
    assert_non_null(strstr(f.first, "spool_overflow"));
    assert_non_null(strstr(f.first, count));
    assert_int_equal(f.read, 41 - 1 - (size_t)status.dropped + 1);    /* all but the Warning and what went, and the gap */
    close_spool(&f);
}

static void full_memory_is_told_and_so_is_room_again(void **state)
{
    (void)state;
    struct fixture f = { 0 };
    open_spool(&f, NULL, 1 << 20, 10);
    for (int i = 0; i < 10; i++)
        append(&f, SPOOL_NORMAL, "record");
    assert_true(f.full);
    run_until(&f, 10);
    assert_false(f.full);
    assert_int_equal(f.fulls, 2);
    close_spool(&f);
}

static void lift_limit(void *arg)
{
    (void)arg;
    struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
}

/* RLIMIT_FSIZE stands in for a full disk. */
static void a_full_disk_is_waited_out_and_nothing_is_lost(void **state)
{
    (void)state;
    struct fixture f;
    struct spool_status status;
    struct timer later = { 0 };
    char body[4001] = "";
    uint64_t dice = 1;
    begin(&f);
    open_spool(&f, f.dir, 1 << 24, 1000);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = { 65536, RLIM_INFINITY };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 50; i++) {
        for (int at = 0; at < 4000; at++)    /* that packing cannot make smaller */
            body[at] = (char)('!' + clock_roll(&dice) % 94);
        append(&f, SPOOL_NORMAL, body);
    }
    timer_start(&later, f.loop, 300, lift_limit, NULL);
    run_until(&f, 50);
    spool_status(f.spool, &status);
    assert_true(status.failures >= 1);
    assert_false(status.failing);
    assert_int_equal(status.records, 50);
    assert_int_equal(status.dropped, 0);
    timer_stop(&later);
    close_spool(&f);
    end(&f);
}

static void a_damaged_spool_is_put_aside(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    AUTO_FREE char *path = str_printf("%s/spool.db", f.dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        (void)fprintf(file, "this is no database ");
    (void)fclose(file);
    open_spool(&f, f.dir, 1 << 20, 10);
    append(&f, SPOOL_NORMAL, "one");
    run_until(&f, 1);
    close_spool(&f);
    end(&f);
}

/* A chunk's first bytes, in the file. */
static void damage_chunk(const char *dir)
{
    AUTO_FREE char *path = str_printf("%s/spool.db", dir);
    static char data[1 << 20];
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    size_t size = fread(data, 1, sizeof data, file);
    char *chunk = memmem(data, size, "\x28\xb5\x2f\xfd", 4);    /* zstd */
    assert_non_null(chunk);
    assert_int_equal(fseek(file, chunk - data, SEEK_SET), 0);
    assert_int_equal(fwrite("????", 1, 4, file), 4);
    assert_int_equal(fclose(file), 0);
}

static void a_damaged_record_is_a_gap_and_in_nobodys_way(void **state)
{
    (void)state;
    struct fixture f;
    struct spool_status status;
    begin(&f);
    open_spool(&f, f.dir, 1 << 20, 100);
    for (int i = 0; i < 10; i++)
        append(&f, SPOOL_WARNING, "{\"a\":\"record of some length\"}");
    run_until(&f, 10);
    close_spool(&f);
    damage_chunk(f.dir);
    open_spool(&f, f.dir, 1 << 20, 100);
    append(&f, SPOOL_NORMAL, "later");
    run_until(&f, 11);
    read_after(&f, 0);
    assert_int_equal(f.read, 2);
    assert_non_null(strstr(f.first, "\"cause\":\"sequence\""));
    assert_non_null(strstr(f.first, "\"count\":10"));
    spool_status(f.spool, &status);
    assert_int_equal(status.records, 2);
    assert_int_equal(status.dropped, 10);
    close_spool(&f);
    end(&f);
}

static void on_begun(void *arg)
{
    struct fixture *f = arg;
    f->begun++;
    loop_stop(f->loop);
}

static void on_result(void *arg, const char *id, const char *text, size_t size)
{
    struct fixture *f = arg;
    assert_string_equal(id, "c1");
    (void)str_copy(f->looked, sizeof f->looked, text ? text : "none");
    assert_int_equal(text ? strlen(text) : 0, size);
    loop_stop(f->loop);
}

static void a_command_begins_when_that_is_durable_and_its_result_is_kept(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    open_spool(&f, f.dir, 1 << 20, 10);
    spool_command_begin(f.spool, &(struct spool_command){ .id = "c1", .nonce = "n", .forget_at = INT64_MAX }, on_begun, &f);
    assert_int_equal(f.begun, 0);
    loop_run(f.loop);
    assert_int_equal(f.begun, 1);
    spool_command_result(f.spool, "c1", on_result, &f);
    loop_run(f.loop);
    assert_string_equal(f.looked, "none");
    spool_command_end(f.spool, "c1", "it is done", 10);
    close_spool(&f);
    open_spool(&f, f.dir, 1 << 20, 10);
    spool_command_result(f.spool, "c1", on_result, &f);
    loop_run(f.loop);
    assert_string_equal(f.looked, "it is done");
    close_spool(&f);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_places_and_numbers_go_on_after_a_restart),
        cmocka_unit_test(at_its_bound_a_gap_tells_exactly_what_went),
        cmocka_unit_test(full_memory_is_told_and_so_is_room_again),
        cmocka_unit_test(a_full_disk_is_waited_out_and_nothing_is_lost),
        cmocka_unit_test(a_damaged_spool_is_put_aside),
        cmocka_unit_test(a_damaged_record_is_a_gap_and_in_nobodys_way),
        cmocka_unit_test(a_command_begins_when_that_is_durable_and_its_result_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
