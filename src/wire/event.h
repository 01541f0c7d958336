/* Events on the wire: what happened in a cluster, one revision each (docs/protocol.md, Event).
 *
 * A decoded event borrows from the arena given to the decoder.  Absent strings are NULL, absent numbers and times 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

enum wire_severity { SEVERITY_UNKNOWN, SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
const char *wire_severity_name(enum wire_severity s);            /* "critical", ..., "unknown"              */
enum wire_severity wire_severity_parse(const char *name);        /* unknown values are SEVERITY_UNKNOWN     */

enum wire_event_type {
    EVENT_UNKNOWN,
    EVENT_K8S,      /* "k8s_event": an Event object's revision                                          */
    EVENT_STATE,    /* "k8s_state": a change of an object's state that the agent derived                */
    EVENT_GAP,      /* "gap": the agent says what it could not deliver; goes to the gaps, not to events */
};
const char *wire_event_type_name(enum wire_event_type t);

/* So that an event fits into a batch, and a batch into what its reader allows, whatever its raw_data is. */
extern const struct json_limits wire_raw_limits;
#define WIRE_RAW_MAX      (64u << 10)    /* bytes of raw_data; 48 levels, 5,000 keys: what is beyond is not written */
#define WIRE_MESSAGE_MAX  (64u << 10)    /* bytes of message     */
#define WIRE_BATCH_MAX    512            /* events in a message  */

struct wire_label {
    const char *name, *value;
};

struct wire_object {
    const char *kind;            /* as Kubernetes writes it: "Pod"            */
    const char *namespace_;      /* NULL for cluster-scoped objects           */
    const char *name, *uid, *api_version, *field_path;
};

struct wire_gap {
    const char *from, *to;       /* resource versions, sequence numbers or times, as text                */
    const char *cause;           /* watch_expired, spool_overflow, sequence, agent_restart, dead_letter   */
    int64_t count;               /* records known to be missing; -1: unknown                             */
    const char *detail;          /* which kind or stream                                                 */
};

struct wire_event {
    const char *id;              /* <uid>.<resource_version>                                  */
    const char *cluster_id;
    enum wire_event_type type;
    const char *source;          /* "kubernetes"                                              */
    const char *namespace_;
    enum wire_severity severity;
    const char *message;
    int64_t timestamp, reported_at;                 /* wall ms */
    const struct wire_label *labels;
    size_t n_labels;
    const char *raw_data;        /* JSON text or NULL; on decode the text of the value        */
    size_t raw_size;
    bool raw_checked;            /* it is JSON within wire_raw_limits for sure; otherwise it is looked at before it is written */

    const char *uid, *resource_version;
    const char *event_type;      /* Kubernetes' own: "Normal", "Warning"                       */
    const char *reason, *action;
    struct wire_object involved;
    const char *owner_kind, *owner_name;            /* top workload, when the agent knows it   */
    int64_t count, delta;        /* occurrences in all; new ones since the last report         */
    int64_t first_seen, last_seen;
    const char *component, *node;
    bool cluster_scoped;         /* scope: "cluster", else "namespaced"                        */
    const char *fingerprint;     /* same object, reason and shape of message                   */
    uint64_t epoch, seq;         /* place in the agent's spool; 0: none (a peer of the seed)    */
    bool recovery;               /* the state change says that something became well           */
    struct wire_gap gap;         /* for EVENT_GAP                                              */
};

struct wire_events {
    struct wire_event *items;
    size_t count;
};

/* One event or a batch.  A batch with a bad member keeps the good ones, counts the others in *refused and tells the first reason in *e; a
 * false identity (ERR_REFUSED) goes before any other reason.  What is beyond WIRE_BATCH_MAX counts as refused.  -1: nothing is usable, and
 * *refused is at least 1.  cluster_id: the subject's; it fills an absent one, and a payload that disagrees is refused. */
int wire_events_decode(const char *data, size_t size, const char *cluster_id, struct arena *a,
                       struct wire_events *out, size_t *refused, struct err *e) MUST_CHECK;

/* Writes one event as a member (key) or item (key NULL). */
void wire_event_write(struct json_w *w, const char *key, const struct wire_event *event);

/* Reads one event that wire_event_write wrote (or any peer's); same rules as decode, but cluster_id is the payload's and needed. */
int wire_event_read(const json *v, struct arena *a, struct wire_event *out, struct err *e) MUST_CHECK;
