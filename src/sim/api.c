#include "sim/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/api_watch.h"
#include "sim/script.h"

#define USER "system:serviceaccount:aetherius:aetherius-agent"

/* ---- the path ---- */

/* Takes "/segment" off *path; "" at the end. */
static bool segment(const char **path, char *out, size_t size)
{
    out[0] = '\0';
    if (**path != '/')
        return false;
    const char *start = ++*path;
    size_t length = strcspn(start, "/");
    *path += length;
    if (length + 1 > size)
        return false;
    str_copy(out, length + 1, start);
    return length > 0;
}

/* "/api/v1/..." and "/apis/GROUP/VERSION/...": 0, 1 for a group that is not there, 2 for a resource that is not. */
static int read_path(struct api_request *r, const char *path)
{
    char root[8], group[128] = "", version[32], resource[64], next[254];
    if (!segment(&path, root, sizeof root) || (!str_eq(root, "api") && !str_eq(root, "apis")))
        return 1;
    if (str_eq(root, "apis") && !segment(&path, group, sizeof group))
        return 1;
    if (!segment(&path, version, sizeof version) || !segment(&path, resource, sizeof resource))
        return 1;
    if (str_eq(resource, "namespaces") && segment(&path, next, sizeof next)) {
        const char *rest = path;
        if (segment(&path, resource, sizeof resource) &&
            kind_find(group, strlen(group), version, strlen(version), resource, strlen(resource)) != KIND_COUNT) {
            str_copy(r->namespace, sizeof r->namespace, next);
        } else { /* a namespace itself */
            path = rest;
            str_copy(resource, sizeof resource, "namespaces");
            str_copy(r->name, sizeof r->name, next);
        }
    }
    r->kind = kind_find(group, strlen(group), version, strlen(version), resource, strlen(resource));
    if (r->kind == KIND_COUNT) {
        for (enum kind k = 0; k < KIND_COUNT; k++)
            if (str_eq(kind_rows[k].group, group) && str_eq(kind_rows[k].version, version))
                return 2;
        return 1;
    }
    if (!r->name[0])
        segment(&path, r->name, sizeof r->name);
    segment(&path, r->sub, sizeof r->sub);
    return *path ? 2 : 0;
}

static const char *verb_of(const struct api_request *r)
{
    static const struct method_verb {
        const char *method, *verb;
    } verbs[] = { { "POST", "create" }, { "PUT", "update" }, { "PATCH", "patch" }, { "DELETE", "delete" } };
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (str_eq(http_method(r->x), verbs[i].method))
            return verbs[i].verb;
    if (r->name[0])
        return "get";
    const char *watch = http_query(r->x, "watch");
    return watch && !str_eq(watch, "false") && !str_eq(watch, "0") ? "watch" : "list";
}

/* ---- access ---- */

bool api_allowed(const struct sim *s, const char *verb, const char *resource, const char *sub)
{
    AUTO_FREE char *whole = sub && *sub ? str_printf("%s/%s", resource, sub) : str_dup(resource);
    for (size_t i = 0; i < s->n_denied; i++)
        if (str_eq(s->denied[i].verb, verb) && str_eq(s->denied[i].resource, whole))
            return false;
    return true;
}

/* Over plain HTTP kubectl sends no token at all; a wrong one is a wrong one anyhow. */
static bool is_known(const struct sim *s, const struct http_exchange *x)
{
    const char *header = http_header(x, "Authorization");
    if (!header && !s->tls.certificate)
        return true;
    return header && str_starts(header, "Bearer ") && str_eq(header + strlen("Bearer "), s->token);
}

static void forbid(const struct api_request *r)
{
    const struct kind_row *row = &kind_rows[r->kind];
    AUTO_FREE char *resource = r->sub[0] ? str_printf("%s/%s", row->resource, r->sub) : str_dup(row->resource);
    AUTO_FREE char *subject = row->group[0] ? str_printf("%s.%s", row->resource, row->group) : str_dup(row->resource);
    AUTO_FREE char *object = r->name[0] ? str_printf("%s \"%s\"", subject, r->name) : str_dup(subject);
    AUTO_FREE char *scope =
        r->namespace[0] ? str_printf("in the namespace \"%s\"", r->namespace) : str_dup("at the cluster scope");
    AUTO_FREE char *details = row->group[0]
                                  ? str_printf("{\"group\":\"%s\",\"kind\":\"%s\"}", row->group, row->resource)
                                  : str_printf("{\"kind\":\"%s\"}", row->resource);
    http_set_header(r->x, "X-Content-Type-Options", "nosniff");
    api_status(r->sim, r->x, 403, "Forbidden", details,
               "%s is forbidden: User \"" USER "\" cannot %s resource \"%s\" in API group \"%s\" %s", object, r->verb,
               resource, row->group, scope);
}

/* ---- faults ---- */

static const struct fault_words {
    int status;
    const char *reason, *message;
} fault_words[] = {
    { 401, "Unauthorized", "Unauthorized" },
    { 403, "Forbidden", "forbidden by the script" },
    { 410, "Expired", "The resourceVersion for the provided list is too old." },
    { 429, "TooManyRequests", "Too many requests, please try again later." },
    { 500, "InternalError", "Internal error occurred: etcdserver: request timed out" },
    { 503, "ServiceUnavailable", "the server is currently unable to handle the request" },
    { 504, "Timeout", "Timeout: request did not complete within the allotted timeout" },
};

static void answer_fault(struct api_request *r, const struct fault *f)
{
    if (f->status == 410 && str_eq(r->verb, "watch")) { /* its other shape */
        AUTO_FREE char *status =
            api_status_text(410, "Expired", NULL, "The resourceVersion for the provided watch is too old.");
        AUTO_BUF struct buf frame = { 0 };
        buf_printf(&frame, "{\"type\":\"ERROR\",\"object\":%s}\n", status);
        api_send(r->sim, r->x, &frame);
        return;
    }
    AUTO_FREE char *retry = f->ms > 0 ? str_printf("%lld", (long long)(f->ms / 1000)) : NULL;
    if (retry)
        http_set_header(r->x, "Retry-After", retry);
    for (size_t i = 0; i < COUNT(fault_words); i++)
        if (fault_words[i].status == f->status) {
            api_status(r->sim, r->x, f->status, fault_words[i].reason, NULL, "%s", fault_words[i].message);
            return;
        }
    api_status(r->sim, r->x, f->status, "Unknown", NULL, "status %d of the script", f->status);
}

static void serve(struct api_request *r);

/* A request that is answered late, or never; a client that left meanwhile is answered into the void. */
struct late {
    struct late *prev, *next;
    struct api_request request;
    struct timer timer;
};

static void drop_late(void *data)
{
    struct late *l = data;
    *(l->prev ? &l->prev->next : &l->request.sim->lates) = l->next;
    if (l->next)
        l->next->prev = l->prev;
    timer_stop(&l->timer);
    free(l);
}

static void on_late(void *arg)
{
    struct late *l = arg;
    struct api_request r = l->request; /* the answer frees l */
    sim_turn(r.sim);
    serve(&r);
}

static void wait_for(struct api_request *r, int64_t ms)
{
    struct late *l = mem_alloc(sizeof *l);
    *l = (struct late){ .next = r->sim->lates, .request = *r };
    if (l->next)
        l->next->prev = l;
    r->sim->lates = l;
    http_attach(r->x, l, drop_late);
    if (ms > 0)
        timer_start(&l->timer, r->sim->loop, ms, on_late, l);
}

void api_forget_late(struct sim *s)
{
    while (s->lates)
        http_reply(s->lates->request.x, 503, NULL, "", 0);
}

/* ---- serving ---- */

static void serve_watch(struct api_request *r)
{
    struct selector selector;
    struct err e;
    AUTO_FREE char *by_name = r->name[0] ? str_printf("metadata.name=%s", r->name) : NULL;
    const char *fields = by_name ? by_name : http_query(r->x, "fieldSelector");
    if (selector_parse(&selector, r->namespace, http_query(r->x, "labelSelector"), fields, &e) != 0) {
        api_status(r->sim, r->x, 400, "BadRequest", NULL, "%s", e.text);
        return;
    }
    api_watch(r, &selector);
}

static const struct verb_row {
    const char *verb;
    void (*serve)(struct api_request *r);
} verb_rows[] = {
    { "list", api_list },   { "watch", serve_watch }, { "get", api_get },       { "create", api_create },
    { "patch", api_patch }, { "update", api_patch },  { "delete", api_delete },
};

static const struct verb_row lease_rows[] = {
    { "create", api_lease_write },
    { "update", api_lease_write },
    { "delete", api_lease_delete },
};

static bool serve_verb(struct api_request *r, const struct verb_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(rows[i].verb, r->verb)) {
            rows[i].serve(r);
            return true;
        }
    return false;
}

static const struct sub_row {
    const char *sub;
    void (*serve)(struct api_request *r);
} sub_rows[] = { { "log", api_log }, { "scale", api_scale } };

static void serve(struct api_request *r)
{
    for (size_t i = 0; i < COUNT(sub_rows); i++)
        if (str_eq(sub_rows[i].sub, r->sub)) {
            sub_rows[i].serve(r);
            return;
        }
    if (r->kind != KIND_LEASE || !serve_verb(r, lease_rows, COUNT(lease_rows)))
        (void)serve_verb(r, verb_rows, COUNT(verb_rows));
}

static void serve_or_fail(struct api_request *r)
{
    struct fault f;
    if (!faults_meet(&r->sim->faults, r->verb, kind_rows[r->kind].resource, false, &f))
        serve(r);
    else if (f.action == FAULT_ANSWER)
        answer_fault(r, &f);
    else
        wait_for(r, f.action == FAULT_HANG ? 0 : f.ms);
}

static void serve_resource(struct sim *s, struct http_exchange *x, const char *path)
{
    struct api_request r = { .sim = s, .x = x };
    int missing = read_path(&r, path);
    if (missing == 1) {
        http_set_header(x, "X-Content-Type-Options", "nosniff");
        api_set_headers(s, x);
        http_reply_static(x, 404, "text/plain; charset=utf-8", "404 page not found\n", 19);
        return;
    }
    if (missing == 2) {
        api_status(s, x, 404, "NotFound", "{}", "the server could not find the requested resource");
        return;
    }
    r.verb = verb_of(&r);
    if (api_allowed(s, r.verb, kind_rows[r.kind].resource, r.sub))
        serve_or_fail(&r);
    else
        forbid(&r);
}

/* ---- the scenario, from outside ---- */

/* POST /sim/say: sentences of a scenario, one a line, carried out now; POST /sim/faults: the same, each beginning with "fault:". */
static void serve_script(struct sim *s, struct http_exchange *x, bool faults_only)
{
    size_t size;
    AUTO_FREE char *body = str_dup(http_body(x, &size));
    struct err e;
    char *rest = body;
    for (char *line; (line = strsep(&rest, "\n"));) {
        line += strspn(line, " \t\r");
        if (!*line)
            continue;
        AUTO_FREE char *sentence =
            faults_only && !str_starts(line, "fault:") ? str_printf("fault: %s", line) : str_dup(line);
        if (script_say(s, sentence, &e) != 0) {
            http_reply_problem(x, 422, "%s", e.text);
            return;
        }
    }
    http_reply(x, 204, NULL, "", 0);
}

static bool is_loopback(const char *peer)
{
    return str_starts(peer, "127.") || str_eq(peer, "::1") || str_eq(peer, "unix");
}

static void handle(struct sim *s, struct http_exchange *x, const char *path)
{
    if (str_starts(path, "/sim/")) {
        bool faults = str_eq(path, "/sim/faults");
        if (!is_loopback(http_peer(x)) || !str_eq(http_method(x), "POST") || (!faults && !str_eq(path, "/sim/say")))
            http_reply_problem(x, 404, "there is nothing at %s", path);
        else
            serve_script(s, x, faults);
        return;
    }
    if (api_discover(s, x, path))
        return;
    if (!is_known(s, x)) {
        api_status(s, x, 401, "Unauthorized", NULL, "Unauthorized");
        return;
    }
    if (api_review(s, x, path))
        return;
    if (str_starts(path, "/apis/metrics.k8s.io/v1beta1/"))
        api_metrics(s, x, path + strlen("/apis/metrics.k8s.io/v1beta1/"));
    else
        serve_resource(s, x, path);
}

void api_handle(void *arg, struct http_exchange *x)
{
    struct sim *s = arg;
    sim_turn(s);
    handle(s, x, http_path(x));
    sim_turn(s);
}
