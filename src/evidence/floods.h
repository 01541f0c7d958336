/* Namespaces in which there were more events than a page a short while ago: whoever collects there again goes by name at once, and a page of
 * which nothing is used is not read once for each object that has trouble. */
#pragma once

#include <stdbool.h>

#include "base/loop.h"

#define FLOODS_MAX 32
#define FLOODS_MS  30000

/* A ring: the oldest gives way.  Zeroed but for the loop it is empty; it belongs to the loop's thread. */
struct floods {
    struct loop *loop;
    struct flood {
        char key[128];
        int64_t until_ms;
    } items[FLOODS_MAX];
    size_t next;
};

/* what: "" for all events of the namespace, or the selector that they were asked for with.  f NULL: nothing is remembered. */
void floods_note(struct floods *f, const char *namespace_, const char *what);
bool floods_has(const struct floods *f, const char *namespace_, const char *what);
