#include "store/reports.h"

#include "base/str.h"

static const char *const migrations[] = {
    "CREATE TABLE reports (incident_id TEXT PRIMARY KEY, id TEXT NOT NULL, incident TEXT NOT NULL, written_at INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX reports_by_time ON reports (written_at);",
};

const struct db_schema report_schema = { .name = "report", .migrations = migrations, .n_migrations = COUNT(migrations) };

int reports_put(struct db *d, const struct report *r, int64_t *revision, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO reports (incident_id, id, incident, written_at, revision) VALUES (?1,?2,?3,?4,1)"
                                      " ON CONFLICT (incident_id) DO UPDATE SET incident = ?3, written_at = ?4, revision = revision + 1 RETURNING revision", e);
    if (!s)
        return -1;
    db_text(s, 1, r->incident_id);
    db_text(s, 2, r->id);
    db_text(s, 3, r->incident);
    db_int(s, 4, r->written_at);
    int step = db_step(s, e);
    if (step == DB_ROW) {
        *revision = db_get_int(s, 0);
        step = db_run(s, e);
    }
    return step;
}

int reports_of_incident(struct db *d, const char *incident_id, struct arena *a, struct report *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT id, incident, written_at, revision FROM reports WHERE incident_id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, incident_id);
    int step = db_step(s, e);
    if (step == DB_ROW)
        *out = (struct report){ .id = db_get_str(s, 0, a), .incident_id = incident_id, .incident = db_get_str(s, 1, a), .written_at = db_get_int(s, 2), .revision = db_get_int(s, 3) };
    db_done(s);
    return step < 0 ? -1 : step == DB_ROW ? 0 : 1;
}

int reports_sweep(struct db *d, int64_t before, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "DELETE FROM reports WHERE incident_id IN (SELECT incident_id FROM reports WHERE written_at < ?1 ORDER BY written_at LIMIT 500)", e);
    if (!s)
        return -1;
    db_int(s, 1, before);
    return db_run(s, e);
}
