/* Access reviews: may I? */
#include <string.h>

#include "base/str.h"
#include "sim/api.h"
#include "sim/stamp.h"

#define REVIEWS "/apis/authorization.k8s.io/v1/"

static void send_created(struct sim *s, struct http_exchange *x, struct json_w *j)
{
    size_t size;
    AUTO_FREE char *text = json_w_take(j, &size);
    api_set_headers(s, x);
    http_reply(x, 201, "application/json", text, size);
}

static void begin(struct json_w *j, const char *kind, const json *spec)
{
    json_w_object(j, NULL);
    json_w_str(j, "kind", kind);
    json_w_str(j, "apiVersion", "authorization.k8s.io/v1");
    json_w_object(j, "metadata");
    json_w_end(j);
    json_w_copy(j, "spec", spec);
}

/* ---- the role: that of deploy/agent, and what a script grants beyond it ---- */

static bool is_granted(const struct sim *s, const char *verb, const char *whole)
{
    for (size_t i = 0; i < s->n_granted; i++) {
        const struct access_rule *rule = &s->granted[i];
        if ((str_eq(rule->verb, "*") || str_eq(rule->verb, verb)) &&
            (str_eq(rule->resource, "*") || str_eq(rule->resource, whole)))
            return true;
    }
    return false;
}

static bool is_of_the_role(const char *verb, const char *resource, const char *sub)
{
    static const char *const reads[] = { "get", "list", "watch" };
    bool lease = str_eq(resource, "leases"), secret = str_eq(resource, "secrets") || str_eq(resource, "*");
    if (*sub)
        return str_eq(resource, "pods") && str_eq(sub, "log") && str_eq(verb, "get");
    for (size_t i = 0; i < COUNT(reads); i++)
        if (str_eq(reads[i], verb))
            return !secret;
    return lease && (str_eq(verb, "create") || str_eq(verb, "update"));
}

static bool has_right(const struct sim *s, const char *verb, const char *resource, const char *sub)
{
    AUTO_FREE char *whole = sub && *sub ? str_printf("%s/%s", resource, sub) : str_dup(resource);
    return is_granted(s, verb, whole) ||
           (is_of_the_role(verb, resource, str_or_empty(sub)) && api_allowed(s, verb, resource, sub));
}

static void review_access(struct sim *s, struct http_exchange *x, const json *spec)
{
    const json *attributes = json_get(spec, "resourceAttributes");
    bool allowed = !attributes || has_right(s, str_or_empty(json_get_str(attributes, "verb")),
                                            str_or_empty(json_get_str(attributes, "resource")),
                                            json_get_str(attributes, "subresource"));
    AUTO_JSON_W struct json_w *j = json_w_new();
    begin(j, "SelfSubjectAccessReview", spec);
    json_w_object(j, "status");
    json_w_bool(j, "allowed", allowed);
    if (allowed)
        json_w_str(j, "reason",
                   "RBAC: allowed by ClusterRoleBinding \"aetherius-agent\" of ClusterRole \"aetherius-agent\" to "
                   "ServiceAccount \"aetherius-agent/aetherius\"");
    json_w_end(j);
    json_w_end(j);
    send_created(s, x, j);
}

static void write_rule(struct sim *s, struct json_w *j, const char *group, const char *resource, const char *sub)
{
    static const char *const verbs[] = { "get", "list", "watch", "create", "patch", "update", "delete" };
    AUTO_FREE char *whole = sub ? str_printf("%s/%s", resource, sub) : str_dup(resource);
    bool any = false;
    for (size_t i = 0; i < COUNT(verbs); i++)
        any |= has_right(s, verbs[i], resource, sub);
    if (!any)
        return;
    json_w_object(j, NULL);
    json_w_array(j, "verbs");
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (has_right(s, verbs[i], resource, sub))
            json_w_str(j, NULL, verbs[i]);
    json_w_end(j);
    json_w_array(j, "apiGroups");
    json_w_str(j, NULL, group);
    json_w_end(j);
    json_w_array(j, "resources");
    json_w_str(j, NULL, whole);
    json_w_end(j);
    json_w_end(j);
}

static void review_rules(struct sim *s, struct http_exchange *x, const json *spec)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    begin(j, "SelfSubjectRulesReview", spec);
    json_w_object(j, "status");
    json_w_array(j, "resourceRules");
    for (enum kind k = 0; k < KIND_COUNT; k++)
        write_rule(s, j, kind_rows[k].group, kind_rows[k].resource, NULL);
    write_rule(s, j, "", "pods", "log");
    write_rule(s, j, "metrics.k8s.io", "pods", NULL);
    write_rule(s, j, "metrics.k8s.io", "nodes", NULL);
    json_w_end(j);
    stamp_json(j, "nonResourceRules",
               "[{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"/version\",\"/readyz\",\"/livez\",\"/healthz\",\"/"
               "api\",\"/apis\"]}]");
    json_w_bool(j, "incomplete", false);
    json_w_end(j);
    json_w_end(j);
    send_created(s, x, j);
}

static const struct review {
    const char *path;
    void (*serve)(struct sim *s, struct http_exchange *x, const json *spec);
} reviews[] = {
    { REVIEWS "selfsubjectaccessreviews", review_access },
    { REVIEWS "selfsubjectrulesreviews", review_rules },
};

bool api_review(struct sim *s, struct http_exchange *x, const char *path)
{
    if (!str_eq(http_method(x), "POST"))
        return false;
    for (size_t i = 0; i < COUNT(reviews); i++) {
        if (!str_eq(reviews[i].path, path))
            continue;
        size_t size;
        const char *body = http_body(x, &size), *type = http_header(x, "Content-Type");
        struct err e;
        if (type && strstr(type, "protobuf")) {
            api_status(
                s, x, 415, "UnsupportedMediaType", NULL,
                "the body of the request was in an unknown format - accepted media types include: application/json");
            return true;
        }
        AUTO_JSON struct json_doc *doc = json_parse(body, size, &json_wire_limits, &e);
        if (doc)
            reviews[i].serve(s, x, json_get(json_root(doc), "spec"));
        else
            api_status(s, x, 400, "BadRequest", NULL, "the object provided is unrecognized: %s", e.text);
        return true;
    }
    return false;
}
