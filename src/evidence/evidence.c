#include "evidence/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "evidence/collection.h"
#include "evidence/fetch.h"
#include "evidence/scope.h"

#define TIME_MS      10000
#define CALLS_OBJECT 60
#define CALLS_WIDE   2000

struct evidence {
    struct loop *loop;
    char *cluster_id, *object, *namespace_;
    struct collection *collection;
    struct fetch *fetch;
    struct scope *scope; /* one of these two  */
    struct scope_wide *wide;
    int64_t began_ms;
    struct timer fail; /* a request that cannot be carried out is told on a turn of its own */
    struct err err;
    evidence_done done;
    void *arg;
};

static void evidence_free(struct evidence *ev)
{
    timer_stop(&ev->fail);
    if (ev->fetch)
        fetch_free(ev->fetch);
    if (ev->scope)
        scope_free(ev->scope);
    if (ev->wide)
        scope_wide_free(ev->wide);
    if (ev->collection)
        collection_free(ev->collection);
    free(ev->cluster_id);
    free(ev->object);
    free(ev->namespace_);
    free(ev);
}

static void finish(struct evidence *ev, const struct err *err)
{
    struct evidence_counts counts = {
        .calls = ev->fetch ? fetch_calls(ev->fetch) : 0,
        .ms = loop_now_ms(ev->loop) - ev->began_ms,
    };
    AUTO_FREE char *text = NULL;
    size_t size = 0;
    if (!err) {
        if (ev->scope)
            scope_finish(ev->scope);
        else
            scope_wide_finish(ev->wide);
        struct collection_facts facts = {
            .cluster_id = ev->cluster_id,
            .server_version = fetch_server_version(ev->fetch),
            .object = ev->object,
            .namespace_ = ev->namespace_,
            .collected_at_ms = loop_wall_ms(ev->loop),
            .calls = counts.calls,
            .ms = counts.ms,
        };
        text = collection_write(ev->collection, &facts, &size);
        counts.not_checked = collection_not_checked(ev->collection);
        counts.redactions = collection_redactions(ev->collection);
    }
    struct err copy = err ? *err : (struct err){ 0 };
    evidence_done done = ev->done;
    void *arg = ev->arg;
    evidence_free(ev);
    done(arg, str_or_empty(text), size, &counts, err ? &copy : NULL);
}

static void on_idle(void *arg, const struct err *err)
{
    struct evidence *ev = arg;
    if (!err && ev->scope && scope_follow(ev->scope))
        return;
    finish(ev, err);
}

static void on_fail(void *arg)
{
    struct evidence *ev = arg;
    struct err err = ev->err;
    finish(ev, &err);
}

/* "namespace//shop" is the namespace with all that is in it. */
static void start_object(struct evidence *ev, const struct kube_kind *kind, const struct bundle_ref *ref,
                         const struct evidence_request *r)
{
    if (!strcmp(kind->singular, "namespace"))
        ev->wide = scope_wide(ev->fetch, ev->collection, ref->name, r->no_logs);
    else
        ev->scope = scope_object(ev->fetch, ev->collection, kind, ref, r);
}

static int read_request(const struct evidence_request *r, const struct kube_kind **kind, struct bundle_ref *ref,
                        struct err *e)
{
    *kind = NULL;
    if (!r->object)
        return r->namespace_ && *r->namespace_ && !str_is_dns_label(r->namespace_)
                   ? err_set(e, ERR_INVALID, "\"%s\" is no name of a namespace", r->namespace_)
                   : 0;
    if (bundle_ref_parse(r->object, ref))
        return err_set(e, ERR_INVALID,
                       "\"%s\" names no object: kind/namespace/name is expected, as pod/shop/cart-1 or node//worker-1",
                       r->object);
    *kind = kube_kind_find(ref->kind);
    if (!*kind)
        return err_set(e, ERR_INVALID, "objects of the kind \"%s\" are not known", ref->kind);
    if ((*kind)->namespaced != (ref->namespace_[0] != '\0'))
        return err_set(e, ERR_INVALID, (*kind)->namespaced ? "a %s needs a namespace" : "a %s has no namespace",
                       (*kind)->singular);
    return 0;
}

struct evidence *evidence_collect(struct kube *k, struct loop *l, const struct evidence_request *r, evidence_done done,
                                  void *arg)
{
    struct evidence *ev = mem_alloc(sizeof *ev);
    *ev = (struct evidence){
        .loop = l,
        .cluster_id = str_dup(r->cluster_id),
        .object = str_dup(r->object),
        .namespace_ = r->namespace_ && *r->namespace_ ? str_dup(r->namespace_) : NULL,
        .began_ms = loop_now_ms(l),
        .done = done,
        .arg = arg,
    };
    const struct kube_kind *kind;
    struct bundle_ref ref;
    if (read_request(r, &kind, &ref, &ev->err)) {
        timer_start(&ev->fail, l, 0, on_fail, ev);
        return ev;
    }
    if (kind) { /* as wire/bundle.h has it, whatever name the kind was called by */
        free(ev->object);
        ev->object = str_printf("%s/%s/%s", kind->singular, ref.namespace_, ref.name);
    }
    bool wide = !kind || !strcmp(kind->singular, "namespace");
    size_t size_max = r->size_max ? r->size_max : wide ? BUNDLE_ALL_MAX : BUNDLE_SIZE_MAX;
    struct fetch_limits limits = {
        .calls_max = r->calls_max ? r->calls_max
                     : wide       ? CALLS_WIDE
                                  : CALLS_OBJECT,
        .time_ms = r->timeout_ms ? r->timeout_ms : TIME_MS,
    };
    ev->collection = collection_new(size_max, wide);
    ev->fetch = fetch_new(k, l, ev->collection, &limits, on_idle, ev);
    if (kind)
        start_object(ev, kind, &ref, r);
    else
        ev->wide = scope_wide(ev->fetch, ev->collection, r->namespace_, r->no_logs);
    return ev;
}

void evidence_cancel(struct evidence *ev)
{
    if (ev)
        evidence_free(ev);
}
