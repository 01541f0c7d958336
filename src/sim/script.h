/* Scenarios: text that reads like sentences, one a line, and makes the simulated cluster do things.
 *
 *     [at TIME:] SUBJECT NAME [:] CLAUSE, CLAUSE ...     # comment
 *
 * Which subjects and clauses there are stands in tables (say_*.c), from which docs/scenarios.md is printed, too.  A scenario is checked as a
 * whole before anything of it happens.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "sim/phrase.h"
#include "sim/workload.h"

#define CLAUSES_MAX 24

struct sim;

/* One sentence while it is carried out. */
struct saying {
    struct sim *sim;
    struct world *world;
    const char *namespace, *name; /* of the subject; namespace "" when its name has none */
    const char *clauses[CLAUSES_MAX];
    size_t n_clauses;
    const struct subject_row *subject;
    const struct clause_row *clause; /* the one that is being applied */

    /* what the clauses work on: the subject's begin and end functions know which */
    struct workload *workload; /* NULL: to be made */
    enum kind kind;
    struct plan plan;
    struct plan_container *container; /* the one that clauses speak of */
    struct workload settings;         /* replicas, limits, schedule, rollout as wanted */
    bool deletes, restarts;
    struct node *node;
    void *thing; /* of the smaller subjects */
};

struct clause_row {
    const char *pattern;
    void (*apply)(struct saying *s, const struct phrase *p);
    const char *help; /* half a sentence for docs/scenarios.md */
    intptr_t value;   /* what the row means to its function: a member's offset, an enumerator */
};

struct subject_row {
    const char *word; /* "deployment" */
    const char *name; /* "NAMESPACE/NAME", "NAME", or NULL: has none */
    int (*begin)(struct saying *s, struct err *e);
    void (*end)(struct saying *s); /* may be NULL */
    const struct clause_row *clauses;
    size_t n_clauses;
    const char *help;
    intptr_t value; /* a kind, where several subjects share functions */
};

/* Tables of the say_*.c files. */
extern const struct subject_row workload_subjects[], node_subjects[], object_subjects[], sim_subjects[];
extern const size_t n_workload_subjects, n_node_subjects, n_object_subjects, n_sim_subjects;

/* What a scenario says of its cluster before the world is made. */
struct script_head {
    char cluster[64];
    uint64_t seed;
    bool has_seed;
    double speed; /* 0: does not say */
};
void script_read_head(const char *text, struct script_head *head);

/* Checks all of it, then carries out what has no time and sets the rest on the agenda, counted from now.  -1 with *e ("line 7: ..."). */
int script_load(struct sim *sim, const char *text, struct err *e) MUST_CHECK;

/* Carries out one sentence now. */
int script_say(struct sim *sim, const char *sentence, struct err *e) MUST_CHECK;

/* The reference part of docs/scenarios.md. */
void script_print_docs(struct buf *out);
