#include "store/diagnoses.h"

#include "base/str.h"

static const char *const migrations[] = {
    "CREATE TABLE diagnoses (id INTEGER PRIMARY KEY, incident_id TEXT, cluster_id TEXT, at INTEGER NOT NULL, outcome TEXT NOT NULL, code TEXT, object TEXT, verdict TEXT NOT NULL);"
    "CREATE INDEX diagnoses_by_incident ON diagnoses (incident_id, at);"
    "CREATE INDEX diagnoses_by_time ON diagnoses (at);",
};

const struct db_schema reasoning_schema = { .name = "reasoning", .migrations = migrations, .n_migrations = COUNT(migrations) };

int diagnoses_add(struct db *d, const struct diagnosis *v, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO diagnoses (incident_id, cluster_id, at, outcome, code, object, verdict) VALUES (?1,?2,?3,?4,?5,?6,?7)", e);
    if (!s)
        return -1;
    db_text(s, 1, v->incident_id);
    db_text(s, 2, v->cluster_id);
    db_int(s, 3, v->at);
    db_text(s, 4, v->outcome);
    db_text(s, 5, v->code);
    db_text(s, 6, v->object);
    db_text(s, 7, v->verdict);
    return db_run(s, e);
}

int diagnoses_sweep(struct db *d, int64_t before, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "DELETE FROM diagnoses WHERE id IN (SELECT id FROM diagnoses WHERE at < ?1 ORDER BY at LIMIT 500)", e);
    if (!s)
        return -1;
    db_int(s, 1, before);
    return db_run(s, e);
}
