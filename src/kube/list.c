/* A list, page by page. */
#include "kube/kube.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "kube/client.h"

#define PAGE_ITEMS   500
#define PAGE_BYTES   ((size_t)16 << 20)
#define PAGE_MS      30000
#define PAGES_MAX    20000 /* ten million objects: a server that never comes to an end is given up */
#define RESTARTS_MAX 3     /* after a continue token has expired                                   */

struct list {
    struct kube_request base;
    const struct kube_kind *kind;
    char *path, *query;
    char *token;   /* of the next page, or NULL for the first */
    char *version; /* of the list, NULL before the first page */
    int page_items, pages, restarts;
    bool paused, waiting; /* waiting: the next page is due once the pause is over */
    bool handing;         /* items are being handed out: it must not be freed     */
    bool dropped;
    struct kube_request *call;
    struct timer fail;
    struct kube_list_handlers handlers;
    void *arg;
};

static void ask(struct list *l);

static void list_free(struct list *l)
{
    timer_stop(&l->fail);
    free(l->path);
    free(l->query);
    free(l->token);
    free(l->version);
    free(l);
}

static void list_drop(struct kube_request *r)
{
    struct list *l = (struct list *)r;
    kube_cancel(l->call);
    l->call = NULL;
    kube_request_remove(r);
    l->dropped = true;
    if (!l->handing)
        list_free(l);
}

static void finish(struct list *l, const struct err *err)
{
    kube_request_remove(&l->base);
    if (l->handlers.done)
        l->handlers.done(l->arg, str_or_empty(l->version), err);
    list_free(l);
}

/* Items of lists come without kind and apiVersion: they get them here, so that an object is the same wherever it
 * came from. */
static struct json_doc *complete(const struct kube_kind *kind, const json *item, struct err *e)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "kind", kind->kind);
    AUTO_FREE char *group_version =
        *kind->group ? str_printf("%s/%s", kind->group, kind->version) : str_dup(kind->version);
    json_w_str(w, "apiVersion", group_version);
    for (struct json_iter i = json_iter(item); json_next(&i);)
        if (strcmp(i.key, "kind") && strcmp(i.key, "apiVersion"))
            json_w_copy(w, i.key, i.value);
    json_w_end(w);
    size_t size;
    AUTO_FREE char *text = json_w_take(w, &size);
    return json_parse(text, size, &json_list_limits, e);
}

/* 1 when the list was dropped meanwhile. */
static int hand_out(struct list *l, const json *items, struct err *e)
{
    l->handing = true;
    int outcome = 0;
    for (struct json_iter i = json_iter(items); !outcome && !l->dropped && json_next(&i);) {
        if (!json_is_object(i.value)) {
            outcome = err_set(e, ERR_INVALID, "an item of the list of %s is no object", l->kind->plural);
            break;
        }
        AUTO_JSON struct json_doc *object = complete(l->kind, i.value, e);
        if (!object)
            outcome = err_wrap(e, "an item of the list of %s", l->kind->plural);
        else if (l->handlers.item)
            l->handlers.item(l->arg, json_root(object));
    }
    l->handing = false;
    if (l->dropped) {
        list_free(l);
        return 1;
    }
    return outcome;
}

/* True when a page that failed is asked for in another way. */
static bool ask_otherwise(struct list *l, const struct err *err)
{
    if (err->kind == ERR_TOO_LARGE && l->page_items > 1) {
        l->page_items = (l->page_items + 3) / 4;
    } else if (err->kind == ERR_EXPIRED && l->token && l->restarts < RESTARTS_MAX) {
        /* From the start, since the server offers only an inconsistent rest. A page that is worked through sooner
         * leaves less time to the next. */
        l->restarts++;
        l->page_items = (l->page_items + 1) / 2;
        free(l->token);
        free(l->version);
        l->token = l->version = NULL;
    } else {
        return false;
    }
    ask(l);
    return true;
}

/* Takes what names the next page.  1 when there is one. */
static int next_page(struct list *l, const json *page, struct err *e)
{
    const char *version = json_at_str(page, "metadata.resourceVersion"),
               *token = json_at_str(page, "metadata.continue");
    if (!l->version && !(version && *version))
        return err_set(e, ERR_INVALID, "the list of %s has no resourceVersion", l->kind->plural);
    if (!l->version)
        l->version = str_dup(version);
    if (!token || !*token)
        return 0;
    if (str_eq(token, l->token) || ++l->pages >= PAGES_MAX)
        return err_set(e, ERR_INVALID, "the list of %s does not come to an end", l->kind->plural);
    free(l->token);
    l->token = str_dup(token);
    return 1;
}

static void on_page(void *arg, const struct kube_answer *answer)
{
    struct list *l = arg;
    l->call = NULL;
    struct err e = { 0 };
    if (answer->err) {
        if (!ask_otherwise(l, answer->err))
            finish(l, answer->err);
        return;
    }
    if (!json_is_object(answer->object)) {
        err_set(&e, ERR_INVALID, "the list of %s is no object", l->kind->plural);
        finish(l, &e);
        return;
    }
    int more = next_page(l, answer->object, &e);
    int handed = more < 0 ? -1 : hand_out(l, json_get(answer->object, "items"), &e);
    if (handed > 0)
        return; /* dropped */
    if (handed < 0)
        finish(l, &e);
    else if (!more)
        finish(l, NULL);
    else if (l->paused)
        l->waiting = true;
    else
        ask(l);
}

static void ask(struct list *l)
{
    AUTO_FREE char *token = l->token ? http_escape(l->token) : NULL;
    AUTO_FREE char *path = str_printf("%s?limit=%d%s%s%s%s", l->path, l->page_items, token ? "&continue=" : "",
                                      token ? token : "", l->query ? "&" : "", str_or_empty(l->query));
    struct kube_options options = { .timeout_ms = PAGE_MS, .size_max = PAGE_BYTES };
    l->call = kube_call(l->base.kube, path, &options, on_page, l);
}

static void on_no_path(void *arg)
{
    struct list *l = arg;
    struct err e;
    err_set(&e, ERR_INVALID, "that is no name of a namespace");
    finish(l, &e);
}

struct kube_request *kube_list(struct kube *k, const struct kube_kind *kind, const char *namespace_, const char *query,
                               const struct kube_list_handlers *handlers, void *arg)
{
    struct list *l = mem_alloc(sizeof *l);
    *l = (struct list){
        .kind = kind,
        .path = kube_path(kind, namespace_, NULL),
        .query = query && *query ? str_dup(query) : NULL,
        .page_items = PAGE_ITEMS,
        .handlers = *handlers,
        .arg = arg,
    };
    kube_request_add(k, &l->base, list_drop);
    k->counts.lists++;
    if (l->path)
        ask(l);
    else
        timer_start(&l->fail, k->loop, 0, on_no_path, l);
    return &l->base;
}

void kube_list_pause(struct kube_request *list, bool pause)
{
    struct list *l = (struct list *)list;
    l->paused = pause;
    if (!pause && l->waiting) {
        l->waiting = false;
        ask(l);
    }
}
