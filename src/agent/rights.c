#include "agent/rights.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "kube/access_review.h"

#define AGAIN_MS 600000
#define RETRY_MS 15000

enum answer { UNKNOWN, ALLOWED, DENIED };

/* deploy/agent.yaml grants exactly these and the reads of the command grammar. */
static const struct rights_row rows[] = {
    { "event_watch", "watch", "", "events", "", true },
    { "event_watch", "list", "", "events", "", true },
    { "state_watch", "watch", "", "pods", "", true },
    { "state_watch", "watch", "", "nodes", "", false },
    { "state_watch", "watch", "apps", "deployments", "", false },
    { "state_watch", "watch", "apps", "statefulsets", "", false },
    { "state_watch", "watch", "apps", "daemonsets", "", false },
    { "state_watch", "watch", "batch", "jobs", "", false },
    { "state_watch", "watch", "", "persistentvolumeclaims", "", false },
    { "state_watch", "watch", "", "services", "", false },
    { "state_watch", "watch", "discovery.k8s.io", "endpointslices", "", false },
    { "metrics_collect", "list", "metrics.k8s.io", "nodes", "", false },
    { "metrics_collect", "list", "metrics.k8s.io", "pods", "", false },
    { "command_execute", "get", "", "pods", "", true },
    { "command_execute", "get", "", "pods", "log", false },
    { "evidence_collect", "get", "", "pods", "", true },
    { "evidence_collect", "get", "", "pods", "log", false },
    { "evidence_collect", "get", "", "configmaps", "", false },
    { "evidence_collect", "get", "apps", "replicasets", "", false },
    { "evidence_collect", "list", "networking.k8s.io", "networkpolicies", "", false },
    { "evidence_collect", "list", "storage.k8s.io", "storageclasses", "", false },
};

struct rights {
    struct loop *loop;
    struct kube *kube;
    void (*changed)(void *arg);
    void *arg;
    enum answer answers[COUNT(rows)];
    size_t at;
    bool news, failed;
    struct kube_request *asked;
    struct timer timer;
};

static void ask(void *arg);

static void note(struct rights *r, const struct kube_answer *answer)
{
    json *allowed = answer->err ? NULL : json_at(answer->object, "status.allowed");
    enum answer now = !json_is_bool(allowed) ? UNKNOWN : json_bool(allowed, false) ? ALLOWED : DENIED;
    if (now == UNKNOWN) {
        r->failed = true;    /* what was known stays */
        return;
    }
    if (now != r->answers[r->at]) {
        r->news = true;
        if (now == DENIED)
            log_warn("a right is missing", "capability=%s verb=%s resource=%s", rows[r->at].capability, rows[r->at].verb, rows[r->at].resource);
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
    const struct rights_row *row = &rows[r->at];
    AUTO_FREE char *body = access_review(&(struct access){ .verb = row->verb, .group = row->group, .resource = row->resource, .subresource = row->subresource });
    struct kube_options options = { .method = "POST", .body = body, .content_type = "application/json" };
    r->asked = kube_call(r->kube, ACCESS_REVIEW_PATH, &options, on_answer, r);
}

struct rights *rights_new(struct loop *l, struct kube *k, void (*changed)(void *arg), void *arg)
{
    struct rights *r = mem_alloc(sizeof *r);
    *r = (struct rights){ .loop = l, .kube = k, .changed = changed, .arg = arg };
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
        const struct rights_row *row = &rows[i];
        if (r->answers[i] != DENIED)
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

bool rights_row(size_t at, struct rights_row *out)
{
    if (at >= COUNT(rows))
        return false;
    *out = rows[at];
    return true;
}
