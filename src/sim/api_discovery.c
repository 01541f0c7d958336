/* What a client asks before it asks for anything: versions, health, the list of resources. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/api.h"

static void send_json(struct sim *s, struct http_exchange *x, int status, struct json_w *j)
{
    size_t size;
    AUTO_FREE char *text = json_w_take(j, &size);
    api_set_headers(s, x);
    http_reply(x, status, "application/json", text, size);
}

static void send_version(struct sim *s, struct http_exchange *x, const char *path)
{
    (void)path;
    char major[8] = "1", minor[8] = "36";
    const char *dot = strchr(s->world->version, '.');
    if (s->world->version[0] == 'v' && dot) {
        str_copy(major,
                 (size_t)(dot - s->world->version) < sizeof major ? (size_t)(dot - s->world->version) : sizeof major,
                 s->world->version + 1);
        size_t size = strcspn(dot + 1, ".");
        str_copy(minor, size + 1 < sizeof minor ? size + 1 : sizeof minor, dot + 1);
    }
    char before[24]; /* a server is compatible with the version before its own */
    snprintf(before, sizeof before, "%ld", strtol(minor, NULL, 10) - 1);
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    json_w_str(j, "major", major);
    json_w_str(j, "minor", minor);
    json_w_str(j, "emulationMajor", major);
    json_w_str(j, "emulationMinor", minor);
    json_w_str(j, "minCompatibilityMajor", major);
    json_w_str(j, "minCompatibilityMinor", before);
    json_w_str(j, "gitVersion", s->world->version);
    json_w_str(j, "gitCommit", "0000000000000000000000000000000000000000");
    json_w_str(j, "gitTreeState", "clean");
    json_w_str(j, "buildDate", "2026-01-01T00:00:00Z");
    json_w_str(j, "goVersion", "go1.26.8");
    json_w_str(j, "compiler", "gc");
    json_w_str(j, "platform", "linux/amd64");
    json_w_end(j);
    send_json(s, x, 200, j);
}

static void send_health(struct sim *s, struct http_exchange *x, const char *path)
{
    static const char verbose[] =
        "[+]ping ok\n[+]log ok\n[+]etcd ok\n[+]etcd-readiness ok\n[+]informer-sync ok\n[+]shutdown ok\n";
    AUTO_FREE char *long_text = str_printf("%s%s check passed\n", verbose, path + 1);
    bool wants_long = http_query(x, "verbose") != NULL;
    http_set_header(x, "X-Content-Type-Options", "nosniff");
    api_set_headers(s, x);
    http_reply(x, 200, "text/plain; charset=utf-8", wants_long ? long_text : "ok", wants_long ? strlen(long_text) : 2);
}

static void send_api(struct sim *s, struct http_exchange *x, const char *path)
{
    (void)path;
    static const char text[] = "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],\"serverAddressByClientCIDRs\":[{"
                               "\"clientCIDR\":\"0.0.0.0/0\",\"serverAddress\":\"10.0.0.1:6443\"}]}\n";
    api_set_headers(s, x);
    http_reply_static(x, 200, "application/json", text, sizeof text - 1);
}

static bool first_of_group(enum kind kind)
{
    for (enum kind k = 0; k < kind; k++)
        if (str_eq(kind_rows[k].group, kind_rows[kind].group))
            return false;
    return kind_rows[kind].group[0];
}

static void write_group(struct json_w *j, const char *group, const char *version)
{
    AUTO_FREE char *both = str_printf("%s/%s", group, version);
    json_w_object(j, NULL);
    json_w_str(j, "name", group);
    json_w_array(j, "versions");
    json_w_object(j, NULL);
    json_w_str(j, "groupVersion", both);
    json_w_str(j, "version", version);
    json_w_end(j);
    json_w_end(j);
    json_w_object(j, "preferredVersion");
    json_w_str(j, "groupVersion", both);
    json_w_str(j, "version", version);
    json_w_end(j);
    json_w_end(j);
}

static void send_groups(struct sim *s, struct http_exchange *x, const char *path)
{
    (void)path;
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    json_w_str(j, "kind", "APIGroupList");
    json_w_str(j, "apiVersion", "v1");
    json_w_array(j, "groups");
    for (enum kind k = 0; k < KIND_COUNT; k++)
        if (first_of_group(k))
            write_group(j, kind_rows[k].group, kind_rows[k].version);
    write_group(j, "authorization.k8s.io", "v1");
    write_group(j, "metrics.k8s.io", "v1beta1");
    json_w_end(j);
    json_w_end(j);
    send_json(s, x, 200, j);
}

static void write_resource(struct json_w *j, const char *name, const struct kind_row *row, const char *const *verbs,
                           size_t count)
{
    json_w_object(j, NULL);
    json_w_str(j, "name", name);
    json_w_str(j, "singularName", row->singular);
    json_w_bool(j, "namespaced", row->namespaced);
    json_w_str(j, "kind", row->name);
    json_w_array(j, "verbs");
    for (size_t i = 0; i < count; i++)
        json_w_str(j, NULL, verbs[i]);
    json_w_end(j);
    json_w_end(j);
}

/* What is served without being stored. */
static const struct virtual_row {
    const char *api_version, *resource;
    struct kind_row row;
    const char *const verbs[3];
    size_t n_verbs;
} virtual_rows[] = {
    { "v1", "pods/log", { .name = "Pod", .singular = "", .namespaced = true }, { "get" }, 1 },
    { "v1", "pods/eviction", { .name = "Eviction", .singular = "", .namespaced = true }, { "create" }, 1 },
    { "apps/v1",
      "deployments/scale",
      { .name = "Scale", .singular = "", .namespaced = true },
      { "get", "patch", "update" },
      3 },
    { "apps/v1",
      "statefulsets/scale",
      { .name = "Scale", .singular = "", .namespaced = true },
      { "get", "patch", "update" },
      3 },
    { "authorization.k8s.io/v1",
      "selfsubjectaccessreviews",
      { .name = "SelfSubjectAccessReview", .singular = "selfsubjectaccessreview" },
      { "create" },
      1 },
    { "authorization.k8s.io/v1",
      "selfsubjectrulesreviews",
      { .name = "SelfSubjectRulesReview", .singular = "selfsubjectrulesreview" },
      { "create" },
      1 },
    { "metrics.k8s.io/v1beta1", "nodes", { .name = "NodeMetrics", .singular = "" }, { "get", "list" }, 2 },
    { "metrics.k8s.io/v1beta1",
      "pods",
      { .name = "PodMetrics", .singular = "", .namespaced = true },
      { "get", "list" },
      2 },
};

/* "/api/v1", "/apis/apps/v1": false when there is no such group. */
static bool send_resources(struct sim *s, struct http_exchange *x, const char *path)
{
    static const char *const verbs[] = { "create", "delete", "get", "list", "patch", "update", "watch" };
    const char *api_version = str_starts(path, "/apis/") ? path + strlen("/apis/") : path + strlen("/api/");
    if (!str_starts(path, "/apis/") && !str_eq(path, "/api/v1"))
        return false;
    AUTO_JSON_W struct json_w *j = json_w_new();
    bool any = false;
    json_w_object(j, NULL);
    json_w_str(j, "kind", "APIResourceList");
    if (!str_eq(path, "/api/v1")) /* the oldest list of all does without */
        json_w_str(j, "apiVersion", "v1");
    json_w_str(j, "groupVersion", api_version);
    json_w_array(j, "resources");
    for (enum kind k = 0; k < KIND_COUNT; k++) {
        if (!str_eq(kind_api_version(k), api_version))
            continue;
        any = true;
        write_resource(j, kind_rows[k].resource, &kind_rows[k], verbs, COUNT(verbs));
    }
    for (size_t i = 0; i < COUNT(virtual_rows); i++) {
        const struct virtual_row *v = &virtual_rows[i];
        if (!str_eq(v->api_version, api_version))
            continue;
        any = true;
        write_resource(j, v->resource, &v->row, v->verbs, v->n_verbs);
    }
    json_w_end(j);
    json_w_end(j);
    if (any)
        send_json(s, x, 200, j);
    return any;
}

static const struct fixed {
    const char *path;
    void (*send)(struct sim *s, struct http_exchange *x, const char *path);
} fixed[] = {
    { "/version", send_version }, { "/readyz", send_health }, { "/livez", send_health },
    { "/healthz", send_health },  { "/api", send_api },       { "/apis", send_groups },
};

bool api_discover(struct sim *s, struct http_exchange *x, const char *path)
{
    if (!str_eq(http_method(x), "GET"))
        return false;
    for (size_t i = 0; i < COUNT(fixed); i++)
        if (str_eq(fixed[i].path, path)) {
            fixed[i].send(s, x, path);
            return true;
        }
    return send_resources(s, x, path);
}
