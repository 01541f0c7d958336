/* What the services of this process say of themselves, for /api/v1/status and the health probes.
 *
 * Each loop reports once a second on its own thread; anybody reads copies.  Thread-safe.  A service whose reports stay away is stuck in a handler.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define REGISTRY_MAX 16

struct registry_entry {
    const char *name;             /* of the service's row: lives for ever                    */
    size_t mailbox;               /* messages waiting                                        */
    uint64_t handled, errors, refused;
    int64_t at_ms;                /* of the report, monotonic                                */
};

/* Adds or replaces the entry of that name. */
void registry_report(const struct registry_entry *entry);
void registry_forget(const char *name);

/* Copies what is there, in the order of the first reports.  Returns how many. */
size_t registry_list(struct registry_entry out[REGISTRY_MAX]);
