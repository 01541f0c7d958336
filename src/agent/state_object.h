/* Summaries of objects, and the pure functions that compare them with a new revision: one per kind, in state_*.c.
 *
 * A function gets the summary as it was (all zero but kind and names for a new object), changes it into the summary of the new revision,
 * and adds what is worth saying to the news.  What needs time (a Pod that is not ready for a while) sets due_ms; then its due function
 * is called.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/state.h"
#include "base/arena.h"
#include "base/json.h"
#include "wire/event.h"

#define STATE_CONTAINERS_MAX 16    /* of one Pod; what is beyond is not followed          */
#define STATE_NEWS_MAX       32    /* of one revision                                     */
#define STATE_VERSION_SIZE   40

struct state_container {
    uint64_t name;                 /* digest                                              */
    int32_t told;                  /* which of its ends was told last, from 1             */
    uint32_t told_troubles;        /* bits of why it waits, told and not over            */
};

struct state_pod {
    struct state_container containers[STATE_CONTAINERS_MAX];
    uint8_t n_containers;
    bool was_ready, ready, going;
    char phase;                    /* P, R, S, F, U; 0: not known                         */
    int32_t restarts;
    int64_t failed_ms;             /* monotonic: when an end was told last; 0: never      */
    int64_t not_ready_due_ms;      /* when being not ready becomes worth saying; 0: not   */
    int64_t memory_limit;          /* bytes of all containers; 0: one has none            */
};

struct state_node {
    bool was_ready, ready, unheard, unschedulable;    /* unheard: its readiness is Unknown or absent */
    int64_t cpu_millicores, memory_bytes, pods;    /* allocatable; WIRE_ABSENT            */
    char kubelet_version[24];
};

struct state_workload {
    bool was_available, available;
    int64_t since_ms;              /* monotonic: when it last became one or the other     */
    int64_t patience_ms;           /* how long it may be unavailable before that is said  */
};

struct state_service {
    bool there, selects, had;      /* there: the Service itself is known, not only slices */
    int64_t created_at;            /* wall ms                                             */
    int32_t ready;                 /* endpoints of all its slices                         */
    int64_t empty_ms;              /* monotonic, since when there are none                */
};

struct state_slice {
    uint64_t service;              /* key                                                 */
    int32_t ready;
};

struct state_object {
    enum state_kind kind;
    uint64_t key;
    uint32_t list;                 /* the list it came with last                          */
    bool fresh;                    /* never summarised                                    */
    uint32_t troubles;             /* bits of what was told and is not over               */
    int64_t due_ms;                /* monotonic; 0: nothing is due                        */
    struct state_object *due_prev, *due_next;
    bool in_due;
    char *text;                    /* holds the names                                     */
    const char *namespace_, *name, *uid, *owner_kind, *owner_name, *node;    /* "" for none */
    char version[STATE_VERSION_SIZE];
    union {
        struct state_pod pod;
        struct state_node node_;
        struct state_workload workload;
        struct state_service service;
        struct state_slice slice;
    };
};

struct state_piece {               /* one thing worth saying                              */
    const char *reason, *message;
    enum wire_severity severity;
    bool recovery;
    const char *part;              /* container, condition: in the id and the labels, or NULL */
    const char *exit_code;         /* label, or NULL                                      */
    int64_t at;                    /* wall ms; 0: now                                     */
};

struct state_news {
    struct arena *arena;           /* for texts                                           */
    int64_t now_ms, wall_ms;
    struct state_piece pieces[STATE_NEWS_MAX];
    size_t count;
    uint64_t refused;
};

/* Adds a piece; beyond the bound it is counted. */
void news_add(struct state_news *news, const struct state_piece *piece);

/* Looks again after that time, unless something earlier is planned. */
void state_look_at(struct state_object *o, int64_t due_ms);

/* A condition of status.conditions by its type; NULL when it is absent. */
json *state_condition(const json *object, const char *type);
bool state_is_true(const json *condition);
int64_t state_time(const json *object, const char *key);    /* wall ms; 0: none */

void pod_see(struct state_object *o, json *object, struct state_news *news);
void pod_due(struct state_object *o, struct state_news *news);
void node_see(struct state_object *o, json *object, struct state_news *news);

/* Ready as it is, and each pressure that is true; in a. */
struct wire_condition *node_conditions(const struct state_object *o, struct arena *a, size_t *count);
void node_due(struct state_object *o, struct state_news *news);
void deployment_see(struct state_object *o, json *object, struct state_news *news);
void set_see(struct state_object *o, json *object, struct state_news *news);    /* StatefulSet and DaemonSet */
void workload_due(struct state_object *o, struct state_news *news);
void job_see(struct state_object *o, json *object, struct state_news *news);
void claim_see(struct state_object *o, json *object, struct state_news *news);
void claim_due(struct state_object *o, struct state_news *news);
void service_see(struct state_object *o, json *object, struct state_news *news);
void service_due(struct state_object *o, struct state_news *news);

/* The number of endpoints has changed. */
void service_count(struct state_object *o, int32_t by, struct state_news *news);

/* Endpoints of a slice that would get traffic. */
int32_t slice_ready(const json *object);
