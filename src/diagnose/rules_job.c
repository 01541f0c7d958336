/* Jobs that gave up, and CronJobs that do not run. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

static bool is_true(const struct object *o, const char *type)
{
    return str_eq(json_get_str(object_condition(o, type), "status"), "True");
}

/* Why a Job failed: also while it still ends its Pods (FailureTarget comes first). */
static const json *failure(const struct object *job)
{
    return is_true(job, "Failed")          ? object_condition(job, "Failed")
           : is_true(job, "FailureTarget") ? object_condition(job, "FailureTarget")
                                           : NULL;
}

bool rules_job_is_past(const struct run *r, const struct object *job)
{
    if (is_true(job, "Complete"))
        return true;
    if (!job->owner || !str_starts(job->owner, "cronjob/"))
        return false;
    struct objects jobs = facts_in(r->f, "job", job->namespace_);
    for (size_t i = 0; i < jobs.count; i++) {
        const struct object *other = &jobs.items[i];
        if (other != job && str_eq(other->owner, job->owner) && other->created > job->created &&
            (is_true(other, "Complete") || failure(other)))
            return true; /* the newest finished run speaks for all */
    }
    return false;
}

/* The last Pod of the Job that ended badly, and its container. */
static const struct pod *last_pod(const struct run *r, const struct object *job, const struct container **container,
                                  size_t *failed)
{
    const struct pod *last = NULL;
    for (size_t i = 0; i < r->n_pods; i++) {
        const struct pod *p = &r->pods[i];
        if (!str_eq(p->object->owner, job->id))
            continue;
        for (size_t k = 0; k < p->n_containers; k++) {
            const struct ended *end = container_end(&p->containers[k]);
            if (!end || end->exit_code == 0)
                continue;
            ++*failed;
            if (!last || end->finished >= container_end(*container)->finished) {
                last = p;
                *container = &p->containers[k];
            }
        }
    }
    return last;
}

/* What must be changed is the CronJob where one makes the Jobs. */
static struct finding *found(struct run *r, const char *code, const struct object *job, const json *condition)
{
    const char *owner = job->owner && str_starts(job->owner, "cronjob/") ? job->owner : job->id;
    struct finding *f = finding_new(r, code, STATED, owner, job->id);
    f->workload = owner;
    finding_set(f, "name", job->name);
    finding_set(f, "message", json_get_str(condition, "message"));
    f->since = facts_time(json_get(condition, "lastTransitionTime"));
    finding_quote(r, f, job->id, json_get_str(condition, "message"), f->since);
    finding_quote_event(r, f, facts_event(r->f, job->id, str_or_empty(json_get_str(condition, "reason")), NULL));
    return f;
}

static void gave_up(struct run *r, const struct object *job, const json *condition)
{
    struct finding *f = found(r, "job.backoff-limit", job, condition);
    const struct container *c = NULL;
    size_t seen = 0;
    const struct pod *p = last_pod(r, job, &c, &seen);
    int64_t failed = json_get_int(job->status, "failed", (int64_t)seen);
    finding_setf(r, f, "count", "%lld", (long long)failed);
    if (!p)
        return;
    finding_set(f, "pod", p->object->name);
    finding_set(f, "container", c->name);
    finding_setf(r, f, "exit_code", "%lld", (long long)container_end(c)->exit_code);
    struct reason_line line;
    if (!rules_reason_line(r, p, c, &line))
        return;
    finding_set(f, "line", line.text);
    finding_quote_log(r, f, line.log, line.text);
}

/* What kept a Pod of the Job from starting; the Pod itself went with the deadline, its events are still there. */
static const struct event *never_started(const struct run *r, const struct object *job)
{
    static const char *const reasons[] = { "Failed", "FailedScheduling", "FailedMount", "FailedCreatePodSandBox" };
    const char *prefix = arena_printf(r->a, "pod/%s/%s-", job->namespace_, job->name);
    for (size_t i = 0; i < r->f->n_events; i++) {
        const struct event *ev = &r->f->events[i];
        if (!str_starts(ev->object, prefix) || strchr(ev->object + strlen(prefix), '-') ||
            facts_get(r->f, ev->object) || str_starts(ev->message, "Error: "))
            continue;
        for (size_t k = 0; k < COUNT(reasons); k++)
            if (strcmp(ev->reason, reasons[k]) == 0)
                return ev;
    }
    return NULL;
}

static void too_long(struct run *r, const struct object *job, const json *condition)
{
    char text[CLOCK_TEXT_SIZE];
    struct finding *f = found(r, "job.deadline", job, condition);
    const struct event *before = never_started(r, job);
    finding_quote_event(r, f, before);
    if (before)
        finding_set_message(r, f, before->message);
    else
        finding_drop(f, "message");
    int64_t seconds = json_get_int(job->spec, "activeDeadlineSeconds", 0);
    if (seconds <= 0 || seconds > 1000000000)
        return;
    clock_format_duration(seconds * 1000, text);
    finding_set(f, "budget", arena_strdup(r->a, text));
    finding_quote(r, f, job->id, arena_printf(r->a, "\"activeDeadlineSeconds\":%lld", (long long)seconds), 0);
}

void rules_job(struct run *r, const struct object *job)
{
    const json *condition = failure(job);
    if (!condition || rules_job_is_past(r, job))
        return;
    if (str_eq(json_get_str(condition, "reason"), "DeadlineExceeded"))
        too_long(r, job, condition);
    else
        gave_up(r, job, condition);
}

void rules_cronjob(struct run *r, const struct object *o)
{
    static const char *const reasons[] = { "UnparseableSchedule", "UnknownTimeZone",  "TooManyMissedTimes",
                                           "InvalidSchedule",     "FailedNeedsStart", "FailedCreate" };
    const struct event *ev = NULL;
    for (size_t i = 0; i < COUNT(reasons) && !ev; i++)
        ev = facts_event(r->f, o->id, reasons[i], NULL);
    bool suspended = json_get_bool(o->spec, "suspend", false);
    int64_t last = facts_time(json_get(o->status, "lastScheduleTime"));
    if ((ev && last >= ev->last) || (!ev && !(suspended && strcmp(r->f->scope_object, o->id) == 0)))
        return; /* suspended is somebody's will; it is told when it is asked for */
    struct finding *f = finding_new(r, "cronjob.not-running", ev ? STATED : SHOWN, o->id, NULL);
    finding_set(f, "since", finding_time(r, last));
    finding_set(f, "schedule", json_get_str(o->spec, "schedule"));
    finding_set(f, "message", ev ? ev->message : "suspend: true");
    finding_quote_event(r, f, ev);
    if (suspended)
        finding_quote(r, f, o->id, "\"suspend\":true", 0);
}
