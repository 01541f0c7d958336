#include "evidence/collector.h"

#include <stdlib.h>

#include "base/str.h"
#include "evidence/floods.h"

struct wish {
    struct wish *next;
    struct root *root;
    bool begun; /* the collection under way is for it */
    evidence_done done;
    void *arg;
};

struct root {
    struct root *next;
    struct collector *collector;
    struct evidence_request request; /* with texts of its own                          */
    struct wish *wishes;             /* oldest first                                   */
    struct evidence *running;
    bool begun;
    int64_t began_ms;
    struct timer turn; /* begins the next one, or forgets the root              */
};

struct collector {
    struct kube *kube;
    struct loop *loop;
    int64_t pause_ms;
    struct root *roots;
    struct floods floods;
};

struct collector *collector_new(struct kube *k, struct loop *l, int64_t pause_ms)
{
    struct collector *c = mem_alloc(sizeof *c);
    *c = (struct collector){ .kube = k, .loop = l, .pause_ms = pause_ms, .floods.loop = l };
    return c;
}

static void forget(struct root *r)
{
    struct root **at = &r->collector->roots;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    timer_stop(&r->turn);
    free((char *)(uintptr_t)r->request.cluster_id);
    free((char *)(uintptr_t)r->request.object);
    free((char *)(uintptr_t)r->request.namespace_);
    free(r);
}

void collector_free(struct collector *c)
{
    if (!c)
        return;
    while (c->roots)
        forget(c->roots);
    free(c);
}

static struct root *root_of(struct collector *c, const struct evidence_request *request)
{
    for (struct root *r = c->roots; r; r = r->next)
        if (str_eq(r->request.object, request->object) && str_eq(r->request.namespace_, request->namespace_) &&
            r->request.size_max == request->size_max)
            return r;
    struct root *r = mem_alloc(sizeof *r);
    *r = (struct root){ .next = c->roots, .collector = c, .request = *request };
    r->request.cluster_id = str_dup(request->cluster_id);
    r->request.object = str_dup(request->object);
    r->request.namespace_ = str_dup(request->namespace_);
    r->request.timeout_ms = 0;
    r->request.floods = &c->floods;
    c->roots = r;
    return r;
}

/* --- one after the other ------------------------------------------------------------------------------------------ */

static void begin(struct root *r);

static void on_turn(void *arg)
{
    struct root *r = arg;
    if (r->wishes)
        begin(r);
    else
        forget(r);
}

/* When nothing of the root is under way: the next collection, or its end, once the pause is over. */
static void go_on(struct root *r)
{
    const struct collector *c = r->collector;
    timer_start(&r->turn, c->loop, r->begun ? r->began_ms + c->pause_ms - loop_now_ms(c->loop) : 0, on_turn, r);
}

static struct wish *take_begun(struct root *r)
{
    for (struct wish **at = &r->wishes; *at; at = &(*at)->next)
        if ((*at)->begun) {
            struct wish *w = *at;
            *at = w->next;
            return w;
        }
    return NULL;
}

static void on_done(void *arg, const char *text, size_t size, const struct evidence_counts *counts,
                    const struct err *err)
{
    struct root *r = arg;
    r->running = NULL;
    for (struct wish *w; (w = take_begun(r));) {
        w->done(w->arg, text, size, counts, err);
        free(w);
    }
    go_on(r);
}

static void begin(struct root *r)
{
    r->begun = true;
    r->began_ms = loop_now_ms(r->collector->loop);
    for (struct wish *w = r->wishes; w; w = w->next)
        w->begun = true;
    r->running = evidence_collect(r->collector->kube, r->collector->loop, &r->request, on_done, r);
    r->request.timeout_ms = 0;
}

struct wish *collector_ask(struct collector *c, const struct evidence_request *request, evidence_done done, void *arg)
{
    struct root *r = root_of(c, request);
    struct wish *w = mem_alloc(sizeof *w), **last = &r->wishes;
    *w = (struct wish){ .root = r, .done = done, .arg = arg };
    while (*last)
        last = &(*last)->next;
    *last = w;
    if (r->request.timeout_ms < request->timeout_ms)
        r->request.timeout_ms = request->timeout_ms;
    if (!r->running)
        go_on(r);
    return w;
}

void collector_cancel(struct wish *w)
{
    struct root *r = w->root;
    struct wish **at = &r->wishes;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    free(w);
    for (w = r->wishes; w; w = w->next)
        if (w->begun)
            return; /* somebody else waits for the same one */
    evidence_cancel(r->running);
    r->running = NULL;
    go_on(r);
}
