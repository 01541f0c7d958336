/* Who an agent is, how it is, and what central tells it (docs/protocol.md: Register, Welcome, Heartbeat, Control).
 *
 * Decoded messages borrow from the arena.  Absent strings are NULL, absent numbers and times 0 unless it says otherwise.  Decoders
 * return 0, or -1 with a text that names message and field; ERR_REFUSED: the message claims another cluster than its subject.
 * Lists are cut at WIRE_LIST_MAX by decoders and encoders alike.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

#define WIRE_LIST_MAX 64    /* capabilities, reasons, labels */

struct wire_strings {
    const char **items;
    size_t count;
};

struct wire_denied {
    const char *capability, *verb, *resource;    /* what RBAC refuses, from an access review */
};

struct wire_register {
    const char *cluster_id, *version;
    int64_t start_time;
    struct wire_strings capabilities;
    const char *cluster_name, *cluster_uid, *instance, *kubernetes_version, *config_hash, *build;
    uint64_t epoch;
    int64_t nodes;                               /* -1: unknown */
    struct wire_denied *denied;
    size_t n_denied;
    const char *region;                          /* label for grouping, or NULL */
    const char *session;                         /* this agent among all that claim the cluster, or NULL: it does not say */
    uint64_t lease_term;                         /* how many agents held the cluster's lease, with this one; 0: it has none */
};

/* A state that we do not know is read as pending: never as an acceptance. */
enum wire_admission { ADMISSION_ACCEPTED, ADMISSION_PENDING, ADMISSION_REFUSED };
const char *wire_admission_name(enum wire_admission a);

struct wire_settings {                           /* 0 or false: central does not say            */
    int64_t heartbeat_ms, metrics_ms, batch_ms;
    int64_t batch_max;                           /* events in a message; 0: no batches           */
    bool zstd;
};

enum wire_control_type {
    CONTROL_UNKNOWN, CONTROL_WELCOME, CONTROL_WATERMARK, CONTROL_HELLO_AGAIN, CONTROL_THROTTLE, CONTROL_CANCEL,
};

/* One message on agent.control.<id>; "type" tells which fields count. */
struct wire_control {
    enum wire_control_type type;
    enum wire_admission state;                   /* welcome                                       */
    const char *reason;
    uint64_t epoch, seq;                         /* welcome, watermark: everything up to here is committed */
    struct wire_settings settings;               /* welcome                                       */
    int64_t time;                                /* central's wall clock                          */
    const char *command_key;                     /* welcome: base64 of central's Ed25519 public key */
    const char *key_id;
    const char *session;                         /* welcome: who is meant, or NULL: whoever hears it */
    const char *command_id;                      /* cancel                                        */
    int64_t pause_ms;                            /* throttle                                      */
};

enum wire_health { HEALTH_UNKNOWN, HEALTH_HEALTHY, HEALTH_DEGRADED, HEALTH_UNHEALTHY };
const char *wire_health_name(enum wire_health h);

struct wire_heartbeat {
    const char *cluster_id;
    int64_t timestamp;
    enum wire_health status;                     /* the agent's own view                          */
    struct wire_strings reasons;
    int64_t event_queue, metrics_queue, command_queue;
    uint64_t epoch, seq;                         /* newest record in the spool                    */
    int64_t watch_age_ms;                        /* since the event watch last proved alive; -1: never */
    int64_t spool_records, spool_bytes, spool_oldest_ms, spool_dropped;
    int64_t nodes;                               /* -1: unknown                                   */
    const char *session;                         /* as in the registration, or NULL               */
    bool connected_api;                          /* false: the agent cannot reach its API server; true when a peer does not say */
};

int wire_register_decode(const char *data, size_t size, const char *cluster_id, struct arena *a,
                         struct wire_register *out, struct err *e) MUST_CHECK;
int wire_control_decode(const char *data, size_t size, struct arena *a, struct wire_control *out, struct err *e) MUST_CHECK;
int wire_heartbeat_decode(const char *data, size_t size, const char *cluster_id, struct arena *a,
                          struct wire_heartbeat *out, struct err *e) MUST_CHECK;

/* Encoders return text to free(). */
char *wire_register_encode(const struct wire_register *m, size_t *size);
char *wire_control_encode(const struct wire_control *m, size_t *size);
char *wire_heartbeat_encode(const struct wire_heartbeat *m, size_t *size);

/* Writes the settings object ("30s" durations), for storing and showing. */
void wire_settings_write(struct json_w *w, const char *key, const struct wire_settings *s);
