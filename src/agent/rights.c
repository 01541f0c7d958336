#include "agent/rights.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "kube/access_review.h"

#define AGAIN_MS 600000
#define RETRY_MS 15000

enum answer { UNKNOWN, ALLOWED, DENIED };

#define WATCHING  "deploy/agent/rbac.yaml"
#define DIAGNOSIS "deploy/agent/rbac-diagnose.yaml"

/* What the agent uses; WATCHING and DIAGNOSIS grant these and the reads of the command grammar. */
static const struct row {
    const char *capability, *verb, *group, *resource, *subresource;
    bool needed;                  /* without it the capability is not there */
    const char *remedy;           /* the manifest that grants it             */
    const char *danger;           /* not NULL: no agent must have it; what it opens */
} rows[] = {
    { "event_watch", "watch", "", "events", "", true, WATCHING },
    { "event_watch", "list", "", "events", "", true, WATCHING },
    { "state_watch", "watch", "", "pods", "", true, WATCHING },
    { "state_watch", "watch", "", "nodes", "", false, WATCHING },
    { "state_watch", "watch", "apps", "deployments", "", false, WATCHING },
    { "state_watch", "watch", "apps", "statefulsets", "", false, WATCHING },
    { "state_watch", "watch", "apps", "daemonsets", "", false, WATCHING },
    { "state_watch", "watch", "batch", "jobs", "", false, WATCHING },
    { "state_watch", "watch", "", "persistentvolumeclaims", "", false, WATCHING },
    { "state_watch", "watch", "", "services", "", false, WATCHING },
    { "state_watch", "watch", "discovery.k8s.io", "endpointslices", "", false, WATCHING },
    { "metrics_collect", "list", "metrics.k8s.io", "nodes", "", false, WATCHING },
    { "metrics_collect", "list", "metrics.k8s.io", "pods", "", false, WATCHING },
    { "command_execute", "get", "", "pods", "", true, WATCHING },
    { "command_execute", "get", "", "pods", "log", false, WATCHING },
    { "evidence_collect", "get", "", "pods", "", true, WATCHING },
    { "evidence_collect", "get", "", "pods", "log", false, WATCHING },
    { "evidence_collect", "get", "", "configmaps", "", false, DIAGNOSIS },
    { "evidence_collect", "get", "apps", "replicasets", "", false, DIAGNOSIS },
    { "evidence_collect", "list", "networking.k8s.io", "networkpolicies", "", false, DIAGNOSIS },
    { "evidence_collect", "list", "storage.k8s.io", "storageclasses", "", false, DIAGNOSIS },

    /* Never: none of these is used, and each makes whoever takes over the agent more than a reader. */
    { NULL, "*", "*", "*", "", false, NULL, "everything" },
    { NULL, "get", "", "secrets", "", false, NULL, "every password and token of the cluster" },
    { NULL, "list", "", "secrets", "", false, NULL, "every password and token of the cluster" },
    { NULL, "get", "", "nodes", "proxy", false, NULL, "commands in every container, by the kubelet" },
    { NULL, "create", "", "nodes", "proxy", false, NULL, "commands in every container, by the kubelet" },
    { NULL, "create", "", "pods", "exec", false, NULL, "commands in every container" },
    { NULL, "get", "", "pods", "exec", false, NULL, "commands in every container" },
    { NULL, "create", "", "pods", "attach", false, NULL, "the input of every container" },
    { NULL, "create", "", "pods", "portforward", false, NULL, "every port of every Pod" },
    { NULL, "get", "", "pods", "proxy", false, NULL, "every port of every Pod" },
    { NULL, "get", "", "services", "proxy", false, NULL, "every Service" },
    { NULL, "create", "", "serviceaccounts", "token", false, NULL, "the rights of every account" },
    { NULL, "impersonate", "", "users", "", false, NULL, "the rights of every user" },
    { NULL, "impersonate", "", "groups", "", false, NULL, "the rights of every group" },
    { NULL, "impersonate", "", "serviceaccounts", "", false, NULL, "the rights of every account" },
    { NULL, "escalate", "rbac.authorization.k8s.io", "clusterroles", "", false, NULL, "every right" },
    { NULL, "bind", "rbac.authorization.k8s.io", "clusterroles", "", false, NULL, "every right" },
    { NULL, "create", "rbac.authorization.k8s.io", "clusterrolebindings", "", false, NULL, "every right" },
    { NULL, "create", "", "pods", "", false, NULL, "Pods of anybody's making" },
    { NULL, "delete", "", "pods", "", false, NULL, "the end of every Pod" },
    { NULL, "patch", "apps", "deployments", "", false, NULL, "the Pods of every Deployment" },
    { NULL, "patch", "", "nodes", "", false, NULL, "where Pods run" },
};

struct rights {
    struct loop *loop;
    struct kube *kube;
    void (*changed)(void *arg);
    void *arg;
    enum answer answers[COUNT(rows)];
    char excess[400];
    size_t at;
    bool personal, news, failed;
    struct kube_request *asked;
    struct timer timer;
};

enum { MISSING, EXCESS };
static struct metric metrics[] = {
    [MISSING] = { "aetherius_agent_rights_missing", METRIC_GAUGE, NULL, "Rights that the agent uses and does not have." },
    [EXCESS] = { "aetherius_agent_rights_excess", METRIC_GAUGE, NULL, "Rights that an agent must not have, and this one has." },
};
METRIC_DECLARE(metrics);

static void ask(void *arg);

/* Is that answer what it should not be? */
static bool is_wrong(const struct row *row, enum answer answer)
{
    return answer == (row->danger ? ALLOWED : DENIED);
}

/* "get nodes/proxy", "list networkpolicies.networking.k8s.io" */
static void name_right(const struct row *row, struct buf *out)
{
    buf_printf(out, "%s %s%s%s%s%s", row->verb, row->resource, row->subresource[0] ? "/" : "", row->subresource, row->group[0] && !str_eq(row->group, "*") ? "." : "",
               str_eq(row->group, "*") ? "" : row->group);
}

static bool is_everything(const struct row *row)
{
    return row->danger && str_eq(row->verb, "*");
}

/* Then every other right is granted too, and naming each of them says nothing more. */
static bool may_everything(const struct rights *r)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (is_everything(&rows[i]))
            return r->answers[i] == ALLOWED;
    return false;
}

static void say_wrong(const struct rights *r, const struct row *row)
{
    AUTO_BUF struct buf right = { 0 };
    name_right(row, &right);
    if (row->danger && !is_everything(row) && may_everything(r))
        return;
    if (is_everything(row) && r->personal)
        log_warn("this kubeconfig may do everything; an agent needs a small part of that", "right=\"%s\" remedy=\"an account with the roles of deploy/agent\"", buf_text(&right));
    else if (row->danger)
        log_error("this agent has a right that it must not have: take it away", "right=\"%s\" opens=\"%s\" granted_by=\"a binding beside those of deploy/agent\"", buf_text(&right), row->danger);
    else
        log_warn("a right is missing", "right=\"%s\" costs=%s remedy=\"kubectl apply -f %s\"", buf_text(&right), row->capability, row->remedy);
}

static void count_wrong(const struct rights *r)
{
    size_t missing = 0, excess = 0;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (is_wrong(&rows[i], r->answers[i]))
            ++*(rows[i].danger ? &excess : &missing);
    metric_set(&metrics[MISSING], NULL, (double)missing);
    metric_set(&metrics[EXCESS], NULL, (double)excess);
}

static void note(struct rights *r, const struct kube_answer *answer)
{
    json *allowed = answer->err ? NULL : json_at(answer->object, "status.allowed");
    enum answer now = !json_is_bool(allowed) ? UNKNOWN : json_bool(allowed, false) ? ALLOWED : DENIED;
    if (now == UNKNOWN) {
        r->failed = true;    /* what was known stays */
        return;
    }
    if (now != r->answers[r->at]) {
        r->news |= !rows[r->at].danger;    /* a registration tells of those that are missing, heartbeats of those too many */
        if (is_wrong(&rows[r->at], now))
            say_wrong(r, &rows[r->at]);
    }
    r->answers[r->at] = now;
}

static void on_answer(void *arg, const struct kube_answer *answer)
{
    struct rights *r = arg;
    r->asked = NULL;
    note(r, answer);
    r->at++;
    if (r->at < COUNT(rows) && !r->failed) {
        ask(r);
        return;
    }
    bool news = r->news;
    count_wrong(r);
    r->at = 0;
    r->news = false;
    timer_start(&r->timer, r->loop, r->failed ? RETRY_MS : AGAIN_MS, ask, r);
    r->failed = false;
    if (news)
        r->changed(r->arg);
}

static void ask(void *arg)
{
    struct rights *r = arg;
    const struct row *row = &rows[r->at];
    AUTO_FREE char *body = access_review(&(struct access){ .verb = row->verb, .group = row->group, .resource = row->resource, .subresource = row->subresource });
    struct kube_options options = { .method = "POST", .body = body, .content_type = "application/json" };
    r->asked = kube_call(r->kube, ACCESS_REVIEW_PATH, &options, on_answer, r);
}

struct rights *rights_new(struct loop *l, struct kube *k, bool personal, void (*changed)(void *arg), void *arg)
{
    struct rights *r = mem_alloc(sizeof *r);
    metric_register(metrics, COUNT(metrics));
    *r = (struct rights){ .loop = l, .kube = k, .personal = personal, .changed = changed, .arg = arg };
    timer_start(&r->timer, l, 0, ask, r);
    return r;
}

void rights_free(struct rights *r)
{
    if (!r)
        return;
    timer_stop(&r->timer);
    kube_cancel(r->asked);
    free(r);
}

void rights_denied(const struct rights *r, struct arena *a, struct wire_denied **out, size_t *count)
{
    *out = ARENA_ARRAY(a, struct wire_denied, COUNT(rows));
    *count = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        if (row->danger || r->answers[i] != DENIED)
            continue;
        const char *resource = arena_printf(a, "%s%s%s%s%s", row->resource, row->subresource[0] ? "/" : "", row->subresource, row->group[0] ? "." : "", row->group);
        (*out)[(*count)++] = (struct wire_denied){ .capability = row->capability, .verb = row->verb, .resource = resource };
    }
}

bool rights_allow(const struct rights *r, const char *capability)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].needed && r->answers[i] == DENIED && str_eq(rows[i].capability, capability))
            return false;
    return true;
}

const char *rights_excess(struct rights *r)
{
    AUTO_BUF struct buf list = { 0 };
    bool everything = may_everything(r);
    if (everything && r->personal)
        return NULL;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!rows[i].danger || r->answers[i] != ALLOWED)
            continue;
        buf_str(&list, list.size ? ", " : "");
        name_right(&rows[i], &list);
        if (everything)
            break;
    }
    if (!list.size)
        return NULL;
    (void)snprintf(r->excess, sizeof r->excess, "this agent has rights that it must not have: %s", buf_text(&list));
    return r->excess;
}
