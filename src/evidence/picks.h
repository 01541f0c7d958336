/* The few weightiest of a list of any length: keeps the texts of PICKS_MAX objects at most until they are taken. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

#define PICKS_MAX 64

struct pick {
    char *text;
    char name[254];
    int64_t weight;
};

/* Zeroed storage is empty. */
struct picks {
    struct pick items[PICKS_MAX];
    size_t count;
    size_t offered;    /* all that were added since it was empty */
};

void picks_fini(struct picks *p);
void picks_add(struct picks *p, const json *object, int64_t weight);

/* Calls take(arg, object) for the `most` weightiest, equals by name, and forgets all.  Returns how many were
 * offered. */
size_t picks_take(struct picks *p, size_t most, void (*take)(void *arg, json *object), void *arg);
