/* NATS subjects and cluster ids (docs/protocol.md, Subjects).
 *
 * The identity of a message is its subject's, never the payload's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define WIRE_CLUSTER_ID_SIZE 64    /* bytes with the final 0 */
#define WIRE_SUBJECT_SIZE    96
#define WIRE_SCHEMA          1
#define WIRE_BODY_MAX        (1u << 20)    /* bytes of a message, unpacked */

enum wire_kind {
    WIRE_REGISTER, WIRE_HEARTBEAT, WIRE_EVENT, WIRE_METRICS, WIRE_RESULT,    /* agent to central */
    WIRE_COMMAND, WIRE_CONTROL,                                              /* central to agent */
    WIRE_KINDS,
};

/* [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])? */
bool wire_cluster_id_ok(const char *id);

/* agent.event.<cluster_id>; cluster_id must be ok (assert) or "*". */
void wire_subject(enum wire_kind kind, const char *cluster_id, char out[WIRE_SUBJECT_SIZE]);

/* Splits a subject. 0, or -1 when it is none of ours or the id is malformed. */
int wire_subject_parse(const char *subject, enum wire_kind *kind, char cluster_id[WIRE_CLUSTER_ID_SIZE]) MUST_CHECK;
const char *wire_kind_name(enum wire_kind kind);    /* "register", ... */

/* Unwraps a body: encoding NULL or "" is plain, "zstd" is compressed, others are refused.  *out (free() it) holds at most 1 MiB. */
int wire_unpack(const char *encoding, const void *data, size_t size, char **out, size_t *out_size, struct err *e) MUST_CHECK;
