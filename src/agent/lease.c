#include "agent/lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"

#define PLACE      "aetherius.io/events-version"    /* annotation */
#define API        "/apis/coordination.k8s.io/v1"
#define ASK_MS     5000     /* most for one request; and never more than RETRIES in a duration  */

struct lease {
    struct loop *loop;
    struct kube *kube;
    struct lease_owner owner;
    struct lease_plan plan;
    char *namespace_, *path, *path_all;
    struct kube_request *asked;
    struct timer timer;
    enum lease_state told;
    bool worked;              /* it was no mere standby                                    */
    bool releasing, released;
    bool inherits;            /* another agent held it before                              */
    char inherited[LEASE_VERSION_SIZE];
    char why[240];            /* of the last failure                                       */
    char trouble[400];
};

enum { STATE, WRITES, FAILURES, LOST };
static struct metric metrics[] = {
    [STATE] = { "aetherius_agent_lease", METRIC_GAUGE, "state", "1 for the state of the Lease of this cluster's agents: unknown, held, standby, alone (the API server does not answer), without." },
    [WRITES] = { "aetherius_agent_lease_renewals_total", METRIC_COUNTER, NULL, "Times that the Lease was taken or renewed." },
    [FAILURES] = { "aetherius_agent_lease_failures_total", METRIC_COUNTER, "reason", "Requests about the Lease that failed." },
    [LOST] = { "aetherius_agent_lease_lost_total", METRIC_COUNTER, NULL, "Times that another agent took the Lease from this one." },
};

METRIC_DECLARE(metrics);

/* --- what is said ------------------------------------------------------------------------------------------------ */

static void say_held(const struct lease *l)
{
    log_info("this agent holds the lease of its cluster", "lease=%s/" LEASE_NAME " holder=%s term=%llu", l->namespace_, l->plan.identity, (unsigned long long)lease_term(l));
}

static void say_standby(const struct lease *l)
{
    log_warn("another agent of this cluster is at work: this one stands by", "lease=%s/" LEASE_NAME " holder=%s this=%s", l->namespace_, l->plan.record.holder, l->plan.identity);
}

static void say_alone(const struct lease *l)
{
    log_info("the lease waits for the API server; nobody else can take it there", "lease=%s/" LEASE_NAME " why=\"%s\"", l->namespace_, l->why);
}

static void say_without(const struct lease *l)
{
    log_warn("there is no lease: a second agent with this cluster_id is noticed by central alone", "lease=%s/" LEASE_NAME " why=\"%s\"", str_or_empty(l->namespace_), l->why);
}

static void say_unknown(const struct lease *l)
{
    log_warn("the term of the lease is over: nothing is done until the API server has answered", "lease=%s/" LEASE_NAME, l->namespace_);
}

static void (*const says[LEASE_STATES])(const struct lease *l) = {
    [LEASE_UNKNOWN] = say_unknown, [LEASE_HELD] = say_held, [LEASE_STANDBY] = say_standby, [LEASE_ALONE] = say_alone, [LEASE_WITHOUT] = say_without,
};

static void tell(struct lease *l)
{
    enum lease_state now = lease_state(l);
    if (now == l->told)
        return;
    metric_add(&metrics[LOST], NULL, now == LEASE_STANDBY && l->worked);
    metric_set(&metrics[STATE], lease_state_name(l->told), 0);
    metric_set(&metrics[STATE], lease_state_name(now), 1);
    l->told = now;
    l->worked |= now == LEASE_HELD || now == LEASE_ALONE || now == LEASE_WITHOUT;
    says[now](l);
    l->owner.changed(l->owner.arg);
}

/* --- requests ---------------------------------------------------------------------------------------------------- */

static void step(void *arg);

static void go_on(struct lease *l)
{
    int64_t until, now = clock_boot_ms();
    if (l->releasing)
        return;
    enum lease_todo todo = lease_plan_todo(&l->plan, now, &until);
    timer_start(&l->timer, l->loop, todo == LEASE_REST ? until - now : 0, step, l);
    tell(l);
}

static void note_failure(struct lease *l, const struct err *err)
{
    metric_add(&metrics[FAILURES], err_kind_name(err->kind), 1);
    (void)str_copy(l->why, sizeof l->why, err->text);
}

/* 404 of a read is no failure, it is dealt with before; 401 is a token that is being changed, and says nothing about the lease. */
static void fail(struct lease *l, const struct err *err, int status)
{
    int64_t now = clock_boot_ms();
    note_failure(l, err);
    if (err->kind == ERR_CONFLICT)
        lease_plan_conflict(&l->plan, now);
    else if (status >= 400 && status < 500 && status != 401 && status != 408 && status != 429)
        lease_plan_denied(&l->plan, now);
    else
        lease_plan_silence(&l->plan, now);
}

/* -1: it is no lease that we could write. */
static int read_record(const json *object, struct lease_record *out, struct err *e)
{
    const json *spec = json_get(object, "spec");
    *out = (struct lease_record){ .duration_ms = json_get_int(spec, "leaseDurationSeconds", 0) * 1000, .transitions = json_get_int(spec, "leaseTransitions", 0) };
    bool cut = str_copy(out->version, sizeof out->version, str_or_empty(json_at_str(object, "metadata.resourceVersion")));
    cut |= str_copy(out->holder, sizeof out->holder, str_or_empty(json_get_str(spec, "holderIdentity")));
    cut |= str_copy(out->place, sizeof out->place, str_or_empty(json_get_str(json_at(object, "metadata.annotations"), PLACE)));
    cut |= str_copy(out->acquired, sizeof out->acquired, str_or_empty(json_get_str(spec, "acquireTime")));
    return !cut && out->version[0] ? 0 : err_set(e, ERR_UNAVAILABLE, "the lease that the API server shows cannot be read");
}

static bool is_ours(const struct lease *l)
{
    return l->plan.there && str_eq(l->plan.record.holder, l->plan.identity);
}

/* What the last holder left, as of before we write. */
static void inherit(struct lease *l)
{
    if (is_ours(l))
        return;
    l->inherits = l->plan.there;
    (void)str_copy(l->inherited, sizeof l->inherited, l->plan.record.place);
}

static void on_read(void *arg, const struct kube_answer *answer)
{
    struct lease *l = arg;
    struct lease_record record;
    struct err e;
    l->asked = NULL;
    if (answer->status == 404)
        lease_plan_read(&l->plan, NULL, clock_boot_ms());
    else if (answer->err)
        fail(l, answer->err, answer->status);
    else if (read_record(answer->object, &record, &e))
        fail(l, &e, answer->status);
    else
        lease_plan_read(&l->plan, &record, clock_boot_ms());
    inherit(l);
    go_on(l);
}

static void on_written(void *arg, const struct kube_answer *answer)
{
    struct lease *l = arg;
    struct lease_record record;
    struct err e;
    l->asked = NULL;
    if (answer->err) {
        fail(l, answer->err, answer->status);
    } else if (read_record(answer->object, &record, &e)) {
        fail(l, &e, answer->status);
    } else {
        lease_plan_written(&l->plan, &record, clock_boot_ms());
        metric_add(&metrics[WRITES], NULL, 1);
    }
    go_on(l);
}

static void on_released(void *arg, const struct kube_answer *answer)
{
    struct lease *l = arg;
    l->asked = NULL;
    l->released = true;
    if (answer->err)
        log_info("the lease could not be given back; it runs out", "why=\"%s\"", answer->err->text);
}

/* Six digits of a second, or the API server refuses the time. */
static void write_micro(struct json_w *w, const char *key, int64_t wall_ms)
{
    char time[CLOCK_TEXT_SIZE], text[LEASE_TIME_SIZE];
    clock_format(wall_ms, time);
    time[strcspn(time, "Z")] = 0;
    (void)snprintf(text, sizeof text, "%s000Z", time);
    json_w_str(w, key, text);
}

static char *lease_text(const struct lease *l, const char *holder, int64_t duration_ms)
{
    const struct lease_plan *p = &l->plan;
    int64_t wall = loop_wall_ms(l->loop);
    const char *place = l->owner.place(l->owner.arg);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "apiVersion", "coordination.k8s.io/v1");
    json_w_str(w, "kind", "Lease");
    json_w_object(w, "metadata");
    json_w_str(w, "name", LEASE_NAME);
    json_w_str(w, "namespace", l->namespace_);
    json_w_str(w, "resourceVersion", p->there ? p->record.version : NULL);
    json_w_object(w, "labels");
    json_w_str(w, "app.kubernetes.io/name", "aetherius-agent");
    json_w_end(w);
    json_w_object(w, "annotations");
    json_w_str(w, PLACE, place ? place : p->there && p->record.place[0] ? p->record.place : NULL);
    json_w_end(w);
    json_w_end(w);
    json_w_object(w, "spec");
    json_w_str(w, "holderIdentity", holder);
    json_w_int(w, "leaseDurationSeconds", (duration_ms + 999) / 1000);
    if (is_ours(l) && p->record.acquired[0])
        json_w_str(w, "acquireTime", p->record.acquired);
    else
        write_micro(w, "acquireTime", wall);
    write_micro(w, "renewTime", wall);
    json_w_int(w, "leaseTransitions", lease_plan_transitions(p));
    json_w_end(w);
    json_w_end(w);
    return json_w_take(w, NULL);
}

static void ask(struct lease *l, const char *method, const char *path, const char *body, kube_done done)
{
    int64_t retry_ms = lease_plan_retry_ms(&l->plan);
    struct kube_options options = { .method = method, .body = body, .content_type = body ? "application/json" : NULL, .timeout_ms = retry_ms < ASK_MS ? retry_ms : ASK_MS };
    lease_plan_sent(&l->plan, clock_boot_ms());
    l->asked = kube_call(l->kube, path, &options, done, l);
}

static void write_lease(struct lease *l, const char *method, const char *path)
{
    AUTO_FREE char *body = lease_text(l, l->plan.identity, l->plan.duration_ms);
    ask(l, method, path, body, on_written);
}

static void step(void *arg)
{
    struct lease *l = arg;
    int64_t until, now = clock_boot_ms();
    if (l->asked)
        return;
    tell(l);
    switch (lease_plan_todo(&l->plan, now, &until)) {
    case LEASE_READ: ask(l, NULL, l->path, NULL, on_read); break;
    case LEASE_MAKE: write_lease(l, "POST", l->path_all); break;
    case LEASE_WRITE: write_lease(l, "PUT", l->path); break;
    case LEASE_REST: go_on(l); break;
    }
}

/* --- life -------------------------------------------------------------------------------------------------------- */

struct lease *lease_new(struct loop *loop, struct kube *k, const struct lease_config *config, const struct lease_owner *owner)
{
    metric_register(metrics, COUNT(metrics));
    struct lease *l = mem_alloc(sizeof *l);
    *l = (struct lease){ .loop = loop, .kube = k, .owner = *owner };
    lease_plan_init(&l->plan, config->identity, config->duration_ms, clock_boot_ms());
    for (enum lease_state s = 0; s < LEASE_STATES; s++)
        metric_set(&metrics[STATE], lease_state_name(s), s == LEASE_UNKNOWN);
    if (!config->namespace_ || !config->namespace_[0]) {
        l->plan.state = l->told = LEASE_WITHOUT;
        (void)str_copy(l->why, sizeof l->why, str_or_empty(config->why_without));
        metric_set(&metrics[STATE], lease_state_name(LEASE_UNKNOWN), 0);
        metric_set(&metrics[STATE], lease_state_name(LEASE_WITHOUT), 1);
        say_without(l);
        return l;
    }
    l->namespace_ = str_dup(config->namespace_);
    l->path_all = str_printf(API "/namespaces/%s/leases", config->namespace_);
    l->path = str_printf("%s/" LEASE_NAME, l->path_all);
    timer_start(&l->timer, loop, 0, step, l);
    return l;
}

void lease_free(struct lease *l)
{
    if (!l)
        return;
    timer_stop(&l->timer);
    kube_cancel(l->asked);
    free(l->namespace_);
    free(l->path);
    free(l->path_all);
    free(l);
}

enum lease_state lease_state(const struct lease *l)
{
    return lease_plan_state(&l->plan, clock_boot_ms());
}

bool lease_may_act(const struct lease *l)
{
    enum lease_state state = lease_state(l);
    return !l->releasing && (state == LEASE_HELD || state == LEASE_ALONE || state == LEASE_WITHOUT);
}

const char *lease_trouble(struct lease *l)
{
    enum lease_state state = lease_state(l);
    if (!l->namespace_ || (state != LEASE_ALONE && state != LEASE_WITHOUT))
        return NULL;
    (void)snprintf(l->trouble, sizeof l->trouble, "%s: %s", state == LEASE_ALONE ? "the lease waits for the API server"
                   : "no lease keeps a second agent of this cluster waiting (deploy/agent/rbac.yaml has the right)", l->why);
    return l->trouble;
}

const char *lease_holder(const struct lease *l)
{
    return l->plan.there ? l->plan.record.holder : "";
}

const char *lease_inherited(const struct lease *l)
{
    return l->inherits ? l->inherited : NULL;
}

uint64_t lease_term(const struct lease *l)
{
    return is_ours(l) && l->plan.state != LEASE_WITHOUT ? (uint64_t)l->plan.record.transitions + 1 : 0;
}

bool lease_release(struct lease *l)
{
    bool held = lease_state(l) == LEASE_HELD;
    if (!l->releasing) {
        l->releasing = true;
        timer_stop(&l->timer);
        l->released = !held && !l->asked;
    }
    if (l->released || l->asked)
        return l->released;
    if (!held)
        return true;
    AUTO_FREE char *body = lease_text(l, "", 1000);
    ask(l, "PUT", l->path, body, on_released);
    return false;
}
