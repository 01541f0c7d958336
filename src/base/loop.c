#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/str.h"

#define THREAD_STACK     ((size_t)512 * 1024)
#define NAME_SIZE        32
#define BATCH_MAX        256    /* messages run in one turn, so that timers and descriptors get theirs */
#define IDLE_TIMERS_MAX  64     /* stopped handles kept for the next timer_start                       */

struct timer_handle {
    uv_timer_t uv;               /* first: the close callback frees the handle by this address */
    struct timer *owner;         /* NULL while idle                                            */
    struct timer_handle *next;   /* in loop.idle                                               */
};

struct poll {
    uv_poll_t uv;                /* first, as above */
    void (*run)(void *arg, int events);
    void *arg;
    int wanted;
};

struct signal_watch {
    uv_signal_t uv;              /* first, as above */
    void (*run)(void *arg, int signum);
    void *arg;
};

struct job {
    uv_work_t uv;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

struct loop {
    char name[NAME_SIZE];
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_poll;
    uv_check_t after_poll;
    struct mailbox *mailbox;
    struct timer_handle *idle;
    size_t n_idle;
    bool sampled;                /* the clock was read in this half of the turn */
    int64_t now_ms, wall_ms;
    bool leaps;
    int64_t leapt_ms;            /* how far the clocks are ahead                 */
    atomic_bool stop, running;
    atomic_uint_fast64_t turns;
    pthread_t runner;            /* valid while running       */
    pthread_t thread;            /* valid when started        */
    bool started;
};

static struct loop *loop_of(const uv_handle_t *h)
{
    return h->loop->data;
}

/* The owner may set a loop up from anywhere; once it runs, only its own thread may touch it. */
static bool on_thread(struct loop *l)
{
    return !atomic_load(&l->running) || pthread_equal(l->runner, pthread_self());
}

static void sample(struct loop *l)
{
    uv_update_time(&l->uv);
    l->now_ms = (int64_t)uv_now(&l->uv) + l->leapt_ms;
    l->wall_ms = clock_wall_ms() + l->leapt_ms;
    l->sampled = true;
}

/* Every callback passes here first.  A turn has two halves, what the poll brought and then the timers that are due; each is sampled
 * once, so that a timer never runs at a time before its own. */
static void enter(struct loop *l)
{
    if (!l->sampled)
        sample(l);
}

static void bring_forward(uv_handle_t *h, void *arg)
{
    uint64_t by = *(const uint64_t *)arg;
    if (h->type != UV_TIMER || !uv_is_active(h))
        return;
    uv_timer_t *uv = (uv_timer_t *)h;
    uint64_t due = uv_timer_get_due_in(uv), every = uv_timer_get_repeat(uv);
    uv_timer_start(uv, uv->timer_cb, due > by ? due - by : 0, every);
}

static void leap(struct loop *l)
{
    int wait = uv_backend_timeout(&l->uv);    /* 0: there is something to do; -1: no timer runs */
    if (wait <= 0 || mailbox_depth(l->mailbox) > 0 || atomic_load(&l->stop))
        return;
    uint64_t by = (uint64_t)wait;
    uv_walk(&l->uv, bring_forward, &by);
    l->leapt_ms += wait;
}

static void on_before_poll(uv_prepare_t *h)
{
    struct loop *l = loop_of((uv_handle_t *)h);
    if (l->leaps)
        leap(l);
    l->sampled = false;
    atomic_fetch_add_explicit(&l->turns, 1, memory_order_relaxed);
}

static void on_after_poll(uv_check_t *h)
{
    loop_of((uv_handle_t *)h)->sampled = false;
}

static void on_wake(uv_async_t *h)
{
    struct loop *l = loop_of((uv_handle_t *)h);
    enter(l);
    struct message m;
    for (int i = 0; i < BATCH_MAX && mailbox_take(l->mailbox, &m); i++)
        m.run(m.arg);
    if (mailbox_depth(l->mailbox) > 0)
        uv_async_send(&l->wake);
    if (atomic_load(&l->stop))
        uv_stop(&l->uv);
}

static void must(int rc, const char *what)
{
    if (rc == 0)
        return;
    log_error("cannot set up a loop", "step=%s error=\"%s\"", what, uv_strerror(rc));
    abort();    /* out of descriptors before anything has begun */
}

struct loop *loop_new(const char *name, size_t mailbox_max)
{
    /* A peer that went away is an error of write(2), not the end of the process. */
    signal(SIGPIPE, SIG_IGN);

    struct loop *l = mem_alloc(sizeof *l);
    memset(l, 0, sizeof *l);
    str_copy(l->name, sizeof l->name, name);
    l->mailbox = mailbox_new(mailbox_max);

    must(uv_loop_init(&l->uv), "uv_loop_init");
    l->uv.data = l;
    must(uv_async_init(&l->uv, &l->wake, on_wake), "uv_async_init");
    must(uv_prepare_init(&l->uv, &l->before_poll), "uv_prepare_init");
    must(uv_check_init(&l->uv, &l->after_poll), "uv_check_init");
    must(uv_prepare_start(&l->before_poll, on_before_poll), "uv_prepare_start");
    must(uv_check_start(&l->after_poll, on_after_poll), "uv_check_start");
    sample(l);
    return l;
}

static void free_handle(uv_handle_t *h)
{
    free(h);
}

static void close_handle(uv_handle_t *h, void *arg)
{
    struct loop *l = arg;
    if (uv_is_closing(h))
        return;
    bool embedded = h == (uv_handle_t *)&l->wake || h == (uv_handle_t *)&l->before_poll || h == (uv_handle_t *)&l->after_poll;
    if (h->type == UV_TIMER && ((struct timer_handle *)h)->owner)
        ((struct timer_handle *)h)->owner->handle = NULL;
    uv_close(h, embedded ? NULL : free_handle);
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    assert(!atomic_load(&l->running) && !l->started);

    mailbox_close(l->mailbox);
    struct message m;
    while (mailbox_take(l->mailbox, &m))
        if (m.drop)
            m.drop(m.arg);

    /* Again and again, because the done function of work that was under way may have started something. */
    while (uv_loop_close(&l->uv) == UV_EBUSY) {
        l->idle = NULL;
        l->n_idle = 0;
        uv_walk(&l->uv, close_handle, l);
        uv_run(&l->uv, UV_RUN_ONCE);
    }
    mailbox_free(l->mailbox);
    free(l);
}

void loop_run(struct loop *l)
{
    assert(!atomic_load(&l->running));
    l->runner = pthread_self();
    atomic_store(&l->running, true);
    l->sampled = false;
    uv_run(&l->uv, UV_RUN_DEFAULT);
    atomic_store(&l->stop, false);
    atomic_store(&l->running, false);
}

static void *thread_main(void *arg)
{
    struct loop *l = arg;
    char short_name[16];    /* the kernel's limit */
    str_copy(short_name, sizeof short_name, l->name);
    pthread_setname_np(pthread_self(), short_name);
    log_thread(l->name, NULL);
    loop_run(l);
    return NULL;
}

int loop_start(struct loop *l, struct err *e)
{
    assert(!l->started && !atomic_load(&l->running));
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, THREAD_STACK);
    int rc = pthread_create(&l->thread, &attr, thread_main, l);
    pthread_attr_destroy(&attr);
    if (rc != 0)
        return err_sys(e, rc, "starting the thread of loop %s", l->name);
    l->started = true;
    return 0;
}

void loop_join(struct loop *l)
{
    if (!l->started)
        return;
    pthread_join(l->thread, NULL);
    l->started = false;
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->stop, true);
    uv_async_send(&l->wake);
}

const char *loop_name(const struct loop *l)
{
    return l->name;
}

int64_t loop_now_ms(const struct loop *l)
{
    return l->now_ms;
}

int64_t loop_wall_ms(const struct loop *l)
{
    return l->wall_ms;
}

void loop_leap(struct loop *l)
{
    l->leaps = true;
}

int loop_post(struct loop *l, void (*run)(void *arg), void (*drop)(void *arg), void *arg)
{
    assert(run);
    if (!mailbox_put(l->mailbox, (struct message){ run, drop, arg }))
        return 1;
    uv_async_send(&l->wake);
    return 0;
}

size_t loop_mailbox_depth(const struct loop *l)
{
    return mailbox_depth(l->mailbox);
}

uint64_t loop_mailbox_refused(const struct loop *l)
{
    return mailbox_refused(l->mailbox);
}

uint64_t loop_turns(const struct loop *l)
{
    return atomic_load_explicit(&l->turns, memory_order_relaxed);
}

static struct timer_handle *handle_get(struct loop *l)
{
    struct timer_handle *h = l->idle;
    if (h) {
        l->idle = h->next;
        l->n_idle--;
        return h;
    }
    h = mem_alloc(sizeof *h);
    uv_timer_init(&l->uv, &h->uv);
    return h;
}

/* A stopped handle is kept for the next start; libuv lets go of it only in a later turn, which is why it is not part of the owner. */
static void handle_put(struct timer_handle *h)
{
    struct loop *l = loop_of((uv_handle_t *)&h->uv);
    uv_timer_stop(&h->uv);
    h->owner = NULL;
    if (l->n_idle >= IDLE_TIMERS_MAX) {
        uv_close((uv_handle_t *)&h->uv, free_handle);
        return;
    }
    h->next = l->idle;
    l->idle = h;
    l->n_idle++;
}

/* The run function may start the timer again or free its owner, so nothing of the owner is touched behind it. */
static void on_timer(uv_timer_t *uv)
{
    struct timer_handle *h = (struct timer_handle *)uv;
    struct timer *t = h->owner;
    enter(loop_of((uv_handle_t *)uv));
    if (uv_timer_get_repeat(uv) == 0) {
        t->handle = NULL;
        handle_put(h);
    }
    t->run(t->arg);
}

static void start(struct timer *t, struct loop *l, uint64_t after_ms, uint64_t every_ms)
{
    assert(on_thread(l) && t->run);
    if (t->handle && loop_of((uv_handle_t *)&t->handle->uv) != l)
        timer_stop(t);
    if (!atomic_load(&l->running))
        sample(l);    /* setting up may take long; a timer counts from its start */
    if (!t->handle)
        t->handle = handle_get(l);
    t->handle->owner = t;
    uv_timer_start(&t->handle->uv, on_timer, after_ms, every_ms);
}

void timer_start(struct timer *t, struct loop *l, int64_t after_ms, void (*run)(void *arg), void *arg)
{
    t->run = run;
    t->arg = arg;
    start(t, l, after_ms > 0 ? (uint64_t)after_ms : 0, 0);
}

void timer_every(struct timer *t, struct loop *l, int64_t every_ms, void (*run)(void *arg), void *arg)
{
    assert(every_ms > 0);
    t->run = run;
    t->arg = arg;
    start(t, l, (uint64_t)every_ms, (uint64_t)every_ms);
}

void timer_stop(struct timer *t)
{
    if (!t->handle)
        return;
    assert(on_thread(loop_of((uv_handle_t *)&t->handle->uv)));
    handle_put(t->handle);
    t->handle = NULL;
}

bool timer_running(const struct timer *t)
{
    return t->handle != NULL;
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct poll *p = (struct poll *)uv;
    enter(loop_of((uv_handle_t *)uv));
    int seen = (events & UV_READABLE ? LOOP_READ : 0) | (events & UV_WRITABLE ? LOOP_WRITE : 0);
    if (status < 0)
        seen = p->wanted;    /* reading or writing will say what is wrong; libuv has stopped watching */
    p->run(p->arg, seen);
}

struct poll *poll_new(struct loop *l, int fd, void (*run)(void *arg, int events), void *arg)
{
    assert(on_thread(l) && run);
    struct poll *p = mem_alloc(sizeof *p);
    *p = (struct poll){ .run = run, .arg = arg };
    int rc = uv_poll_init(&l->uv, &p->uv, fd);
    if (rc != 0) {
        free(p);
        errno = -rc;
        return NULL;
    }
    return p;
}

void poll_set(struct poll *p, int events)
{
    assert(on_thread(loop_of((uv_handle_t *)&p->uv)));
    p->wanted = events;
    int uv_events = (events & LOOP_READ ? UV_READABLE : 0) | (events & LOOP_WRITE ? UV_WRITABLE : 0);
    uv_poll_start(&p->uv, uv_events, on_poll);    /* 0 events: stops */
}

void poll_free(struct poll *p)
{
    if (!p)
        return;
    assert(on_thread(loop_of((uv_handle_t *)&p->uv)));
    uv_close((uv_handle_t *)&p->uv, free_handle);
}

static void on_work(uv_work_t *uv)
{
    struct job *j = uv->data;
    j->work(j->arg);
}

static void on_done(uv_work_t *uv, int status)
{
    (void)status;    /* nothing here cancels work, so it has always run */
    struct job *j = uv->data;
    enter(uv->loop->data);
    j->done(j->arg);
    free(j);
}

int loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg, struct err *e)
{
    assert(on_thread(l) && work && done);
    struct job *j = mem_alloc(sizeof *j);
    *j = (struct job){ .uv.data = NULL, .work = work, .done = done, .arg = arg };
    j->uv.data = j;
    int rc = uv_queue_work(&l->uv, &j->uv, on_work, on_done);
    if (rc != 0) {
        free(j);
        return err_sys(e, -rc, "handing work to the pool");
    }
    return 0;
}

static void on_signal(uv_signal_t *uv, int signum)
{
    struct signal_watch *w = (struct signal_watch *)uv;
    enter(loop_of((uv_handle_t *)uv));
    w->run(w->arg, signum);
}

int loop_signal(struct loop *l, int signum, void (*run)(void *arg, int signum), void *arg, struct err *e)
{
    assert(on_thread(l) && run);
    struct signal_watch *w = mem_alloc(sizeof *w);
    *w = (struct signal_watch){ .run = run, .arg = arg };
    int rc = uv_signal_init(&l->uv, &w->uv);
    if (rc != 0) {
        free(w);
        return err_sys(e, -rc, "watching signal %d", signum);
    }
    rc = uv_signal_start(&w->uv, on_signal, signum);
    if (rc != 0) {
        uv_close((uv_handle_t *)&w->uv, free_handle);
        return err_sys(e, -rc, "watching signal %d", signum);
    }
    return 0;
}
