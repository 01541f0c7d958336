/* The simulator as a whole: the world, the API server that shows it, and what is done to both. */
#pragma once

#include "base/loop.h"
#include "http/server.h"
#include "sim/faults.h"
#include "sim/load.h"
#include "sim/oracle.h"
#include "sim/world.h"

#define ACCESS_RULES_MAX 32

/* Something that the client's account may not do, or may do beyond its role. */
struct access_rule {
    const char *verb, *resource; /* "list", "secrets"; "pods/log"; "*", "*" */
};

struct sim {
    struct loop *loop;
    struct world *world;
    struct oracle *oracle;
    struct http_server *server;
    char *listen;        /* with the port that was taken */
    struct http_tls tls; /* certificate NULL: plain HTTP */
    const char *token;
    struct timer turn, restart;
    int64_t down_ms;          /* how long the server is to be down */
    int64_t wall_ms, mono_ms; /* the same moment on both clocks */
    struct watcher *watchers;
    struct late *lates; /* requests that wait for a late answer */
    struct fault_list faults;
    struct load load;
    struct access_rule denied[ACCESS_RULES_MAX], granted[ACCESS_RULES_MAX];
    size_t n_denied, n_granted;
    uint64_t requests, watches;
};

struct sim_options {
    const char *listen;
    struct http_tls tls;
    struct world_options world;
};

/* NULL with *e. oracle may be NULL; it stays the caller's. */
struct sim *sim_new(struct loop *l, const struct sim_options *options, struct oracle *oracle, struct err *e);
void sim_free(struct sim *s);

struct world *sim_world(struct sim *s);

/* Lets time pass in the world; to be called before and behind everything that looks at it or changes it. */
void sim_turn(struct sim *s);

/* Every connection is cut and none is taken for so long. */
void sim_go_down(struct sim *s, int64_t ms);
