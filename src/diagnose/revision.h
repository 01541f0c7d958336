/* Revisions of a workload's template: what changed last, and what ran before. */
#pragma once

#include "diagnose/finding.h"

struct revision {
    const char *workload;          /* id                                                     */
    const char *number, *previous; /* "13", "12"; previous NULL when there is none           */
    const char *object;            /* ReplicaSet or ControllerRevision that holds it         */
    int64_t at;                    /* when it was made                                       */
    json *template_, *before;      /* Pod templates; before NULL when there is none          */
};

/* The newest revision of a Deployment by its ReplicaSets in the bundle.  False when none is there. */
bool revision_newest(const struct run *r, const char *workload, struct revision *out);

/* What differs between the two templates: at most 8 fields, with old and new value. */
struct change {
    const char *field, *old_value, *new_value; /* values "" where there was, is, none */
};
size_t revision_changes(struct run *r, const struct revision *revision, struct change out[8]);

/* The image of that container in the revision before, when it is another one than now; else NULL. */
const char *revision_good_image(struct run *r, const struct pod *p, const char *container);

/* Did a revision come at most 30 minutes before that moment (0: before now)? */
bool revision_is_recent(const struct run *r, const struct revision *revision, int64_t onset);
