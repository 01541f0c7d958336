/* What a rule found: a code of the catalogue, the object at fault, the values of its sentence, and the evidence it rests on.
 *
 * A run is one diagnosis under way; it owns its findings in its arena.  Rules only add findings and notes; explain.c orders them.
 *
 * Confidence is a formula, not a mood: the strength of the deciding evidence (table below), plus 0.01 for each further place that says
 * the same (at most 0.02), plus 0.02 when a change of the template came at most 30 minutes before, minus 0.10 when evidence that could
 * have decided was not there; at most 0.99.
 */
#pragma once

#include "catalog/catalog.h"
#include "diagnose/pod.h"
#include "wire/verdict.h"

#define FINDINGS_MAX        5000 /* of one run; more are counted in refused            */
#define NOTES_MAX           20000
#define FINDING_PARAMS_MAX  28
#define FINDING_QUOTES_MAX  8
#define FINDING_DEPENDS_MAX 24
#define FINDING_SHOWN_MAX   200 /* further objects that show the same                 */
#define QUOTE_MAX           500 /* bytes of a quoted line                             */

enum strength {
    WEAK,     /* 0.60  plausible, other causes fit as well                                          */
    LIKELY,   /* 0.75  several signs, none of which says it                                         */
    INFERRED, /* 0.85  a program's own log says it                                                  */
    SHOWN,    /* 0.92  follows from the state of objects alone                                      */
    STATED,   /* 0.96  the component that knows (kubelet, scheduler, controller) says it in so many words */
};

struct param {
    const char *name, *value, *value_zh; /* value_zh NULL: the same in every language */
};

struct quote {
    const char *source, *text;
    int64_t at;
};

/* Another object that shows the same, whose workload suffers as well. */
struct shown {
    const char *id, *workload;
    const char *why, *why_zh; /* as in the finding; NULL: like its statement */
};

struct finding {
    const struct catalog_code *code;
    const char *object;   /* what must be changed or looked at                           */
    const char *subject;  /* what shows it: a Pod, a Service, ...                        */
    const char *workload; /* owner of what fails, or subject                             */
    enum strength strength;
    bool doubted;  /* deciding evidence was not there                             */
    bool changed;  /* a change came shortly before                                */
    bool minor;    /* worth telling beside a cause, not on its own                */
    int64_t since; /* wall ms, 0: not known                                       */
    struct param params[FINDING_PARAMS_MAX];
    size_t n_params;
    struct quote quotes[FINDING_QUOTES_MAX];
    size_t n_quotes;
    const char *depends[FINDING_DEPENDS_MAX]; /* ids whose own fault would explain it            */
    size_t n_depends;
    struct shown *shown; /* further ones of the same cause                               */
    size_t n_shown;
    size_t others;            /* further workloads that suffer from the same           */
    const char *why, *why_zh; /* how it reads as a victim; NULL: like its statement          */
    struct finding *cause;    /* what explains it, NULL: a root                              */
};

/* A thing that was looked at and is not the cause, or evidence that was not there. */
struct note {
    const char *subject, *code, *why, *why_zh;
    bool missing;
};

/* What the Pods of one node that are in the bundle take from it together. */
struct usage {
    double cpu, memory, pods;
};

struct run {
    struct arena *a;
    const struct facts *f;
    struct pod *pods; /* in the order of facts_kind(f, "pod")                        */
    size_t n_pods;
    struct usage *usage; /* in the order of facts_kind(f, "node")                       */
    struct finding **findings;
    size_t n_findings, room;
    struct note *notes;
    size_t n_notes, notes_room; /* by subject after notes_sort()                               */
    size_t refused;             /* findings and notes beyond the limits                        */
};

void run_init(struct run *r, const struct facts *f, struct arena *a);

/* The Pod of that id, or NULL. */
const struct pod *run_pod(const struct run *r, const char *id);

/* A new finding.  object and subject are ids; subject NULL: the object itself.  Never NULL: beyond the limit it is counted and forgotten. */
struct finding *finding_new(struct run *r, const char *code, enum strength strength, const char *object,
                            const char *subject);

/* The same, but not added to the run. */
struct finding *finding_make(struct run *r, const char *code, enum strength strength, const char *object,
                             const char *subject);

/* One about a Pod (and its container c, or NULL): at fault is the workload that owns its template; the usual values are set. */
struct finding *finding_of_pod(struct run *r, const char *code, enum strength strength, const struct pod *p,
                               const struct container *c);

/* At fault is another object than what finding_of_pod assumed. */
void finding_blame(struct run *r, struct finding *f, const char *object);

/* A value of the sentence; NULL or "" is left out; a second value of a name replaces the first. */
void finding_set(struct finding *f, const char *name, const char *value);
void finding_set_zh(struct finding *f, const char *name, const char *value, const char *value_zh);
void finding_setf(struct run *r, struct finding *f, const char *name, const char *format, ...) ERR_PRINTF(4, 5);
/* The message, without what every caller wraps around it, and of a long one the end: there stands what went wrong. */
void finding_set_message(struct run *r, struct finding *f, const char *message);
void finding_drop(struct finding *f, const char *name);
const char *finding_value(const struct finding *f, const char *name);

/* The object, Kind namespace/name as a person writes it, and its parts as ref, ref_kind, ref_name. */
void finding_set_ref(struct run *r, struct finding *f, const char *kind, const char *namespace_, const char *name);

/* Evidence, quoted literally.  text NULL or "": nothing. */
void finding_quote(struct run *r, struct finding *f, const char *source, const char *text, int64_t at);
void finding_quote_event(struct run *r, struct finding *f, const struct event *ev);
void finding_quote_log(struct run *r, struct finding *f, const struct log *log, const char *line);

/* Another object whose fault would explain this. */
void finding_depends(struct finding *f, const char *id);

double finding_confidence(const struct finding *f);

/* The sentence, in English or Chinese. */
const char *finding_statement(struct arena *a, const struct finding *f, bool zh);

/* Values for catalog_render(); out holds FINDING_PARAMS_MAX. */
size_t finding_params(const struct finding *f, bool zh, struct catalog_param out[FINDING_PARAMS_MAX]);

/* Puts findings of the same code and object together. */
void findings_merge(struct run *r);

/* Time of day for a sentence: "14:01:07 UTC", with the date when it is another day than now. */
const char *finding_time(struct run *r, int64_t at);
/* "4m", "2h". */
const char *finding_age(struct run *r, int64_t ms);
