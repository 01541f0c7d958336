/* What the files of doctor share: a check says its outcome here. */
#pragma once

#include "ctl/ctl.h"

enum check_state { CHECK_FINE, CHECK_WARN, CHECK_BAD };

struct doctor {
    struct ctl *c;
    struct json_w *w;             /* the open list of checks, for data       */
    int found;                    /* checks that were not fine               */
    bool failed;                  /* the first look was not possible         */
};

void doctor_say(struct doctor *d, enum check_state state, const char *what, const char *format, ...) ERR_PRINTF(4, 5);

/* doctor_cluster.c: a cluster itself, by the kubeconfig: is its API there, what may we read, does it have metrics? */
void doctor_check_cluster(struct doctor *d);
