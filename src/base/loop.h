/* A loop: one thread that runs timers, file descriptors and messages, one at a time.
 *
 * Built on libuv, which nothing else includes.  The agent runs one loop, central one for each service.  Everything here belongs to the
 * loop's thread, except loop_post, loop_stop and loop_work's function.  Handlers run to completion, so code on a loop needs no locks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct loop;

/* mailbox_max: most posted messages waiting.  name is copied (logs, metrics). */
struct loop *loop_new(const char *name, size_t mailbox_max);

/* Closes timers, watchers and waiting messages (their drop function runs), and waits for work under way, whose done still runs.
 * Not while it runs.  A timer still running is stopped, so its owner must live until here or have stopped it. */
void loop_free(struct loop *l);

/* Runs on the calling thread until loop_stop. */
void loop_run(struct loop *l);

/* Runs on a thread of its own; loop_join waits for its end. */
int loop_start(struct loop *l, struct err *e) MUST_CHECK;
void loop_join(struct loop *l);

/* From any thread or a signal handler's watcher: run returns after the current turn. */
void loop_stop(struct loop *l);

const char *loop_name(const struct loop *l);

/* Monotonic and wall milliseconds, sampled once a turn. */
int64_t loop_now_ms(const struct loop *l);
int64_t loop_wall_ms(const struct loop *l);

/* For tests: waits for no timer.  When nothing else is to be done both clocks leap to when the next one is due, so hours pass in milliseconds
 * and in the order in which they would.  For a loop that gets all it does from itself: what comes from elsewhere comes late. */
void loop_leap(struct loop *l);

/* Messages from other threads: run(arg) is called on the loop's thread, in order.  0, or 1 when the mailbox is full (nothing happened, arg stays the
 * caller's; counted).  drop(arg) is called instead of run when the loop ends first; may be NULL. */
int loop_post(struct loop *l, void (*run)(void *arg), void (*drop)(void *arg), void *arg) MUST_CHECK;
size_t loop_mailbox_depth(const struct loop *l);
uint64_t loop_mailbox_refused(const struct loop *l);
uint64_t loop_turns(const struct loop *l);

/* Timers are embedded in their owner; zeroed storage is a stopped timer.  after_ms 0: at the next turn. */
struct timer {
    struct timer_handle *handle;
    void (*run)(void *arg);
    void *arg;
};
void timer_start(struct timer *t, struct loop *l, int64_t after_ms, void (*run)(void *arg), void *arg);    /* one shot; restarts a running one */
void timer_every(struct timer *t, struct loop *l, int64_t every_ms, void (*run)(void *arg), void *arg);
void timer_stop(struct timer *t);
bool timer_running(const struct timer *t);

/* File descriptors. events: LOOP_READ | LOOP_WRITE.  The descriptor stays the caller's, becomes non-blocking; free the poll before closing it.
 * Watches nothing until poll_set.  NULL with errno for what cannot be watched: a regular file, a closed one, one watched already. A
 * descriptor in error is reported once as all that was asked for; reading or writing it tells why. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
struct poll;
struct poll *poll_new(struct loop *l, int fd, void (*run)(void *arg, int events), void *arg);
void poll_set(struct poll *p, int events);    /* 0: none */
void poll_free(struct poll *p);

/* Blocking work on libuv's pool: work(arg) there, then done(arg) here.  0, or -1 when the pool refuses. */
int loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg, struct err *e) MUST_CHECK;

/* run(arg, signum) on this loop for each such signal of the process. */
int loop_signal(struct loop *l, int signum, void (*run)(void *arg, int signum), void *arg, struct err *e) MUST_CHECK;
