/* The connection of an edge: made, lost, made again, ended. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/edge_impl.h"
#include "bus/edge_options.h"
#include "bus/nats_library.h"

#define FLUSH_MS        2000
#define BACK_OFF_MAX_MS 30000

static void setup(struct edge *edge);
static void connect_later(struct edge *edge);

static int64_t back_off_ms(struct edge *edge, int failures)
{
    pthread_mutex_lock(&edge->lock);
    int64_t ms = clock_back_off_ms(failures, edge->reconnect_ms, BACK_OFF_MAX_MS, &edge->dice);
    pthread_mutex_unlock(&edge->lock);
    return ms;
}

static void disconnect(struct edge *edge)
{
    edge_subscriptions_drop(edge);
    jsCtx_Destroy(edge->js);
    edge->js = NULL;
    natsConnection_Destroy(edge->connection);
    edge->connection = NULL;
    edge->up = false;
}

/* Ends what nats.c holds.  Letters in the mailbox may still name this edge; they find freed set and only give up their use. */
static void take_down(struct edge *edge)
{
    if (edge->connection && edge->up)
        (void)natsConnection_FlushTimeout(edge->connection, FLUSH_MS);    /* best effort on the way out */
    disconnect(edge);
    edge_wait_for_callbacks(edge);
    edge_use(edge, -1);
}

/* ---- from nats.c's threads -------------------------------------------------------------------------------- */

static void run_up(void *arg)
{
    struct edge *edge = arg;
    if (!edge->freed && !edge->up)
        setup(edge);
    edge_use(edge, -1);
}

static void run_down(void *arg)
{
    struct edge *edge = arg;
    if (!edge->freed && edge->up) {
        struct edge_status now;
        edge_status(edge, &now);
        edge->up = false;
        edge->handlers.disconnected(edge->arg, now.last_error[0] ? now.last_error : "the connection ended");
    }
    edge_use(edge, -1);
}

static void run_closed(void *arg)
{
    struct edge *edge = arg;
    if (!edge->freed)
        connect_later(edge);
    edge_use(edge, -1);
}

static void drop_use(void *arg)
{
    edge_use(arg, -1);
}

/* A full mailbox must not swallow a change of the link, which comes once: these few are retried by whoever calls back next, so say it in the log. */
static void post(struct edge *edge, void (*run)(void *arg))
{
    edge_use(edge, 1);
    if (loop_post(edge->loop, run, drop_use, edge)) {
        if (!edge->freed)
            log_error("change of the NATS link not delivered", "loop=%s why=\"mailbox full\"", loop_name(edge->loop));
        edge_use(edge, -1);
    }
}

static void on_up(natsConnection *connection, void *closure)
{
    struct edge *edge = closure;
    char url[128] = "";
    (void)natsConnection_GetConnectedUrl(connection, url, sizeof url);    /* a link that is gone again has no URL */
    AUTO_BUF struct buf shown = { 0 };
    str_hide_logins(&shown, url);
    pthread_mutex_lock(&edge->lock);
    edge->status.connected = true;
    edge->status.reconnects++;
    (void)str_copy(edge->status.server, sizeof edge->status.server, buf_text(&shown));
    pthread_mutex_unlock(&edge->lock);
    post(edge, run_up);
}

static void on_down(natsConnection *connection, void *closure)
{
    struct edge *edge = closure;
    const char *text = NULL;
    if (natsConnection_GetLastError(connection, &text) != NATS_OK && text && text[0])
        edge_remember_error(edge, text);
    pthread_mutex_lock(&edge->lock);
    edge->status.connected = false;
    pthread_mutex_unlock(&edge->lock);
    post(edge, run_down);
}

static void on_closed(natsConnection *connection, void *closure)
{
    (void)connection;
    struct edge *edge = closure;
    post(edge, run_closed);
    edge_hold(edge, -1);
}

static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus status, void *closure)
{
    (void)connection;
    (void)subscription;
    struct edge *edge = closure;
    edge_remember_error(edge, natsStatus_GetText(status));
    if (status == NATS_SLOW_CONSUMER) {
        pthread_mutex_lock(&edge->lock);
        edge->status.dropped++;
        pthread_mutex_unlock(&edge->lock);
    }
}

static int64_t on_delay(natsConnection *connection, int attempts, void *closure)
{
    (void)connection;
    return back_off_ms(closure, attempts < 1 ? 1 : attempts);
}

/* ---- work on the loop's pool ------------------------------------------------------------------------------- */

static void connect_work(void *arg)
{
    struct edge *edge = arg;
    edge->outcome = natsConnection_Connect(&edge->connection, edge->options);
    if (edge->outcome == NATS_OK)
        on_up(edge->connection, edge);
}

static void connect_done(void *arg)
{
    struct edge *edge = arg;
    edge->working = false;
    bool made = edge->outcome == NATS_OK || edge->outcome == NATS_NOT_YET_CONNECTED;
    edge_use(edge, 1);    /* ours, over what follows */
    if (!made) {
        edge_remember_error(edge, natsStatus_GetText(edge->outcome));
        log_warn("NATS cannot be reached", "why=\"%s\"", natsStatus_GetText(edge->outcome));
        edge_hold(edge, -1);    /* what connect_now took would have been the connection's until on_closed */
    }
    if (edge->freed)
        take_down(edge);
    else if (!made)
        connect_later(edge);
    else if (natsConnection_Status(edge->connection) == NATS_CONN_STATUS_CONNECTED)
        setup(edge);    /* word that the link is up may have come while the pool still had the connection, and was passed over then */
    edge_use(edge, -1);
}

static void connect_now(void *arg)
{
    struct edge *edge = arg;
    struct err e;
    edge_hold(edge, 1);
    edge->working = true;
    if (loop_work(edge->loop, connect_work, connect_done, edge, &e) == 0)
        return;
    log_error("cannot start connecting to NATS", "why=\"%s\"", e.text);
    edge->working = false;
    edge_hold(edge, -1);
    connect_later(edge);
}

/* The connection closed for good: nats.c gives up when a server refuses our login twice.  Login may be mended meanwhile, so start anew. */
static void connect_later(struct edge *edge)
{
    if (edge->working)
        return;    /* set-up still has the connection and will find it closed */
    disconnect(edge);
    edge->failures++;
    timer_start(&edge->again, edge->loop, back_off_ms(edge, edge->failures), connect_now, edge);
}

static void setup_work(void *arg)
{
    struct edge *edge = arg;
    edge_subscriptions_make(edge);
    (void)natsConnection_FlushTimeout(edge->connection, FLUSH_MS);    /* a link that broke meanwhile says so by its own callback */
    struct edge_status now;
    edge_status(edge, &now);
    char version[sizeof now.server_version];
    nats_info_version(now.server, version, sizeof version);
    pthread_mutex_lock(&edge->lock);
    (void)str_copy(edge->status.server_version, sizeof edge->status.server_version, version);
    pthread_mutex_unlock(&edge->lock);
}

static void setup_done(void *arg)
{
    struct edge *edge = arg;
    edge->working = false;
    natsConnStatus status = natsConnection_Status(edge->connection);
    if (edge->freed) {
        take_down(edge);
    } else if (status == NATS_CONN_STATUS_CONNECTED) {
        edge->up = true;
        edge->failures = 0;
        edge->handlers.connected(edge->arg);
    } else if (status == NATS_CONN_STATUS_CLOSED) {
        connect_later(edge);
    }
    edge_use(edge, -1);
}

static void setup(struct edge *edge)
{
    struct err e;
    if (edge->working || !edge->connection)
        return;    /* a link that flapped: the set-up under way serves it, or a new connection will come */
    edge_use(edge, 1);
    edge->working = true;
    if (loop_work(edge->loop, setup_work, setup_done, edge, &e)) {
        log_error("cannot set up the NATS link", "why=\"%s\"", e.text);
        edge->working = false;
        edge_use(edge, -1);
    }
}

static natsStatus set_callbacks(struct edge *edge)
{
    natsOptions *o = edge->options;
    natsStatus s = natsOptions_SetCustomReconnectDelay(o, on_delay, edge);
    if (s == NATS_OK) s = natsOptions_SetRetryOnFailedConnect(o, true, on_up, edge);
    if (s == NATS_OK) s = natsOptions_SetReconnectedCB(o, on_up, edge);
    if (s == NATS_OK) s = natsOptions_SetDisconnectedCB(o, on_down, edge);
    if (s == NATS_OK) s = natsOptions_SetClosedCB(o, on_closed, edge);
    if (s == NATS_OK) s = natsOptions_SetErrorHandler(o, on_error, edge);
    return s;
}

int edge_link_init(struct edge *edge, const struct edge_config *config, struct err *e)
{
    if (edge_options(config, &edge->options, e))
        return -1;
    natsStatus s = set_callbacks(edge);
    return s == NATS_OK ? 0 : err_set(e, ERR_INTERNAL, "NATS callbacks: %s", natsStatus_GetText(s));
}

void edge_link_start(struct edge *edge)
{
    timer_start(&edge->again, edge->loop, 0, connect_now, edge);
}

void edge_link_end(struct edge *edge)
{
    timer_stop(&edge->again);
    if (!edge->working)
        take_down(edge);    /* else the work's done function does */
}
