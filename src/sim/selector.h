/* labelSelector and fieldSelector. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "sim/history.h"

#define SELECTOR_TERMS_MAX  16
#define SELECTOR_VALUES_MAX 16

enum term_operator { TERM_EQUAL, TERM_NOT_EQUAL, TERM_IN, TERM_NOT_IN, TERM_EXISTS, TERM_NOT_EXISTS };

struct selector_term {
    bool field; /* else label */
    enum term_operator operator;
    const char *key;
    const char *values[SELECTOR_VALUES_MAX];
    size_t n_values;
};

struct selector {
    struct arena arena;
    const char *namespace; /* of the path; NULL: any */
    struct selector_term terms[SELECTOR_TERMS_MAX];
    size_t n_terms;
};

/* Both texts may be NULL.  -1 with *e when one cannot be read. */
int selector_parse(struct selector *s, const char *namespace, const char *labels, const char *fields,
                   struct err *e) MUST_CHECK;
void selector_fini(struct selector *s);

bool selector_takes(const struct selector *s, const struct revision *r);
