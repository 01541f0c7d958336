#include "kube/kube.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "kube/client.h"

#define CONNECTIONS_MAX 64 /* HTTP/1.1: each open watch holds one */

void kube_request_add(struct kube *k, struct kube_request *r, void (*drop)(struct kube_request *r))
{
    r->kube = k;
    r->drop = drop;
    r->next = NULL;
    r->link = k->last;
    *k->last = r;
    k->last = &r->next;
}

void kube_request_remove(struct kube_request *r)
{
    *r->link = r->next;
    if (r->next)
        r->next->link = r->link;
    else
        r->kube->last = r->link;
    r->next = NULL;
    r->link = NULL;
}

void kube_cancel(struct kube_request *r)
{
    if (r)
        r->drop(r);
}

static void on_reload(void *arg)
{
    struct kube *k = arg;
    if (credential_reload(&k->credential, loop_now_ms(k->loop))) {
        struct http_identity identity = credential_identity(&k->credential);
        http_client_identity(k->http, &identity);
    }
}

struct kube *kube_new(struct loop *l, const struct kube_config *config, const char *user_agent, struct err *e)
{
    struct kube *k = mem_alloc(sizeof *k);
    *k = (struct kube){ .loop = l };
    k->last = &k->requests;
    if (credential_init(&k->credential, config, loop_now_ms(l), e)) {
        free(k);
        return NULL;
    }
    struct http_identity identity = credential_identity(&k->credential);
    k->http = http_client_new(l, &identity, CONNECTIONS_MAX);
    k->user_agent = str_printf("User-Agent: %s", user_agent);
    timer_every(&k->reload, l, CREDENTIAL_PEM_AGE_MS, on_reload, k);
    return k;
}

void kube_free(struct kube *k)
{
    if (!k)
        return;
    while (k->requests)
        k->requests->drop(k->requests);
    timer_stop(&k->reload);
    http_client_free(k->http);
    credential_fini(&k->credential);
    free(k->user_agent);
    free(k);
}

const char *kube_server(const struct kube *k)
{
    return k->credential.config.server;
}

struct kube_counts kube_counts(const struct kube *k)
{
    struct kube_counts counts = k->counts;
    counts.credentials_kept = k->credential.kept;
    return counts;
}

struct http_call *kube_send(struct kube *k, const struct kube_send *send, const struct http_stream_handlers *stream,
                            http_done done, void *arg)
{
    AUTO_FREE char *url = str_printf("%s%s", kube_server(k), send->path);
    AUTO_FREE char *accept = str_printf("Accept: %s", send->accept ? send->accept : "application/json");
    AUTO_FREE char *type = send->content_type ? str_printf("Content-Type: %s", send->content_type) : NULL;
    const char *headers[] = { k->user_agent, accept, type, NULL };
    struct http_get get = {
        .method = send->method,
        .url = url,
        .headers = headers,
        .bearer = credential_token(&k->credential, loop_now_ms(k->loop)),
        .body = send->body,
        .body_size = send->body ? strlen(send->body) : 0,
        .total_ms = send->total_ms,
        .body_max = send->body_max,
        .compressed = send->compressed,
    };
    k->counts.calls++;
    return http_call(k->http, &get, stream, done, arg);
}
