/* The orchestrator's parts, shared inside this folder only: its state, and which file does what.
 *
 *   orchestrator.c  the service's row; which incident an event belongs to
 *   arrivals.c      events in, some at a time, and their acknowledgements
 *   turn.c          one step of a task: its writes are one transaction, and what it says follows
 *   tasks.c         drives each incident's task: evidence, diagnosis, report, and the next look
 *   looks.c         the evidence of a look
 *   verdicts.c      what a verdict does to an incident: named, merged, recovered, closed
 *   causes.c        several causes of one incident, from verdict to verdict
 *   show.c          incidents as JSON, for lists, details, the stream and the report
 *   queries.c       orchestrator.query
 */
#pragma once

#include "base/clock.h"
#include "base/crypt.h"
#include "base/str.h"
#include "central/service.h"
#include "store/incidents.h"
#include "wire/event.h"
#include "wire/verdict.h"

/* Events that are grouped by one transaction: those of one turn of the loop, or, while more come, of a slice of time. */
#define ARRIVALS_MAX      256
#define ARRIVALS_SLICE_MS 100

struct arrivals {
    struct arena arena;           /* of the events; reset when they are done */
    struct arrival *items;
    size_t count;
    struct timer turn;
    int64_t ended_ms;             /* when the last ones were done */
};

#define DOUBTS_MOST 64

/* A weaker cause than the one an incident has, and how many looks in a row have found it.  After a restart the count begins anew. */
struct doubt {
    char incident_id[CRYPT_ID_SIZE], code[64];
    int looks, soon;    /* soon: how often the next look was brought forward */
};

struct orchestrator {
    struct service_context *c;
    struct db *db;
    struct arrivals arrivals;
    struct saying *said;          /* in the turn that runs                         */
    struct asked *asked;          /* all that are under way                        */
    struct timer kick;            /* tasks that are due earlier than the next tick */
    int64_t kick_at;              /* loop_now_ms, while it runs                    */
    int64_t swept_at;
    struct doubt doubts[DOUBTS_MOST];    /* a ring: the oldest gives way */
    size_t next_doubt;
};

static inline struct orchestrator *orchestrator_of(struct service_context *c)
{
    return c->state;
}

/* orchestrator.c: finds or opens the event's incident, in the running transaction.  1: the event belongs to none. */
int incident_take_event(struct orchestrator *o, const struct wire_event *event, struct incident *i, struct err *e) MUST_CHECK;

/* arrivals.c */
void on_event(struct service_context *c, const struct bus_message *m, json *payload);
void arrivals_close(struct arrivals *a);    /* those that wait come again: nobody has acknowledged them */

/* turn.c.  A step returns 0, or -1 with *e: then nothing that it wrote or said has happened. */
typedef int (*turn_step)(struct orchestrator *o, void *arg, struct err *e);
int turn_run(struct orchestrator *o, turn_step step, void *arg, struct err *e) MUST_CHECK;

/* An answer that is awaited: names the task, because its row may have changed meanwhile. */
struct asked {
    struct asked *next;
    struct orchestrator *o;
    char task_id[CRYPT_ID_SIZE];
};
struct question {
    const char *subject, *task_id;
    int64_t patience_ms;
    bus_on_reply on_answer;       /* arg: the struct asked, which it forgets       */
};
/* Inside a step; w's text is taken. */
void turn_say(struct orchestrator *o, const char *subject, struct json_w *w);
void turn_ask(struct orchestrator *o, const struct question *q, struct json_w *w);
void turn_show(struct orchestrator *o, const struct incident *i);
void turn_forget(struct asked *asked);
void turn_close(struct orchestrator *o);    /* forgets those that nobody has answered */

/* tasks.c */
void tasks_run_due(struct orchestrator *o);
void tasks_kick(struct orchestrator *o, int64_t after_ms);
/* Makes sure that a look begins at `at` or sooner, and not before now. */
int tasks_look(struct orchestrator *o, const struct incident *i, int64_t at, struct err *e) MUST_CHECK;
/* The incident changed without a look (another joined it): its report is written again. */
int tasks_report(struct orchestrator *o, const struct incident *i, struct err *e) MUST_CHECK;
/* Inside a step.  The last of a look is to rest until the next one, which comes sooner when something new has come meanwhile. */
int tasks_go_on(struct orchestrator *o, struct task *t, const char *step, int64_t after_ms, struct err *e) MUST_CHECK;
int tasks_diagnose(struct orchestrator *o, struct task *t, struct err *e) MUST_CHECK;
int tasks_rest(struct orchestrator *o, struct task *t, int64_t after_ms, struct err *e) MUST_CHECK;

/* looks.c: steps of a task. */
int looks_ask(struct orchestrator *o, struct task *t, struct err *e) MUST_CHECK;
int looks_overdue(struct orchestrator *o, struct task *t, struct err *e) MUST_CHECK;
void on_evidence_ready(struct service_context *c, const struct bus_message *m, json *payload);

/* verdicts.c: what comes next for the incident's task. */
enum after_verdict { AFTER_REPORT, AFTER_LOOK_AGAIN, AFTER_NOTHING };
/* Changes *i, stores it and its steps; *again_ms is when to look again for AFTER_LOOK_AGAIN (and after the report). */
int verdicts_apply(struct orchestrator *o, struct incident *i, const json *verdict, enum after_verdict *after, int64_t *again_ms, struct err *e) MUST_CHECK;

/* When an incident without news is looked at again: soon while its cause is not proved, then at growing distances. */
int64_t verdicts_next_look_ms(const struct orchestrator *o, const struct incident *i);

/* causes.c: those of the verdict that the incident has, none when it proved nothing. */
void causes_before(struct orchestrator *o, const struct incident *i, struct wire_verdict *out);
bool causes_have(const struct wire_verdict *v, const struct wire_root *root);
bool causes_are_the_same(const struct wire_verdict *before, const struct wire_verdict *v);
/* Title and severity of an incident that stands for root, one of v's. */
int causes_name(struct orchestrator *o, struct incident *i, const struct wire_root *root, const struct wire_verdict *v, struct err *e) MUST_CHECK;
/* Tells the timeline which causes came and which are over, but for own and the one that *i stood for until now. */
int causes_tell(struct orchestrator *o, const struct incident *i, const struct wire_root *own, const struct wire_verdict *before, const struct wire_verdict *v,
                struct err *e) MUST_CHECK;
/* A line of the timeline that stands there once. */
int causes_say_once(struct orchestrator *o, const struct incident *i, const char *text, const char *text_zh, struct err *e) MUST_CHECK;

/* show.c */
void show_item(struct orchestrator *o, struct json_w *w, const char *key, const struct incident *i);
int show_detail(struct orchestrator *o, struct json_w *w, const char *key, const struct incident *i, struct err *e) MUST_CHECK;
void show_stream(struct orchestrator *o, const struct incident *i);

/* queries.c */
void on_query(struct service_context *c, const struct bus_message *m, json *payload);

/* Adds a line to the incident's timeline. */
int step_add(struct orchestrator *o, const char *incident_id, const char *object, const char *text, const char *text_zh, struct err *e) MUST_CHECK;
