/* Commands to agents and their results (docs/protocol.md, Command, Result).
 *
 * A command is signed with central's Ed25519 key over a canonical, length-prefixed byte form that names the cluster, so that neither
 * a broker nor another cluster's copy can make an agent act.  Decoded messages borrow from the arena.
 *
 * A command is understood wholly or refused: a known field of the wrong type or size refuses it, and so does an unknown field when it is
 * signed (ERR_REFUSED: the signature would not cover it).  Results are telemetry and read more kindly.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/crypt.h"
#include "base/err.h"
#include "base/json.h"

#define WIRE_ARGS_MAX     32      /* arguments              */
#define WIRE_ARG_MAX      256     /* bytes of one           */
#define WIRE_OUTPUT_MAX   (768u << 10)    /* bytes of output in a result, so that the message stays below 1 MiB */

struct wire_command {
    const char *id, *cluster_id;
    const char *type;             /* diagnostic, remediation                     */
    const char *tool;             /* kubectl, evidence, net, agent               */
    const char *action;           /* kubectl: the verb; evidence: collect        */
    const char **args;
    size_t n_args;
    int64_t timeout_ms;
    int64_t created_at, expires_at;    /* wall ms */
    const char *issuer, *task_id, *incident_id, *nonce, *key_id;
    const char *signature;        /* base64, NULL when unsigned                  */
};

enum wire_status {
    STATUS_UNKNOWN, STATUS_ACCEPTED, STATUS_RUNNING, STATUS_SUCCESS, STATUS_FAILED, STATUS_TIMEOUT, STATUS_REJECTED,
    STATUS_EXPIRED, STATUS_CANCELLED, STATUS_INTERRUPTED,
};
const char *wire_status_name(enum wire_status s);
enum wire_status wire_status_parse(const char *name);
bool wire_status_final(enum wire_status s);    /* neither unknown, accepted nor running */

struct wire_result {
    const char *command_id, *cluster_id;
    enum wire_status status;
    const char *output;           /* valid UTF-8; for tool evidence the bundle's JSON text */
    size_t output_size;
    const char *error, *reason;   /* text for a person; machine word (forbidden, not_found, grammar, clock_skew, replay, signature, busy ...) */
    int64_t duration_ms, timestamp, started_at;
    int64_t exit_code;            /* -1: none                                    */
    bool truncated;
    int64_t total_bytes, redactions;
    const char *sha256;
};

/* id, type, tool and action are needed; cluster_id is not (the origin's commands have none), the caller compares it. */
int wire_command_decode(const char *data, size_t size, struct arena *a, struct wire_command *out, struct err *e) MUST_CHECK;
char *wire_command_encode(const struct wire_command *c, size_t *size);

/* The same of a value that was parsed; id and type may be absent (a body of the HTTP API has none yet). */
int wire_command_read(const json *v, struct arena *a, struct wire_command *out, struct err *e) MUST_CHECK;
void wire_command_write(struct json_w *w, const char *key, const struct wire_command *c);

/* cluster_id: the subject's; a payload that disagrees is refused (ERR_REFUSED).  The encoder cuts output so that the message stays below
 * 1 MiB also when it is escaped, and then sets truncated and total_bytes. */
int wire_result_decode(const char *data, size_t size, const char *cluster_id, struct arena *a, struct wire_result *out,
                       struct err *e) MUST_CHECK;
char *wire_result_encode(const struct wire_result *r, size_t *size);
void wire_result_write(struct json_w *w, const char *key, const struct wire_result *r);

/* Sets c->key_id and c->signature (from the arena).  The other fields must be final.  -1: no agent would read it (no id, cluster_id, type,
 * tool or action, too many args, ...), or the library failed. */
int wire_command_sign(struct wire_command *c, const uint8_t private_key[CRYPT_KEY_SIZE], const uint8_t public_key[CRYPT_KEY_SIZE],
                      struct arena *a, struct err *e) MUST_CHECK;

/* 0: signed by that key; 1: not (absent, malformed, altered, another key_id). -1: the library failed.
 * Says nothing about cluster_id, expires_at and nonce: the agent checks them. */
int wire_command_verify(const struct wire_command *c, const uint8_t public_key[CRYPT_KEY_SIZE], struct err *e) MUST_CHECK;

/* First 16 hex digits of the key's SHA-256. */
void wire_key_id(const uint8_t public_key[CRYPT_KEY_SIZE], char out[17]);
