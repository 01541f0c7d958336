/* One request and its answer: waits when the server asks for it, reads the token again when it is refused. */
#include "kube/kube.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "kube/answer.h"
#include "kube/client.h"

#define TIMEOUT_MS   15000
#define SIZE_USUAL   ((size_t)4 << 20)
#define TRIES_MAX    10
#define PARTIAL      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
#define PARTIAL_LIST "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

struct call {
    struct kube_request base;
    char *path, *method, *body, *content_type;
    const char *accept;
    size_t size_max;
    int64_t deadline_ms;
    int tries;
    bool refused;           /* once with an old token already         */
    struct http_call *http; /* NULL while it waits                    */
    struct timer wait;
    kube_done done;
    void *arg;
};

static void send_call(void *arg);

static void call_free(struct call *c)
{
    timer_stop(&c->wait);
    free(c->path);
    free(c->method);
    free(c->body);
    free(c->content_type);
    free(c);
}

static void call_drop(struct kube_request *r)
{
    struct call *c = (struct call *)r;
    if (c->http)
        http_call_cancel(c->http);
    kube_request_remove(r);
    call_free(c);
}

/* Collections have an odd number of segments behind the version, objects an even one: pods, nodes/n,
 * namespaces/n/pods. */
static bool is_collection(const char *path)
{
    int slashes = 0;
    for (const char *c = path; *c && *c != '?'; c++)
        slashes += *c == '/';
    return (slashes - (str_starts(path, "/apis/") ? 3 : 2)) % 2 == 1;
}

/* Milliseconds until the next try, or -1 when this answer is the last. */
static int64_t wait_before_retry(struct call *c, const struct http_answer *http)
{
    int64_t now_ms = loop_now_ms(c->base.kube->loop);
    if (http->status == 401 && !c->refused && credential_refused(&c->base.kube->credential, now_ms)) {
        c->refused = true;
        return 0;
    }
    bool overloaded = http->status == 429 || http->status >= 500;
    if (c->method || !overloaded || http->retry_after_ms <= 0 || c->tries >= TRIES_MAX)
        return -1;
    return now_ms + http->retry_after_ms < c->deadline_ms ? http->retry_after_ms : -1;
}

static void on_answer(void *arg, const struct http_answer *http)
{
    struct call *c = arg;
    struct kube *k = c->base.kube;
    c->http = NULL;
    k->counts.bytes += http->size;
    int64_t wait_ms = wait_before_retry(c, http);
    if (wait_ms >= 0) {
        timer_start(&c->wait, k->loop, wait_ms, send_call, c);
        return;
    }
    struct answer answer;
    answer_read(&answer, http);
    if (answer.view.err)
        k->counts.failed++;
    kube_request_remove(&c->base);
    c->done(c->arg, &answer.view); /* may free k */
    answer_fini(&answer);
    call_free(c);
}

static void send_call(void *arg)
{
    struct call *c = arg;
    int64_t left_ms = c->deadline_ms - loop_now_ms(c->base.kube->loop);
    struct kube_send send = {
        .method = c->method,
        .path = c->path,
        .accept = c->accept,
        .body = c->body,
        .content_type = c->content_type,
        .total_ms = left_ms > 1 ? left_ms : 1,
        .body_max = c->size_max,
        .compressed = !c->method,
    };
    c->tries++;
    c->http = kube_send(c->base.kube, &send, NULL, on_answer, c);
}

struct kube_request *kube_call(struct kube *k, const char *path, const struct kube_options *options, kube_done done,
                               void *arg)
{
    static const struct kube_options none;
    const struct kube_options *o = options ? options : &none;
    struct call *c = mem_alloc(sizeof *c);
    *c = (struct call){
        .path = str_dup(path),
        .method = o->method && strcmp(o->method, "GET") ? str_dup(o->method) : NULL,
        .body = str_dup(o->body),
        .content_type = str_dup(o->content_type),
        .accept = !o->partial_metadata  ? NULL
                  : is_collection(path) ? PARTIAL_LIST
                                        : PARTIAL,
        .size_max = o->size_max ? o->size_max : SIZE_USUAL,
        .deadline_ms = loop_now_ms(k->loop) + (o->timeout_ms ? o->timeout_ms : TIMEOUT_MS),
        .done = done,
        .arg = arg,
    };
    kube_request_add(k, &c->base, call_drop);
    send_call(c);
    return &c->base;
}
