/* The controllers of Jobs and CronJobs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/oracle.h"
#include "sim/stamp.h"
#include "sim/workload.h"

#define RETRY_FIRST_MS 10000
#define KEEP_FAILED    2 /* Jobs of a CronJob that are kept once they are over */

static const struct voice job_voice = { .component = "job-controller" };
static const struct voice cron_voice = { .component = "cronjob-controller" };

/* ---- Job ---- */

static void set_labels(struct workload *o)
{
    const char *const pairs[] = { "batch.kubernetes.io/controller-uid",
                                  o->object->uid,
                                  "batch.kubernetes.io/job-name",
                                  o->name,
                                  "controller-uid",
                                  o->object->uid,
                                  "job-name",
                                  o->name,
                                  NULL };
    memcpy(o->labels, pairs, sizeof pairs);
}

static void write_end(struct json_w *j, const struct workload *o, const char *type, const char *reason,
                      const char *message)
{
    json_w_object(j, NULL);
    json_w_str(j, "type", type);
    json_w_str(j, "status", "True");
    stamp_write(j, "lastProbeTime", o->run.ended_ms);
    stamp_write(j, "lastTransitionTime", o->run.ended_ms);
    json_w_str(j, "reason", reason);
    json_w_str(j, "message", message);
    json_w_end(j);
}

static const char *end_message(const struct workload *o)
{
    return str_eq(o->run.end, "DeadlineExceeded") ? "Job was active longer than specified deadline"
                                                  : "Job has reached the specified backoff limit";
}

static void write_conditions(struct json_w *j, const struct workload *o)
{
    if (o->limits.suspended && !o->run.end) {
        json_w_array(j, "conditions");
        write_end(j, o, "Suspended", "JobSuspended", "Job suspended");
        json_w_end(j);
    }
    if (!o->run.end)
        return;
    json_w_array(j, "conditions");
    if (str_eq(o->run.end, "Complete")) {
        write_end(j, o, "SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods");
        write_end(j, o, "Complete", "CompletionsReached", "Reached expected number of succeeded pods");
    } else {
        write_end(j, o, "FailureTarget", o->run.end, end_message(o));
        write_end(j, o, "Failed", o->run.end, end_message(o));
    }
    json_w_end(j);
}

static void write_job_labels(struct json_w *j, const struct workload *o)
{
    json_w_object(j, "labels");
    for (size_t i = 0; o->labels[i]; i += 2)
        json_w_str(j, o->labels[i], o->labels[i + 1]);
    json_w_end(j);
}

static void publish_job(struct workload *o)
{
    set_labels(o);
    int active = workload_count_pods(o, NULL, false);
    AUTO_JSON_W struct json_w *j = json_w_new();
    workload_begin_text(j, o);
    write_job_labels(j, o);
    if (o->parent) {
        struct owner owner = workload_owner(o->parent);
        world_write_owner(j, &owner);
    }
    json_w_end(j);
    json_w_object(j, "spec");
    json_w_int(j, "parallelism", 1);
    json_w_int(j, "completions", 1);
    if (o->limits.deadline_ms > 0)
        json_w_int(j, "activeDeadlineSeconds", o->limits.deadline_ms / 1000);
    json_w_int(j, "backoffLimit", o->limits.backoff_limit);
    json_w_object(j, "selector");
    json_w_object(j, "matchLabels");
    json_w_str(j, o->labels[0], o->labels[1]);
    json_w_end(j);
    json_w_end(j);
    json_w_bool(j, "manualSelector", false);
    workload_write_template(j, o, o->template, NULL);
    json_w_str(j, "completionMode", "NonIndexed");
    json_w_bool(j, "suspend", o->limits.suspended);
    json_w_str(j, "podReplacementPolicy", "TerminatingOrFailed");
    json_w_end(j);
    json_w_object(j, "status");
    write_conditions(j, o);
    if (o->run.started_ms > 0)
        stamp_write(j, "startTime", o->run.started_ms);
    if (str_eq(o->run.end, "Complete"))
        stamp_write(j, "completionTime", o->run.ended_ms);
    if (active > 0)
        json_w_int(j, "active", active);
    if (o->run.succeeded > 0)
        json_w_int(j, "succeeded", o->run.succeeded);
    if (o->run.failed > 0)
        json_w_int(j, "failed", o->run.failed);
    json_w_int(j, "terminating", 0);
    stamp_json(j, "uncountedTerminatedPods", "{}");
    json_w_int(j, "ready", workload_count_pods(o, NULL, true));
    json_w_end(j);
    json_w_end(j);
    world_store(o->world, o->object, j);
}

static void count_ends(struct workload *o)
{
    o->run.failed = o->run.succeeded = 0;
    for (const struct pod *p = o->world->pods; p; p = p->next)
        if (p->workload == o && pod_over(p))
            ++*(str_eq(p->phase, "Failed") ? &o->run.failed : &o->run.succeeded);
}

static void end_job(struct workload *o, const char *end)
{
    struct about about = about_workload(o);
    o->run.end = end;
    o->run.ended_ms = o->world->now_ms;
    agenda_clear(&o->world->agenda, &o->run.deadline);
    agenda_clear(&o->world->agenda, &o->run.retry);
    if (str_eq(end, "Complete")) {
        record(o->world, &job_voice, &about, NORMAL, "Completed", "Job completed");
    } else {
        record(o->world, &job_voice, &about, WARNING, end, "%s", end_message(o));
        AUTO_FREE char *address = workload_address(o->parent ? o->parent : o);
        oracle_failure(o->world->oracle, str_eq(end, "DeadlineExceeded") ? "job.deadline" : "job.backoff-limit",
                       address, NULL, o->world->now_ms);
    }
    publish_job(o);
    workload_look(o->parent);
}

static void on_deadline(void *arg)
{
    struct workload *o = arg;
    struct about about = about_workload(o);
    for (struct pod *p = o->world->pods, *next; p; p = next) {
        next = p->next;
        if (p->workload != o || p->deleted_ms || pod_over(p))
            continue;
        record(o->world, &job_voice, &about, NORMAL, "SuccessfulDelete", "Deleted pod: %s", p->object->name);
        pod_delete(p);
    }
    o->run.failed++;
    end_job(o, "DeadlineExceeded");
}

static void make_job_pod(struct workload *o)
{
    struct pod_maker maker = {
        .voice = &job_voice, .about = about_workload(o), .owner = workload_owner(o), .template = o->template
    };
    if (workload_make_pod(o, &maker, NULL))
        return;
    o->create_failures++;
    world_after(o->world, &o->run.retry, workload_create_pause_ms(o->create_failures), workload_on_time, o);
}

static void begin_job(struct workload *o)
{
    o->run.started_ms = o->world->now_ms;
    if (o->limits.deadline_ms > 0)
        world_after(o->world, &o->run.deadline, o->limits.deadline_ms, on_deadline, o);
}

static void look_at_job(struct workload *o)
{
    if (o->deleted) {
        if (workload_is_empty(o))
            workload_forget(o);
        return;
    }
    if (o->run.end || o->limits.suspended) {
        publish_job(o);
        return;
    }
    if (o->run.started_ms == 0)
        begin_job(o);
    int failed = o->run.failed;
    count_ends(o);
    if (o->run.succeeded > 0) {
        end_job(o, "Complete");
        return;
    }
    if (o->run.failed > o->limits.backoff_limit) {
        end_job(o, "BackoffLimitExceeded");
        return;
    }
    if (o->run.failed > failed)
        world_after(o->world, &o->run.retry, (int64_t)RETRY_FIRST_MS << (o->run.failed - 1 < 6 ? o->run.failed - 1 : 6),
                    workload_on_time, o);
    if (workload_count_pods(o, NULL, false) == 0 && !o->run.retry.place)
        make_job_pod(o);
    publish_job(o);
}

const struct workload_class job_class = { .kind = KIND_JOB, .look = look_at_job, .publish = publish_job };

/* ---- CronJob ---- */

static void publish_cron_job(struct workload *o)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    workload_begin_text(j, o);
    json_w_end(j);
    json_w_object(j, "spec");
    json_w_str(j, "schedule", o->schedule.text);
    json_w_str(j, "concurrencyPolicy", "Allow");
    json_w_bool(j, "suspend", o->limits.suspended);
    json_w_object(j, "jobTemplate");
    json_w_object(j, "metadata");
    json_w_end(j);
    json_w_object(j, "spec");
    json_w_int(j, "backoffLimit", o->limits.backoff_limit);
    workload_write_template(j, o, o->template, NULL);
    json_w_end(j);
    json_w_end(j);
    json_w_int(j, "successfulJobsHistoryLimit", 3);
    json_w_int(j, "failedJobsHistoryLimit", KEEP_FAILED);
    json_w_end(j);
    json_w_object(j, "status");
    if (o->schedule.last_ms > 0)
        stamp_write(j, "lastScheduleTime", o->schedule.last_ms);
    json_w_end(j);
    json_w_end(j);
    world_store(o->world, o->object, j);
}

static void on_due(void *arg)
{
    struct workload *o = arg;
    o->schedule.last_ms = o->world->now_ms;
    AUTO_FREE char *name = str_printf("%s-%lld", o->name, (long long)(o->world->now_ms / 60000));
    while (workload_find(o->world, KIND_JOB, o->namespace, name)) { /* a fast clock has several in a minute */
        char *longer = str_printf("%sx", name);
        free(name);
        name = longer;
    }
    struct about about = about_workload(o);
    record(o->world, &cron_voice, &about, NORMAL, "SuccessfulCreate", "Created job %s", name);
    struct workload *job = workload_new(o->world, KIND_JOB, o->namespace, name, &o->template->plan);
    job->parent = o;
    job->limits = o->limits;
    workload_look(o);
    world_after(o->world, &o->schedule.due, o->schedule.every_ms, on_due, o);
}

/* Says of each Job once that it is over, and deletes the oldest beyond what is kept. */
static void tidy(struct workload *o)
{
    int kept = 0;
    struct about about = about_workload(o);
    for (struct workload *job = o->world->workloads, *next; job; job = next) { /* newest first */
        next = job->next;
        if (job->parent != o || job->deleted || !job->run.end)
            continue;
        if (!job->run.seen) {
            record(o->world, &cron_voice, &about, NORMAL, "SawCompletedJob", "Saw completed job: %s, condition: %s",
                   job->name, str_eq(job->run.end, "Complete") ? "Complete" : "Failed");
            job->run.seen = true;
        }
        if (++kept <= KEEP_FAILED)
            continue;
        record(o->world, &cron_voice, &about, NORMAL, "SuccessfulDelete", "Deleted job %s", job->name);
        workload_delete(job);
    }
}

static void look_at_cron_job(struct workload *o)
{
    if (o->deleted) {
        agenda_clear(&o->world->agenda, &o->schedule.due);
        workload_forget(o);
        return;
    }
    tidy(o);
    if (o->limits.suspended)
        agenda_clear(&o->world->agenda, &o->schedule.due);
    else if (!o->schedule.due.place)
        world_after(o->world, &o->schedule.due, o->schedule.last_ms ? o->schedule.every_ms : 500, on_due, o);
    publish_cron_job(o);
}

static void delete_cron_job(struct workload *o)
{
    for (struct workload *job = o->world->workloads; job; job = job->next)
        if (job->parent == o)
            workload_delete(job);
}

const struct workload_class cron_job_class = {
    .kind = KIND_CRON_JOB, .look = look_at_cron_job, .publish = publish_cron_job, .delete = delete_cron_job
};
