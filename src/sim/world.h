/* The simulated cluster: what there is, what time it is, and what happens next.
 *
 * Everything runs on one thread, driven by world_run with the time of day, so that a test can play it without a loop and without waiting.
 * Durations (back-offs, periods, grace) are divided by the speed; times of day are not touched.
 *
 * What a script declares lives in the arena, as long as the world; pods and events come and go on the heap.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "sim/agenda.h"
#include "sim/history.h"

struct world_options {
    const char *cluster; /* name */
    uint64_t seed;
    double speed; /* 1: as in life */
    int64_t event_ttl_ms;
    struct history_limits history;
};

struct world {
    struct arena arena;
    struct agenda agenda;
    struct history *history;
    struct oracle *oracle; /* NULL: nobody writes down what happens */
    uint64_t dice;
    int64_t now_ms; /* time of day */
    double speed;
    const char *cluster;
    const char *version; /* of Kubernetes: "v1.36.3" */
    int64_t event_ttl_ms;
    struct recorder *recorder;
    struct node *nodes; /* in the order they joined */
    struct workload *workloads;
    struct replica_set *replica_sets;
    struct pod *pods;
    struct service *services;
    struct claim *claims;
    struct storage_class *storage_classes;
    struct volume *volumes;
    struct admission *admission;
    int next_ip;
};

/* watch(arg, revision) hears of everything that the API server stores. */
struct world *world_new(const struct world_options *options, int64_t now_ms, history_watch watch, void *arg);
void world_free(struct world *w);

/* Runs what is due until now_ms, in order, each at its own time. */
void world_run(struct world *w, int64_t now_ms);

/* Sets a task after a duration in the life of the simulated cluster. */
void world_after(struct world *w, struct task *t, int64_t ms, void (*run)(void *arg), void *arg);
int64_t world_scaled(const struct world *w, int64_t ms);
uint64_t world_roll(struct world *w);

/* Namespaces: made when first named; kube-system, default and the others of a new cluster are there from the start. */
struct object *world_namespace(struct world *w, const char *name);

/* level: what its pods must keep to ("baseline", "restricted"), or NULL. */
void world_enforce(struct world *w, const char *name, const char *level);

/* metadata, up to and with the creation time; the caller adds what else there is and ends the object. */
struct meta {
    const struct object *object;
    const char *generate_name;
    int generation;     /* 0: has none */
    int64_t deleted_ms; /* 0: not */
    int64_t grace_s;
};
void world_write_meta(struct json_w *w, const struct meta *m);

struct owner {
    enum kind kind;
    const char *name, *uid;
};
void world_write_owner(struct json_w *w, const struct owner *owner);

/* managedFields with one manager, as real objects carry it. */
void world_write_manager(struct json_w *w, const char *manager, const char *api_version, int64_t at_ms,
                         const char *fields, const char *subresource);

/* Takes the text out of j and stores it. */
bool world_store(struct world *w, struct object *o, struct json_w *j);
