/* The orchestrator's tables: incidents, what joined them, our own steps, and the tasks that drive them.
 *
 * One writer: the orchestrator.  Strings that come out are borrowed from the arena; times are wall milliseconds, 0 where there is none.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "store/db.h"

extern const struct db_schema orchestrator_schema;

struct incident {
    const char *id, *cluster_id;
    const char *key;                 /* what events are grouped by: the top owner, kind/namespace/name                 */
    const char *state, *phase;       /* open, closed, merged · collecting, diagnosing, reported, closed, dismissed        */
    const char *title, *title_zh, *code, *family, *object, *namespace_;
    const char *verdict;             /* JSON text or NULL                                                              */
    const char *merged_into;
    int64_t opened_at, diagnosed_at, reported_at, closed_at, updated_at;
    int64_t healthy_since;           /* first look in a row that found nothing wrong                                   */
    int64_t severity;                /* enum wire_severity                                                             */
    int64_t victims, occurrences, looks, last_event_at;
    int64_t report_due;              /* 1: something joined since the report was composed                              */
    double confidence;
};

struct incident_list {
    struct incident *items;
    size_t count;
};

struct incident_count {              /* open incidents of one cluster                                                  */
    const char *cluster_id;
    int64_t open, worst;             /* worst: enum wire_severity                                                      */
};

struct incident_event {
    const char *incident_id, *event_id, *type, *reason, *message, *object;
    int64_t at, severity, delta;
    bool recovery;
};

struct incident_step {               /* a line of the timeline, or an object that joined (object set)                  */
    int64_t at;
    const char *object, *text, *text_zh;
};

#define TASK_EVIDENCE "evidence"     /* evidence is to be asked for at next_at                                         */
#define TASK_WAITING  "waiting"      /* it is asked for; at next_at it is overdue                                      */
#define TASK_BUSY     "busy"         /* the agent has no room for it; at next_at it is asked for again                 */
#define TASK_DIAGNOSE "diagnose"     /* the bundle is there; a verdict is awaited                                      */
#define TASK_REPORT   "report"

struct task {
    const char *id, *incident_id, *cluster_id, *object;
    const char *step;                /* one of the above                                                               */
    const char *bundle;              /* evidence, once it is there                                                     */
    int64_t attempts, next_at, created_at;
    int64_t again_at;                /* something came after this look began: when the next one is wanted              */
};

struct incident_filter {
    const char *cluster_id, *state, *code, *family, *namespace_, *text;
    unsigned severities;             /* a bit for each enum wire_severity that is wanted; 0: all                       */
    int64_t since, closed_since;     /* closed_since: without state, closed ones not older than this                   */
    const char *cursor;              /* of the page before, or NULL                                                    */
    int limit;
};

/* Insert or replace by id. */
int incidents_put(struct db *d, const struct incident *i, struct err *e) MUST_CHECK;

/* Positive outcome: 1 when there is none. */
int incidents_get(struct db *d, const char *id, struct arena *a, struct incident *out, struct err *e) MUST_CHECK;
int incidents_open_by_key(struct db *d, const char *cluster_id, const char *key, struct arena *a, struct incident *out, struct err *e) MUST_CHECK;

/* The open incident that one of this key was merged into last; 1: none. */
int incidents_merged_by_key(struct db *d, const char *cluster_id, const char *key, struct arena *a, struct incident *out, struct err *e) MUST_CHECK;

/* An open incident with the same cause, other than not_id; 1: none. */
int incidents_open_by_root(struct db *d, const char *cluster_id, const char *code, const char *object, const char *not_id,
                           struct arena *a, struct incident *out, struct err *e) MUST_CHECK;

/* Clusters with open incidents only. */
int incidents_count_open(struct db *d, struct arena *a, struct incident_count **out, size_t *count, struct err *e) MUST_CHECK;
int incidents_list(struct db *d, const struct incident_filter *f, struct arena *a, struct incident_list *out, const char **next, struct err *e) MUST_CHECK;
int incidents_similar(struct db *d, const struct incident *to, int limit, struct arena *a, struct incident_list *out, struct err *e) MUST_CHECK;

/* 1 when the event was there already. */
int incident_events_add(struct db *d, const struct incident_event *event, struct err *e) MUST_CHECK;
/* Newest first: the newest, and a tenth of limit for how it began. */
int incident_events_list(struct db *d, const char *incident_id, int limit, struct arena *a, struct incident_event **out, size_t *count, struct err *e) MUST_CHECK;
int incident_events_count(struct db *d, const char *incident_id, int64_t *out, struct err *e) MUST_CHECK;
int incident_events_move(struct db *d, const char *from, const char *to, struct err *e) MUST_CHECK;
int incident_events_has_reason(struct db *d, const char *incident_id, const char *reason, struct err *e) MUST_CHECK;    /* 1: yes */

/* Occurrences in `buckets` equal parts of the time from..to. */
int incident_events_spark(struct db *d, const char *incident_id, int64_t from, int64_t to, int buckets, int64_t *out, struct err *e) MUST_CHECK;

/* Which incident an event was joined to; 1: none. */
int incident_of_event(struct db *d, const char *event_id, const char *cluster_id, struct arena *a, const char **incident_id, struct err *e) MUST_CHECK;

int incident_steps_add(struct db *d, const char *incident_id, const struct incident_step *step, struct err *e) MUST_CHECK;
int incident_steps_has_object(struct db *d, const char *incident_id, const char *object, struct err *e) MUST_CHECK;    /* 1: yes */
int incident_steps_list(struct db *d, const char *incident_id, struct arena *a, struct incident_step **out, size_t *count, struct err *e) MUST_CHECK;

int tasks_put(struct db *d, const struct task *t, struct err *e) MUST_CHECK;
int tasks_get(struct db *d, const char *id, struct arena *a, struct task *out, struct err *e) MUST_CHECK;              /* 1: none */
int tasks_of_incident(struct db *d, const char *incident_id, struct arena *a, struct task *out, struct err *e) MUST_CHECK;    /* 1: none */
/* What is to be done now, at most limit of it; of each cluster no more than looks_max looks that wait for evidence, with those that do already. */
int tasks_due(struct db *d, int64_t now, int looks_max, int limit, struct arena *a, struct task **out, size_t *count, struct err *e) MUST_CHECK;
int tasks_delete(struct db *d, const char *id, struct err *e) MUST_CHECK;

/* Removes at most limit closed incidents older than before with all that hangs on them; *removed tells how many. */
int incidents_sweep(struct db *d, int64_t before, int limit, int *removed, struct err *e) MUST_CHECK;
