#include "bus/edge.h"

#include <string.h>

#include "base/crypt.h"
#include "base/log.h"
#include "bus/edge_impl.h"
#include "bus/nats_library.h"

#define CALLBACKS_S 2

static void release(struct edge *edge)
{
    natsOptions_Destroy(edge->options);
    edge_subscriptions_fini(edge);
    pthread_cond_destroy(&edge->let_go);
    pthread_mutex_destroy(&edge->lock);
    free(edge);
}

void edge_use(struct edge *edge, int by)
{
    pthread_mutex_lock(&edge->lock);
    edge->users += by;
    bool last = edge->users == 0;
    pthread_mutex_unlock(&edge->lock);
    if (last)
        release(edge);
}

void edge_hold(struct edge *edge, int by)
{
    pthread_mutex_lock(&edge->lock);
    edge->held += by;
    edge->users += by;
    bool last = edge->users == 0;
    if (edge->held == 0)
        pthread_cond_broadcast(&edge->let_go);    /* whoever waits for this ends the edge, not we on the library's own thread */
    pthread_mutex_unlock(&edge->lock);
    if (last)
        release(edge);
}

void edge_remember_error(struct edge *edge, const char *text)
{
    pthread_mutex_lock(&edge->lock);
    (void)str_copy(edge->status.last_error, sizeof edge->status.last_error, text);
    pthread_mutex_unlock(&edge->lock);
}

void edge_wait_for_callbacks(struct edge *edge)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CALLBACKS_S;
    pthread_mutex_lock(&edge->lock);
    while (edge->held > 0 && pthread_cond_timedwait(&edge->let_go, &edge->lock, &until) == 0)
        ;
    int left = edge->held;
    pthread_mutex_unlock(&edge->lock);
    if (left)
        log_warn("NATS callbacks are late", "count=%d", left);
}

struct edge *edge_new(struct loop *l, const struct edge_config *config, const struct edge_handlers *handlers, void *arg, struct err *e)
{
    if (nats_library_open(e))
        return NULL;
    struct edge *edge = mem_alloc(sizeof *edge);
    *edge = (struct edge){ .loop = l, .handlers = *handlers, .arg = arg, .jetstream_wanted = config->jetstream,
                           .reconnect_ms = config->reconnect_ms > 0 ? config->reconnect_ms : 1000, .users = 1 };
    pthread_mutex_init(&edge->lock, NULL);
    pthread_cond_init(&edge->let_go, NULL);
    crypt_random(&edge->dice, sizeof edge->dice);
    if (edge_link_init(edge, config, e)) {
        edge_free(edge);
        return NULL;
    }
    edge_link_start(edge);
    return edge;
}

void edge_free(struct edge *edge)
{
    if (!edge)
        return;
    edge->freed = true;
    edge_link_end(edge);
}

void edge_status(const struct edge *edge, struct edge_status *out)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&edge->lock;    /* reading does not change the edge, locking does */
    pthread_mutex_lock(lock);
    *out = edge->status;
    pthread_mutex_unlock(lock);
}
