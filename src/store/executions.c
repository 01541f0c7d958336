#include "store/executions.h"

#include <string.h>

#include "base/str.h"

static const char *const migrations[] = {
    "CREATE TABLE command_key (id INTEGER PRIMARY KEY CHECK (id = 1), private_key BLOB NOT NULL, public_key BLOB NOT NULL, created_at INTEGER NOT NULL);"
    "CREATE TABLE evidence_jobs (task_id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, cluster_id TEXT NOT NULL, object TEXT NOT NULL, command_id TEXT NOT NULL,"
    " answer TEXT, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX evidence_jobs_by_command ON evidence_jobs (command_id);"
    "CREATE INDEX evidence_jobs_by_expiry ON evidence_jobs (expires_at);"
    "CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, cluster_id TEXT, command_id TEXT, detail TEXT);"
    "CREATE INDEX audit_by_time ON audit (at);",
};

/* A key that is lost makes every agent refuse its central, so what is written here survives a power cut. */
const struct db_schema execution_schema = { .name = "execution", .migrations = migrations, .n_migrations = COUNT(migrations), .full_sync = true };

int command_key_load(struct db *d, uint8_t private_key[CRYPT_KEY_SIZE], uint8_t public_key[CRYPT_KEY_SIZE], struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT private_key, public_key FROM command_key WHERE id = 1", e);
    if (!s)
        return -1;
    int step = db_step(s, e);
    if (step <= 0)
        return step < 0 ? -1 : 1;
    size_t n, m;
    const void *private_bytes = db_get_blob(s, 0, &n);
    if (n == CRYPT_KEY_SIZE)
        memcpy(private_key, private_bytes, n);
    const void *public_bytes = db_get_blob(s, 1, &m);
    if (m == CRYPT_KEY_SIZE)
        memcpy(public_key, public_bytes, m);
    db_done(s);
    return n == CRYPT_KEY_SIZE && m == CRYPT_KEY_SIZE ? 0 : err_set(e, ERR_INVALID, "execution.db: the command key is damaged; restore it from a backup, or agents will refuse commands");
}

int command_key_save(struct db *d, const uint8_t private_key[CRYPT_KEY_SIZE], const uint8_t public_key[CRYPT_KEY_SIZE], int64_t at, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO command_key (id, private_key, public_key, created_at) VALUES (1, ?1, ?2, ?3)", e);
    if (!s)
        return -1;
    db_blob(s, 1, private_key, CRYPT_KEY_SIZE);
    db_blob(s, 2, public_key, CRYPT_KEY_SIZE);
    db_int(s, 3, at);
    return db_run(s, e);
}

#define JOB_COLUMNS "task_id, incident_id, cluster_id, object, command_id, answer, created_at, expires_at"

static void read_job(struct db_stmt *s, struct arena *a, struct evidence_job *out)
{
    *out = (struct evidence_job){ .task_id = db_get_str(s, 0, a), .incident_id = db_get_str(s, 1, a), .cluster_id = db_get_str(s, 2, a), .object = db_get_str(s, 3, a),
                                  .command_id = db_get_str(s, 4, a), .answer = db_get_str(s, 5, a), .created_at = db_get_int(s, 6), .expires_at = db_get_int(s, 7) };
}

int evidence_job_put(struct db *d, const struct evidence_job *j, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO evidence_jobs (" JOB_COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT (task_id) DO UPDATE SET answer=?6, expires_at=?8", e);
    if (!s)
        return -1;
    db_text(s, 1, j->task_id);
    db_text(s, 2, j->incident_id);
    db_text(s, 3, j->cluster_id);
    db_text(s, 4, j->object);
    db_text(s, 5, j->command_id);
    db_text(s, 6, j->answer);
    db_int(s, 7, j->created_at);
    db_int(s, 8, j->expires_at);
    return db_run(s, e);
}

static int one_job(struct db_stmt *s, const char *key, struct arena *a, struct evidence_job *out, struct err *e)
{
    if (!s)
        return -1;
    db_text(s, 1, key);
    int step = db_step(s, e);
    if (step == DB_ROW)
        read_job(s, a, out);
    db_done(s);
    return step < 0 ? -1 : step == DB_ROW ? 0 : 1;
}

int evidence_job_get(struct db *d, const char *task_id, struct arena *a, struct evidence_job *out, struct err *e)
{
    return one_job(db_prepare(d, "SELECT " JOB_COLUMNS " FROM evidence_jobs WHERE task_id = ?1", e), task_id, a, out, e);
}

int evidence_job_of_command(struct db *d, const char *command_id, struct arena *a, struct evidence_job *out, struct err *e)
{
    return one_job(db_prepare(d, "SELECT " JOB_COLUMNS " FROM evidence_jobs WHERE command_id = ?1", e), command_id, a, out, e);
}

int evidence_job_delete(struct db *d, const char *task_id, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "DELETE FROM evidence_jobs WHERE task_id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, task_id);
    return db_run(s, e);
}

int evidence_jobs_open(struct db *d, int64_t now, int limit, struct arena *a, struct evidence_job **out, size_t *count, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " JOB_COLUMNS " FROM evidence_jobs WHERE answer IS NOT NULL OR expires_at < ?1 ORDER BY created_at LIMIT ?2", e);
    if (!s)
        return -1;
    db_int(s, 1, now);
    db_int(s, 2, limit);
    *out = ARENA_ARRAY(a, struct evidence_job, (size_t)limit);
    *count = 0;
    int step;
    while ((step = db_step(s, e)) == DB_ROW)
        read_job(s, a, &(*out)[(*count)++]);
    return step;
}

int audit_add(struct db *d, const struct audit_row *row, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO audit (at, who, what, cluster_id, command_id, detail) VALUES (?1,?2,?3,?4,?5,?6)", e);
    if (!s)
        return -1;
    db_int(s, 1, row->at);
    db_text(s, 2, row->who);
    db_text(s, 3, row->what);
    db_text(s, 4, row->cluster_id);
    db_text(s, 5, row->command_id);
    db_text(s, 6, row->detail);
    return db_run(s, e);
}
