/* Lists and single objects: snapshots, pages, selectors, metadata only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypt.h"
#include "base/str.h"
#include "sim/api.h"
#include "sim/api_watch.h"
#include "sim/selector.h"

#define TOKEN_MAX 2048

bool api_wants_metadata(const struct http_exchange *x)
{
    const char *accepted = http_header(x, "Accept");
    return accepted && strstr(accepted, "as=PartialObjectMetadata");
}

static void add_metadata(struct buf *out, const struct revision *r, bool with_kind)
{
    AUTO_JSON struct json_doc *doc = json_parse(r->text, r->size, &json_object_limits, NULL);
    AUTO_FREE char *metadata = json_text(json_get(json_root(doc), "metadata"), NULL);
    buf_printf(out, "{%s\"metadata\":%s}",
               with_kind ? "\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\"," : "", metadata);
}

void api_add_object(struct buf *out, const struct revision *r, enum api_form form, bool metadata_only)
{
    if (metadata_only) {
        add_metadata(out, r, true);
        return;
    }
    if (form == FORM_WHOLE) {
        buf_printf(out, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", kind_rows[r->object->kind].name,
                   kind_api_version(r->object->kind));
        buf_add(out, r->text + 1, r->size - 1);
    } else {
        buf_add(out, r->text, r->size);
    }
}

void api_get(struct api_request *r)
{
    const struct object *o = history_find(r->sim->world->history, r->kind, r->namespace, r->name);
    if (!o) {
        api_not_found(r);
        return;
    }
    AUTO_BUF struct buf out = { 0 };
    api_add_object(&out, o->newest, FORM_WHOLE, api_wants_metadata(r->x));
    buf_char(&out, '\n');
    api_set_headers(r->sim, r->x);
    http_reply(r->x, 200, "application/json", out.data, out.size);
    oracle_handed(r->sim->oracle, o->newest, r->sim->world->now_ms);
}

/* ---- continue ---- */

/* The token is the real one's: base64 of {"v":"meta.k8s.io/v1","rv":N,"start":"namespace/name\u0000"}. */
static char *make_token(int64_t version, const struct object *last)
{
    AUTO_FREE char *plain = str_printf("{\"v\":\"meta.k8s.io/v1\",\"rv\":%lld,\"start\":\"%s%s%s\\u0000\"}",
                                       (long long)version, last->namespace, last->namespace[0] ? "/" : "", last->name);
    size_t size = strlen(plain);
    char *token = mem_alloc(4 * ((size + 2) / 3) + 1);
    crypt_base64(plain, size, token);
    for (char *c = token; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    token[strcspn(token, "=")] = '\0';
    return token;
}

struct place {
    int64_t version;                /* -1: an inconsistent rest, from the present */
    char namespace[254], name[254]; /* behind this one */
};

static int read_token(const char *token, struct place *place)
{
    char padded[TOKEN_MAX + 4], plain[TOKEN_MAX];
    size_t size = strlen(token);
    if (size >= TOKEN_MAX)
        return -1;
    memcpy(padded, token, size);
    while (size % 4)
        padded[size++] = '=';
    padded[size] = '\0';
    for (char *c = padded; *c; c++)
        *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
    if (crypt_unbase64(padded, plain, sizeof plain, &size) != 0)
        return -1;
    AUTO_JSON struct json_doc *doc = json_parse(plain, size, &json_wire_limits, NULL);
    json *start = json_get(json_root(doc), "start");
    if (!json_str(start))
        return -1;
    place->version = json_get_int(json_root(doc), "rv", 0);
    const char *key = json_str(start), *slash = strchr(key, '/');
    str_copy(place->namespace, slash && (size_t)(slash - key) < sizeof place->namespace ? (size_t)(slash - key) + 1 : 1,
             key);
    str_copy(place->name, sizeof place->name, slash ? slash + 1 : key);
    return 0;
}

/* ---- the list ---- */

struct list {
    struct api_request *request;
    struct selector selector;
    uint64_t version;
    int64_t token_version;
    int64_t limit;
    struct place after;
    bool paged, metadata_only;
    struct buf items;
    int64_t count, remaining;
    const struct object *last;
};

static bool is_after(const struct object *o, const struct place *p)
{
    int order = strcmp(o->namespace, p->namespace);
    return order > 0 || (order == 0 && strcmp(o->name, p->name) > 0);
}

static void collect(struct list *l)
{
    struct sim *s = l->request->sim;
    size_t count;
    struct object *const *objects = history_objects(s->world->history, l->request->kind, &count);
    for (size_t i = 0; i < count; i++) {
        struct object *o = objects[i];
        struct revision *r = o->newest ? history_state(o, l->version) : NULL;
        if (!r || (l->paged && !is_after(o, &l->after)) || !selector_takes(&l->selector, r))
            continue;
        if (l->limit > 0 && l->count == l->limit) {
            l->remaining++;
            continue;
        }
        if (l->count++ > 0)
            buf_char(&l->items, ',');
        api_add_object(&l->items, r, FORM_ITEM, l->metadata_only);
        l->last = o;
        oracle_handed(s->oracle, r, s->world->now_ms);
    }
}

static void send_list(struct list *l)
{
    struct api_request *r = l->request;
    const struct kind_row *row = &kind_rows[r->kind];
    AUTO_BUF struct buf out = { 0 };
    if (l->metadata_only)
        buf_str(&out, "{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/v1\"");
    else
        buf_printf(&out, "{\"kind\":\"%sList\",\"apiVersion\":\"%s\"", row->name, kind_api_version(r->kind));
    buf_printf(&out, ",\"metadata\":{\"resourceVersion\":\"%llu\"", (unsigned long long)l->version);
    if (l->remaining > 0) {
        AUTO_FREE char *token = make_token(l->token_version, l->last);
        buf_printf(&out, ",\"continue\":\"%s\"", token);
        if (l->selector.n_terms == 0)
            buf_printf(&out, ",\"remainingItemCount\":%lld", (long long)l->remaining);
    }
    buf_str(&out, "},\"items\":[");
    buf_add(&out, l->items.data, l->items.size);
    buf_str(&out, "]}\n");
    if (l->count > 0) {
        api_send(r->sim, r->x, &out);
        return;
    }
    api_set_headers(r->sim, r->x);
    http_reply(r->x, 200, "application/json", out.data, out.size);
}

static void say_expired(struct list *l)
{
    struct object last = { .namespace = l->after.namespace, .name = l->after.name };
    AUTO_FREE char *token = make_token(-1, &last);
    AUTO_FREE char *text =
        str_printf("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"%s\"},\"status\":"
                   "\"Failure\",\"message\":\"The provided continue parameter is too old to "
                   "display a consistent list result. You can start a new list without the continue parameter, or use "
                   "the continue token in this response to retrieve the remainder of "
                   "the results. Continuing with the provided token results in an inconsistent list - objects that "
                   "were created, modified, or deleted between the time the first chunk "
                   "was returned and now may show up in the list.\",\"reason\":\"Expired\",\"code\":410}\n",
                   token);
    api_set_headers(l->request->sim, l->request->x);
    http_reply(l->request->x, 410, "application/json", text, strlen(text));
}

/* 0, or 1 when the request is answered. */
static int continue_list(struct list *l, const char *token)
{
    struct sim *s = l->request->sim;
    if (read_token(token, &l->after) != 0) {
        api_status(s, l->request->x, 400, "BadRequest", NULL,
                   "invalid continue token: continue key is not valid: illegal base64 data at input byte 4");
        return 1;
    }
    l->paged = true;
    l->token_version = l->after.version;
    if (l->after.version < 0)
        return 0;
    if ((uint64_t)l->after.version < history_compacted(s->world->history)) {
        say_expired(l);
        return 1;
    }
    l->version = (uint64_t)l->after.version;
    return 0;
}

static void say_too_new(struct list *l, uint64_t wanted)
{
    struct sim *s = l->request->sim;
    bool cached = kind_rows[l->request->kind].cached;
    if (cached)
        http_set_header(l->request->x, "Retry-After", "1");
    api_status(
        s, l->request->x, 504, "Timeout",
        cached ? "{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\",\"message\":\"Too large resource "
                 "version\"}],\"retryAfterSeconds\":1}"
               : "{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\",\"message\":\"Too large resource version\"}]}",
        "Timeout: Too large resource version: %llu, current: %llu", (unsigned long long)wanted,
        (unsigned long long)l->version);
}

/* 0, or 1 when the request is answered. */
static int start_list(struct list *l, const char *version)
{
    struct sim *s = l->request->sim;
    uint64_t newest = history_version(s->world->history);
    l->version = newest;
    l->token_version = (int64_t)newest;
    if (!version || !*version || str_eq(version, "0"))
        return 0;
    char *end;
    uint64_t wanted = strtoull(version, &end, 10);
    if (*end) {
        api_status(s, l->request->x, 400, "BadRequest", NULL,
                   "invalid resource version: resourceVersion: Invalid value: \"%s\": strconv.ParseUint: parsing "
                   "\"%s\": invalid syntax",
                   version, version);
        return 1;
    }
    if (wanted > newest) {
        say_too_new(l, wanted);
        return 1;
    }
    if (!str_eq(http_query(l->request->x, "resourceVersionMatch"), "Exact"))
        return 0;
    if (wanted < history_compacted(s->world->history)) {
        api_status(s, l->request->x, 410, "Expired", NULL, "The resourceVersion for the provided list is too old.");
        return 1;
    }
    l->version = wanted;
    l->token_version = (int64_t)wanted;
    return 0;
}

void api_list(struct api_request *r)
{
    struct list l = { .request = r, .metadata_only = api_wants_metadata(r->x) };
    struct err e;
    if (selector_parse(&l.selector, r->namespace, http_query(r->x, "labelSelector"), http_query(r->x, "fieldSelector"),
                       &e) != 0) {
        api_status(r->sim, r->x, 400, "BadRequest", NULL, "%s", e.text);
        return;
    }
    const char *limit = http_query(r->x, "limit"), *token = http_query(r->x, "continue");
    l.limit = limit ? strtoll(limit, NULL, 10) : 0;
    int answered = start_list(&l, token && *token ? NULL : http_query(r->x, "resourceVersion"));
    if (!answered && token && *token)
        answered = continue_list(&l, token);
    if (!answered) {
        collect(&l);
        send_list(&l);
    }
    buf_fini(&l.items);
    selector_fini(&l.selector);
}
