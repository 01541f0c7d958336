/* Faults of the API server, by count: the next n requests that fit are answered wrongly, late or not at all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/kinds.h"

#define FAULTS_MAX 32

enum fault_action {
    FAULT_ANSWER,   /* with a status instead of the truth */
    FAULT_DELAY,    /* the truth, later */
    FAULT_HANG,     /* nothing, and the connection stays */
    FAULT_CUT_LINE, /* half a line of a watch, then the end */
};

struct fault {
    enum fault_action action;
    const char *verb;     /* "list", "watch", "get"; NULL: any */
    const char *resource; /* "events"; NULL: any */
    int status;
    int64_t ms;   /* delay, or Retry-After */
    int64_t left; /* requests */
};

struct fault_list {
    struct fault items[FAULTS_MAX];
    size_t count;
};

/* False when there are too many. */
bool faults_add(struct fault_list *list, const struct fault *fault);

/* The fault that this request meets, counted down; false when it meets none.  cut_line: a frame of a watch, not a request. */
bool faults_meet(struct fault_list *list, const char *verb, const char *resource, bool cut_line, struct fault *met);
