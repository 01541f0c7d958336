#include "http/client.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "http/call.h"

struct watched {
    struct http_client *client;
    struct poll *poll;
    curl_socket_t fd;
};

static void identity_fini(struct identity *i)
{
    char **texts[] = {
        &i->ca_file, &i->ca_pem, &i->cert_file, &i->key_file, &i->cert_pem, &i->key_pem, &i->server_name
    };
    for (size_t n = 0; n < COUNT(texts); n++) {
        if (texts[n] == &i->key_pem && i->key_pem)
            explicit_bzero(i->key_pem, strlen(i->key_pem));
        free(*texts[n]);
    }
    *i = (struct identity){ 0 };
}

void http_client_identity(struct http_client *c, const struct http_identity *identity)
{
    identity_fini(&c->identity);
    if (!identity)
        return;
    c->identity = (struct identity){
        .ca_file = str_dup(identity->ca_file),
        .ca_pem = str_dup(identity->ca_pem),
        .cert_file = str_dup(identity->cert_file),
        .key_file = str_dup(identity->key_file),
        .cert_pem = str_dup(identity->cert_pem),
        .key_pem = str_dup(identity->key_pem),
        .server_name = str_dup(identity->server_name),
        .insecure = identity->insecure,
    };
}

static void destroy(struct http_client *c)
{
    while (c->calls) {
        struct http_call *call = c->calls;
        call_detach(call);
        call_free(call);
    }
    curl_multi_cleanup(c->multi); /* may still ask for a timer */
    timer_stop(&c->wait);
    timer_stop(&c->chores);
    identity_fini(&c->identity);
    free(c);
}

/* Every way into the library ends here, outside of it. */
void client_settle(struct http_client *c)
{
    CURLMsg *m;
    int left;
    while (!c->freed && (m = curl_multi_info_read(c->multi, &left))) {
        if (m->msg != CURLMSG_DONE)
            continue;
        struct http_call *call;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call);
        if (call->cancelled)
            continue;
        call_finish(call, m->data.result);
    }
    if (c->freed && c->depth == 0)
        destroy(c);
}

/* ---- the loop ---- */

static void on_wait(void *arg)
{
    struct http_client *c = arg;
    int running;
    c->depth++;
    curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    c->depth--;
    client_settle(c);
}

static int want_time(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    struct http_client *c = arg;
    if (ms < 0)
        timer_stop(&c->wait);
    else
        timer_start(&c->wait, c->loop, ms, on_wait, c);
    return 0;
}

static void on_socket(void *arg, int events)
{
    struct watched *w = arg;
    struct http_client *c = w->client;
    int action = (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0), running;
    c->depth++;
    curl_multi_socket_action(c->multi, w->fd, action, &running);
    c->depth--;
    client_settle(c);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    (void)easy;
    struct http_client *c = arg;
    struct watched *w = socket_arg;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            poll_free(w->poll);
        free(w);
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (!w) {
        w = mem_alloc(sizeof *w);
        *w = (struct watched){ .client = c, .fd = fd, .poll = NULL };
        w->poll = poll_new(c->loop, fd, on_socket, w);
        if (!w->poll) {
            free(w);
            return -1;
        }
        curl_multi_assign(c->multi, fd, w);
    }
    poll_set(w->poll, (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0));
    return 0;
}

/* ---- life ---- */

static void throw_away_cancelled(struct http_client *c)
{
    for (struct http_call *call = c->calls, *next; call; call = next) {
        next = call->next;
        if (!call->cancelled)
            continue;
        call_detach(call);
        call_free(call);
    }
}

static void on_chores(void *arg)
{
    struct http_client *c = arg;
    c->depth++;
    for (struct http_call *call = c->calls; call; call = call->next) { /* handlers only add at the end and mark */
        if (call->cancelled)
            continue;
        if (!call->added) {
            call->added = true;
            curl_multi_add_handle(c->multi, call->easy);
        }
        if (call->resuming) {
            call->resuming = false;
            curl_easy_pause(call->easy, CURLPAUSE_CONT); /* may call on_data */
        }
    }
    throw_away_cancelled(c);
    c->depth--;
    client_settle(c);
}

void client_chores(struct http_client *c)
{
    timer_start(&c->chores, c->loop, 0, on_chores, c);
}

static void init_library(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct http_client *http_client_new(struct loop *l, const struct http_identity *identity, int connections_max)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_library);
    struct http_client *c = mem_alloc(sizeof *c);
    *c = (struct http_client){ .loop = l, .multi = curl_multi_init() };
    assert(c->multi && connections_max > 0);
    http_client_identity(c, identity);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, want_time);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections_max);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)connections_max);
    return c;
}

void http_client_free(struct http_client *c)
{
    if (!c || c->freed)
        return;
    for (struct http_call *call = c->calls; call; call = call->next)
        call->cancelled = true;
    c->freed = true;
    if (c->depth == 0)
        destroy(c);
}
