/* What is reported at all: by namespace, reason and type, as the options say.  Pure. */
#pragma once

#include <stdbool.h>

#include "agent/options.h"
#include "wire/event.h"

#define FILTER_WORDS_MAX 64

struct filter_words {
    char *text;                   /* what the pieces point into                     */
    char *words[FILTER_WORDS_MAX];
    int count;
};

struct filter {
    struct filter_words namespaces, excluded, reasons;
    bool normal;
};

/* -1: a list is too long. */
int filter_init(struct filter *f, const struct agent_options *options, struct err *e) MUST_CHECK;
void filter_fini(struct filter *f);

/* namespace_ NULL or "": belongs to the cluster, always allowed. */
bool filter_namespace(const struct filter *f, const char *namespace_);
bool filter_event(const struct filter *f, const struct wire_event *event);
