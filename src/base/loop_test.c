#include "base/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"

/* What handlers saw, in order, as letters. */
struct trace {
    struct loop *loop;
    struct timer timer, second;
    struct poll *poll;
    int fds[2];
    int count, until, dropped, seen;
    int64_t seen_ms;
    char letters[16];
};

static void note(struct trace *t, char c)
{
    size_t n = strlen(t->letters);
    if (n + 1 < sizeof t->letters)
        t->letters[n] = c;
}

static void stop(void *arg)
{
    struct trace *t = arg;
    loop_stop(t->loop);
}

static void count_to(void *arg)
{
    struct trace *t = arg;
    if (++t->count == t->until)
        loop_stop(t->loop);
}

static void dropped(void *arg)
{
    ((struct trace *)arg)->dropped++;
}

static void post(struct trace *t, void (*run)(void *))
{
    assert_int_equal(loop_post(t->loop, run, dropped, t), 0);
}

static void note_a(void *arg) { note(arg, 'a'); }
static void note_b(void *arg) { note(arg, 'b'); }
static void note_c(void *arg) { note(arg, 'c'); }

static struct trace begin(size_t mailbox_max)
{
    struct trace t = { .loop = loop_new("test", mailbox_max) };
    return t;
}

static void messages_run_in_the_order_they_were_posted(void **state)
{
    (void)state;
    struct trace t = begin(8);
    post(&t, note_a);
    post(&t, note_b);
    post(&t, note_c);
    post(&t, stop);
    assert_int_equal(loop_mailbox_depth(t.loop), 4);
    loop_run(t.loop);
    assert_string_equal(t.letters, "abc");
    assert_int_equal(loop_mailbox_depth(t.loop), 0);
    assert_int_equal(t.dropped, 0);
    loop_free(t.loop);
}

static void a_full_mailbox_refuses_and_counts(void **state)
{
    (void)state;
    struct trace t = begin(2);
    post(&t, note_a);
    post(&t, note_b);
    assert_int_equal(loop_post(t.loop, note_c, dropped, &t), 1);
    assert_int_equal(loop_mailbox_refused(t.loop), 1);
    assert_int_equal(loop_mailbox_depth(t.loop), 2);
    loop_free(t.loop);
    assert_int_equal(t.dropped, 2);    /* the refused one stayed ours */
    assert_string_equal(t.letters, "");
}

static void the_ring_goes_round(void **state)
{
    (void)state;
    struct trace t = begin(3);
    for (int round = 0; round < 5; round++) {
        post(&t, count_to);
        post(&t, count_to);
        t.until = t.count + 2;
        loop_run(t.loop);
    }
    assert_int_equal(t.count, 10);
    loop_free(t.loop);
}

static void a_stop_before_the_run_is_not_lost(void **state)
{
    (void)state;
    struct trace t = begin(1);
    loop_stop(t.loop);
    loop_run(t.loop);
    loop_free(t.loop);
}

static void remember_count(void *arg)
{
    struct trace *t = arg;
    t->seen = t->count;
}

static void arm(void *arg)
{
    struct trace *t = arg;
    timer_start(&t->timer, t->loop, 0, remember_count, t);
}

static void a_burst_of_messages_does_not_starve_timers(void **state)
{
    (void)state;
    struct trace t = begin(2001);
    t.until = 2000;
    post(&t, arm);
    for (int i = 0; i < 2000; i++)
        post(&t, count_to);
    loop_run(t.loop);
    assert_int_equal(t.count, 2000);
    assert_int_equal(t.seen, 255);    /* one batch, the arming message among it */
    assert_in_range(loop_turns(t.loop), 2000 / 256, 2000 / 256 + 3);
    loop_free(t.loop);
}

static void chain(void *arg)
{
    struct trace *t = arg;
    if (++t->count < 300)
        timer_start(&t->timer, t->loop, 0, chain, t);
    else
        loop_stop(t->loop);
}

static void a_timer_may_start_itself_again(void **state)
{
    (void)state;
    struct trace t = begin(1);
    timer_start(&t.timer, t.loop, 0, chain, &t);
    assert_true(timer_running(&t.timer));
    loop_run(t.loop);
    assert_int_equal(t.count, 300);
    assert_false(timer_running(&t.timer));
    loop_free(t.loop);
}

static void late(void *arg)
{
    struct trace *t = arg;
    assert_true(loop_now_ms(t->loop) >= t->seen_ms + 5);
    loop_stop(t->loop);
}

static void a_timer_never_runs_before_its_time(void **state)
{
    (void)state;
    struct trace t = begin(1);
    timer_start(&t.timer, t.loop, 5, late, &t);
    t.seen_ms = loop_now_ms(t.loop);
    loop_run(t.loop);
    loop_free(t.loop);
}

static void every_runs_until_it_is_stopped(void **state)
{
    (void)state;
    struct trace t = begin(1);
    t.until = 3;
    timer_every(&t.timer, t.loop, 1, count_to, &t);
    loop_run(t.loop);
    assert_int_equal(t.count, 3);
    assert_true(timer_running(&t.timer));
    timer_stop(&t.timer);
    assert_false(timer_running(&t.timer));
    timer_stop(&t.timer);    /* harmless */
    loop_free(t.loop);
}

static void restart(void *arg)
{
    struct trace *t = arg;
    timer_start(&t->timer, t->loop, 3600000, note_a, t);
    timer_start(&t->timer, t->loop, 0, stop, t);
}

static void a_restart_replaces_the_old_time(void **state)
{
    (void)state;
    struct trace t = begin(1);
    post(&t, restart);
    loop_run(t.loop);
    assert_string_equal(t.letters, "");
    loop_free(t.loop);
}

static void stop_other(void *arg)
{
    struct trace *t = arg;
    timer_stop(&t->second);
    note(t, 'a');
}

static void a_timer_stopped_by_another_of_the_same_turn_stays_silent(void **state)
{
    (void)state;
    struct trace t = begin(1);
    struct timer last = { 0 };
    timer_start(&t.timer, t.loop, 0, stop_other, &t);
    timer_start(&t.second, t.loop, 0, note_b, &t);
    timer_start(&last, t.loop, 0, stop, &t);
    loop_run(t.loop);
    assert_string_equal(t.letters, "a");
    loop_free(t.loop);
}

struct owner {
    struct timer timer;
    struct loop *loop;
};

static void die(void *arg)
{
    struct owner *o = arg;
    loop_stop(o->loop);
    free(o);
}

static void the_owner_may_die_in_its_own_timer(void **state)
{
    (void)state;
    struct loop *l = loop_new("test", 1);
    struct owner *o = mem_alloc(sizeof *o);
    *o = (struct owner){ .loop = l };
    timer_start(&o->timer, l, 0, die, o);
    loop_run(l);
    loop_free(l);
}

static void hundreds_of_timers_leave_nothing_behind(void **state)
{
    (void)state;
    struct trace t = begin(1);
    static struct timer many[500];
    for (int i = 0; i < 500; i++)
        timer_start(&many[i], t.loop, i % 2 ? 0 : 3600000, count_to, &t);
    t.until = 250;
    loop_run(t.loop);
    assert_int_equal(t.count, 250);
    for (int i = 0; i < 250; i++)
        timer_stop(&many[i]);
    loop_free(t.loop);
    for (int i = 0; i < 500; i++)
        assert_false(timer_running(&many[i]));    /* the rest was stopped by loop_free */
}

static void read_one(void *arg, int events)
{
    struct trace *t = arg;
    char c;
    assert_int_equal(events, LOOP_READ);
    assert_int_equal(read(t->fds[0], &c, 1), 1);
    note(t, c);
    if (c == 'z') {
        poll_free(t->poll);
        loop_stop(t->loop);
    }
}

static void a_readable_descriptor_is_told(void **state)
{
    (void)state;
    struct trace t = begin(1);
    assert_int_equal(pipe2(t.fds, O_CLOEXEC), 0);
    t.poll = poll_new(t.loop, t.fds[0], read_one, &t);
    assert_non_null(t.poll);
    poll_set(t.poll, LOOP_READ);
    assert_int_equal(write(t.fds[1], "xyz", 3), 3);
    loop_run(t.loop);
    assert_string_equal(t.letters, "xyz");
    loop_free(t.loop);
    close(t.fds[0]);
    close(t.fds[1]);
}

static void writable(void *arg, int events)
{
    struct trace *t = arg;
    assert_true(events & LOOP_WRITE);
    note(t, 'w');
    poll_set(t->poll, 0);
    timer_start(&t->timer, t->loop, 0, stop, t);
}

static void nothing_is_told_after_poll_set_0(void **state)
{
    (void)state;
    struct trace t = begin(1);
    assert_int_equal(pipe2(t.fds, O_CLOEXEC), 0);
    t.poll = poll_new(t.loop, t.fds[1], writable, &t);
    poll_set(t.poll, LOOP_READ | LOOP_WRITE);
    loop_run(t.loop);
    assert_string_equal(t.letters, "w");
    poll_free(t.poll);
    loop_free(t.loop);
    close(t.fds[0]);
    close(t.fds[1]);
}

static void a_descriptor_in_error_is_told_as_all_that_was_asked_for(void **state)
{
    (void)state;
    struct trace t = begin(1);
    assert_int_equal(pipe2(t.fds, O_CLOEXEC), 0);
    t.poll = poll_new(t.loop, t.fds[1], writable, &t);
    poll_set(t.poll, LOOP_WRITE);
    close(t.fds[0]);    /* nobody reads any more */
    loop_run(t.loop);
    assert_string_equal(t.letters, "w");
    assert_int_equal(write(t.fds[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);    /* and no SIGPIPE */
    loop_free(t.loop);
    close(t.fds[1]);
}

static void what_cannot_be_watched_is_refused(void **state)
{
    (void)state;
    struct trace t = begin(1);
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_null(poll_new(t.loop, fd, writable, &t));
    assert_int_equal(errno, EPERM);
    close(fd);
    assert_null(poll_new(t.loop, fd, writable, &t));
    assert_int_equal(errno, EBADF);
    loop_free(t.loop);
}

struct errand {
    struct trace *trace;
    pthread_t worked, returned;
};

static void errand_work(void *arg)
{
    struct errand *r = arg;
    r->worked = pthread_self();
}

static void errand_done(void *arg)
{
    struct errand *r = arg;
    r->returned = pthread_self();
    note(r->trace, 'd');
    loop_stop(r->trace->loop);
}

static void work_is_done_elsewhere_and_reported_here(void **state)
{
    (void)state;
    struct trace t = begin(1);
    struct errand r = { .trace = &t };
    struct err e;
    assert_int_equal(loop_work(t.loop, errand_work, errand_done, &r, &e), 0);
    loop_run(t.loop);
    assert_false(pthread_equal(r.worked, pthread_self()));
    assert_true(pthread_equal(r.returned, pthread_self()));
    loop_free(t.loop);
}

static void an_end_waits_for_work_under_way(void **state)
{
    (void)state;
    struct trace t = begin(1);
    struct errand r = { .trace = &t };
    struct err e;
    assert_int_equal(loop_work(t.loop, errand_work, errand_done, &r, &e), 0);
    loop_free(t.loop);
    assert_string_equal(t.letters, "d");
}

static void on_term(void *arg, int signum)
{
    struct trace *t = arg;
    t->count = signum;
    loop_stop(t->loop);
}

static void a_signal_arrives_on_the_loop(void **state)
{
    (void)state;
    struct trace t = begin(1);
    struct err e;
    assert_int_equal(loop_signal(t.loop, SIGUSR1, on_term, &t, &e), 0);
    raise(SIGUSR1);
    loop_run(t.loop);
    assert_int_equal(t.count, SIGUSR1);
    assert_int_equal(loop_signal(t.loop, SIGKILL, on_term, &t, &e), -1);
    loop_free(t.loop);
}

static void where(void *arg)
{
    struct trace *t = arg;
    pthread_attr_t attr;
    size_t size = 0;
    pthread_getattr_np(pthread_self(), &attr);
    pthread_attr_getstacksize(&attr, &size);
    pthread_attr_destroy(&attr);
    t->count = (int)(size / 1024);
}

static void a_started_loop_has_a_small_thread_of_its_own(void **state)
{
    (void)state;
    struct trace t = begin(4);
    struct err e;
    assert_int_equal(loop_start(t.loop, &e), 0);
    post(&t, where);
    post(&t, stop);
    loop_join(t.loop);
    loop_join(t.loop);    /* harmless */
    assert_int_equal(t.count, 512);
    loop_free(t.loop);
}

#define POSTERS 4
#define EACH    5000

static void *poster(void *arg)
{
    struct trace *t = arg;
    for (int i = 0; i < EACH;)
        i += loop_post(t->loop, count_to, NULL, t) == 0;
    return NULL;
}

static void many_threads_post_and_nothing_is_lost(void **state)
{
    (void)state;
    struct trace t = begin(512);
    t.until = POSTERS * EACH;
    struct err e;
    assert_int_equal(loop_start(t.loop, &e), 0);
    pthread_t threads[POSTERS];
    for (int i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, poster, &t), 0);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    loop_join(t.loop);
    assert_int_equal(t.count, POSTERS * EACH);
    loop_free(t.loop);
}

static void remember_time(void *arg)
{
    struct trace *t = arg;
    t->seen_ms = loop_now_ms(t->loop);
    while (clock_mono_ms() < t->seen_ms + 2) {
    }    /* a handler that takes its time */
}

static void compare_time(void *arg)
{
    struct trace *t = arg;
    assert_int_equal(loop_now_ms(t->loop), t->seen_ms);
}

static void the_clock_stands_still_within_a_turn(void **state)
{
    (void)state;
    struct trace t = begin(4);
    post(&t, remember_time);
    post(&t, compare_time);
    post(&t, stop);
    loop_run(t.loop);
    assert_true(t.seen_ms > 0);
    loop_free(t.loop);
}

static void both_clocks_are_the_systems(void **state)
{
    (void)state;
    int64_t mono = clock_mono_ms(), wall = clock_wall_ms();
    struct trace t = begin(1);
    assert_in_range(loop_now_ms(t.loop), mono - 5, clock_mono_ms());    /* libuv may use the coarse clock */
    assert_in_range(loop_wall_ms(t.loop), wall, clock_wall_ms());
    assert_string_equal(loop_name(t.loop), "test");
    loop_free(t.loop);
}

static void note_hour(void *arg)
{
    struct trace *t = arg;
    note(t, 'b');
    t->seen = (int)((loop_now_ms(t->loop) - t->seen_ms) / 3600000);
    timer_start(&t->second, t->loop, 1, stop, t);
}

static void a_loop_that_leaps_waits_for_no_timer_and_skips_none(void **state)
{
    (void)state;
    struct trace t = begin(4);
    struct timer later = { 0 };
    int64_t wall = loop_wall_ms(t.loop), began = clock_mono_ms();
    t.seen_ms = loop_now_ms(t.loop);
    loop_leap(t.loop);
    timer_start(&later, t.loop, 5 * 3600000, stop, &t);
    timer_start(&t.timer, t.loop, 3 * 3600000, note_hour, &t);
    post(&t, note_a);
    loop_run(t.loop);    /* ends a millisecond after the third hour, not at the fifth */
    assert_string_equal(t.letters, "ab");
    assert_int_equal(t.seen, 3);
    assert_in_range(loop_wall_ms(t.loop) - wall, 3 * 3600000, 4 * 3600000);
    assert_true(clock_mono_ms() - began < 3600000);
    assert_true(timer_running(&later));
    loop_free(t.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_run_in_the_order_they_were_posted),
        cmocka_unit_test(a_full_mailbox_refuses_and_counts),
        cmocka_unit_test(the_ring_goes_round),
        cmocka_unit_test(a_stop_before_the_run_is_not_lost),
        cmocka_unit_test(a_burst_of_messages_does_not_starve_timers),
        cmocka_unit_test(a_timer_may_start_itself_again),
        cmocka_unit_test(a_timer_never_runs_before_its_time),
        cmocka_unit_test(every_runs_until_it_is_stopped),
        cmocka_unit_test(a_restart_replaces_the_old_time),
        cmocka_unit_test(a_timer_stopped_by_another_of_the_same_turn_stays_silent),
        cmocka_unit_test(the_owner_may_die_in_its_own_timer),
        cmocka_unit_test(hundreds_of_timers_leave_nothing_behind),
        cmocka_unit_test(a_readable_descriptor_is_told),
        cmocka_unit_test(nothing_is_told_after_poll_set_0),
        cmocka_unit_test(a_descriptor_in_error_is_told_as_all_that_was_asked_for),
        cmocka_unit_test(what_cannot_be_watched_is_refused),
        cmocka_unit_test(work_is_done_elsewhere_and_reported_here),
        cmocka_unit_test(an_end_waits_for_work_under_way),
        cmocka_unit_test(a_signal_arrives_on_the_loop),
        cmocka_unit_test(a_started_loop_has_a_small_thread_of_its_own),
        cmocka_unit_test(many_threads_post_and_nothing_is_lost),
        cmocka_unit_test(the_clock_stands_still_within_a_turn),
        cmocka_unit_test(both_clocks_are_the_systems),
        cmocka_unit_test(a_loop_that_leaps_waits_for_no_timer_and_skips_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
