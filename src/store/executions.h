/* Execution's tables: central's command key, evidence under way, and the audit of what was sent.  One writer: execution. */
#pragma once

#include "base/arena.h"
#include "base/crypt.h"
#include "store/db.h"

extern const struct db_schema execution_schema;

struct evidence_job {
    const char *task_id, *incident_id, *cluster_id, *object, *command_id;
    const char *answer;              /* evidence.ready's payload, once there is one; kept until it is handled */
    int64_t created_at, expires_at;
};

/* Positive outcome 1: there is no key yet. */
int command_key_load(struct db *d, uint8_t private_key[CRYPT_KEY_SIZE], uint8_t public_key[CRYPT_KEY_SIZE], struct err *e) MUST_CHECK;
int command_key_save(struct db *d, const uint8_t private_key[CRYPT_KEY_SIZE], const uint8_t public_key[CRYPT_KEY_SIZE], int64_t at, struct err *e) MUST_CHECK;

int evidence_job_put(struct db *d, const struct evidence_job *j, struct err *e) MUST_CHECK;
int evidence_job_get(struct db *d, const char *task_id, struct arena *a, struct evidence_job *out, struct err *e) MUST_CHECK;                /* 1: none */
int evidence_job_of_command(struct db *d, const char *command_id, struct arena *a, struct evidence_job *out, struct err *e) MUST_CHECK;    /* 1: none */
int evidence_job_delete(struct db *d, const char *task_id, struct err *e) MUST_CHECK;

/* Answered ones that nobody has handled, and those past expires_at. */
int evidence_jobs_open(struct db *d, int64_t now, int limit, struct arena *a, struct evidence_job **out, size_t *count, struct err *e) MUST_CHECK;

struct audit_row {
    int64_t at;
    const char *who, *what, *cluster_id, *command_id, *detail;
};
int audit_add(struct db *d, const struct audit_row *row, struct err *e) MUST_CHECK;
