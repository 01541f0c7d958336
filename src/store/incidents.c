#include "store/incidents.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const char *const migrations[] = {
    "CREATE TABLE incidents (id TEXT PRIMARY KEY, cluster_id TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, phase TEXT NOT NULL,"
    " title TEXT, title_zh TEXT, code TEXT, family TEXT, object TEXT, namespace TEXT, verdict TEXT, merged_into TEXT,"
    " opened_at INTEGER NOT NULL, diagnosed_at INTEGER NOT NULL, reported_at INTEGER NOT NULL, closed_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
    " healthy_since INTEGER NOT NULL, severity INTEGER NOT NULL, victims INTEGER NOT NULL, occurrences INTEGER NOT NULL, looks INTEGER NOT NULL,"
    " last_event_at INTEGER NOT NULL, report_due INTEGER NOT NULL, confidence REAL NOT NULL) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX incidents_open_key ON incidents (cluster_id, key) WHERE state = 'open';"
    "CREATE INDEX incidents_by_key ON incidents (cluster_id, key, state, closed_at);"
    "CREATE INDEX incidents_by_time ON incidents (opened_at DESC, id);"
    "CREATE INDEX incidents_by_state ON incidents (state, closed_at);"
    "CREATE INDEX incidents_by_code ON incidents (code, object);"
    "CREATE TABLE incident_events (incident_id TEXT NOT NULL, event_id TEXT NOT NULL, type TEXT, reason TEXT, message TEXT, object TEXT,"
    " at INTEGER NOT NULL, severity INTEGER NOT NULL, delta INTEGER NOT NULL, recovery INTEGER NOT NULL, PRIMARY KEY (incident_id, event_id)) WITHOUT ROWID;"
    "CREATE INDEX incident_events_by_event ON incident_events (event_id);"
    "CREATE TABLE incident_steps (id INTEGER PRIMARY KEY, incident_id TEXT NOT NULL, at INTEGER NOT NULL, object TEXT, text TEXT NOT NULL, text_zh TEXT NOT NULL);"
    "CREATE INDEX incident_steps_by_incident ON incident_steps (incident_id, at);"
    "CREATE TABLE tasks (id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, cluster_id TEXT NOT NULL, object TEXT NOT NULL, step TEXT NOT NULL, bundle TEXT,"
    " attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX tasks_by_time ON tasks (next_at);"
    "CREATE UNIQUE INDEX tasks_by_incident ON tasks (incident_id);",

    "ALTER TABLE tasks ADD COLUMN again_at INTEGER NOT NULL DEFAULT 0;"
    "DROP INDEX tasks_by_time;"
    "CREATE INDEX tasks_by_step ON tasks (step, cluster_id, next_at);",
};

const struct db_schema orchestrator_schema = { .name = "orchestrator", .migrations = migrations, .n_migrations = COUNT(migrations) };

#define INCIDENT_COLUMNS \
    "id, cluster_id, key, state, phase, title, title_zh, code, family, object, namespace, verdict, merged_into, opened_at, diagnosed_at, reported_at," \
    " closed_at, updated_at, healthy_since, severity, victims, occurrences, looks, last_event_at, report_due, confidence"

static void read_incident(struct db_stmt *s, struct arena *a, struct incident *out)
{
    const char **texts[] = { &out->id, &out->cluster_id, &out->key, &out->state, &out->phase, &out->title, &out->title_zh,
                             &out->code, &out->family, &out->object, &out->namespace_, &out->verdict, &out->merged_into };
    int64_t *numbers[] = { &out->opened_at, &out->diagnosed_at, &out->reported_at, &out->closed_at, &out->updated_at, &out->healthy_since,
                           &out->severity, &out->victims, &out->occurrences, &out->looks, &out->last_event_at, &out->report_due };
    int at = 0;
    for (size_t i = 0; i < COUNT(texts); i++)
        *texts[i] = db_get_str(s, at++, a);
    for (size_t i = 0; i < COUNT(numbers); i++)
        *numbers[i] = db_get_int(s, at++);
    out->confidence = db_get_real(s, at);
}

int incidents_put(struct db *d, const struct incident *i, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO incidents (" INCIDENT_COLUMNS ") VALUES"
                                      " (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26)"
                                      " ON CONFLICT (id) DO UPDATE SET state=?4, phase=?5, title=?6, title_zh=?7, code=?8, family=?9, object=?10, namespace=?11,"
                                      " verdict=?12, merged_into=?13, diagnosed_at=?15, reported_at=?16, closed_at=?17, updated_at=?18, healthy_since=?19,"
                                      " severity=?20, victims=?21, occurrences=?22, looks=?23, last_event_at=?24, report_due=?25, confidence=?26", e);
    if (!s)
        return -1;
    const char *texts[] = { i->id, i->cluster_id, i->key, i->state, i->phase, i->title, i->title_zh, i->code, i->family, i->object, i->namespace_, i->verdict, i->merged_into };
    int64_t numbers[] = { i->opened_at, i->diagnosed_at, i->reported_at, i->closed_at, i->updated_at, i->healthy_since,
                          i->severity, i->victims, i->occurrences, i->looks, i->last_event_at, i->report_due };
    int at = 1;
    for (size_t k = 0; k < COUNT(texts); k++)
        db_text(s, at++, texts[k]);
    for (size_t k = 0; k < COUNT(numbers); k++)
        db_int(s, at++, numbers[k]);
    db_real(s, at, i->confidence);
    return db_run(s, e);
}

/* The first row of s as an incident; 1: there is none. */
static int one_incident(struct db_stmt *s, struct arena *a, struct incident *out, struct err *e)
{
    int step = db_step(s, e);
    if (step < 0)
        return -1;
    if (step == 0)
        return 1;
    read_incident(s, a, out);
    db_done(s);
    return 0;
}

int incidents_get(struct db *d, const char *id, struct arena *a, struct incident *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, id);
    return one_incident(s, a, out, e);
}

int incidents_open_by_key(struct db *d, const char *cluster_id, const char *key, struct arena *a, struct incident *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE cluster_id = ?1 AND key = ?2 AND state = 'open'", e);
    if (!s)
        return -1;
    db_text(s, 1, cluster_id);
    db_text(s, 2, key);
    return one_incident(s, a, out, e);
}

int incidents_merged_by_key(struct db *d, const char *cluster_id, const char *key, struct arena *a, struct incident *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE state = 'open' AND id = (SELECT merged_into FROM incidents"
                                      " WHERE cluster_id = ?1 AND key = ?2 AND state = 'merged' ORDER BY closed_at DESC LIMIT 1)", e);
    if (!s)
        return -1;
    db_text(s, 1, cluster_id);
    db_text(s, 2, key);
    return one_incident(s, a, out, e);
}

int incidents_open_by_root(struct db *d, const char *cluster_id, const char *code, const char *object, const char *not_id,
                           struct arena *a, struct incident *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE code = ?2 AND object = ?3 AND cluster_id = ?1 AND state = 'open' AND id <> ?4"
                                      " ORDER BY opened_at, id LIMIT 1", e);
    if (!s)
        return -1;
    db_text(s, 1, cluster_id);
    db_text(s, 2, code);
    db_text(s, 3, object);
    db_text(s, 4, not_id);
    return one_incident(s, a, out, e);
}

/* Rows of s into a list that grows in the arena. */
static int many_incidents(struct db_stmt *s, struct arena *a, struct incident_list *out, struct err *e)
{
    size_t room = 0;
    int step;
    *out = (struct incident_list){ 0 };
    while ((step = db_step(s, e)) == DB_ROW) {
        if (out->count == room) {
            room = room ? room * 2 : 16;
            struct incident *more = ARENA_ARRAY(a, struct incident, room);
            if (out->count)
                memcpy(more, out->items, out->count * sizeof *more);
            out->items = more;
        }
        read_incident(s, a, &out->items[out->count++]);
    }
    return step;
}

int incidents_count_open(struct db *d, struct arena *a, struct incident_count **out, size_t *count, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT cluster_id, count(*), max(severity) FROM incidents WHERE state = 'open' GROUP BY cluster_id", e);
    size_t room = 0;
    int step;
    *out = NULL;
    *count = 0;
    if (!s)
        return -1;
    while ((step = db_step(s, e)) == DB_ROW) {
        if (*count == room) {
            room = room ? room * 2 : 16;
            struct incident_count *more = ARENA_ARRAY(a, struct incident_count, room);
            if (*count)
                memcpy(more, *out, *count * sizeof *more);
            *out = more;
        }
        (*out)[(*count)++] = (struct incident_count){ db_get_str(s, 0, a), db_get_int(s, 1), db_get_int(s, 2) };
    }
    return step;
}

/* "opened_at.id" of the last row of a page. */
static bool parse_cursor(const char *cursor, int64_t *opened_at, const char **id)
{
    char *end;
    *opened_at = strtoll(cursor, &end, 10);
    *id = end + 1;
    return *end == '.' && end > cursor;
}

int incidents_list(struct db *d, const struct incident_filter *f, struct arena *a, struct incident_list *out, const char **next, struct err *e)
{
    int64_t before = INT64_MAX;
    const char *before_id = "";
    if (f->cursor && f->cursor[0] && !parse_cursor(f->cursor, &before, &before_id))
        return err_set(e, ERR_INVALID, "cursor is not one that a list gave");
    struct db_stmt *s = db_prepare(d, "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE (opened_at < ?1 OR (opened_at = ?1 AND id > ?2))"
                                      " AND (?3 IS NULL OR cluster_id = ?3) AND (?4 IS NULL OR state = ?4)"
                                      " AND (?4 IS NOT NULL OR state = 'open' OR (state = 'closed' AND phase <> 'dismissed' AND closed_at >= ?5))"
                                      " AND (?6 IS NULL OR code = ?6) AND (?7 IS NULL OR family = ?7) AND (?8 IS NULL OR namespace = ?8)"
                                      " AND (?9 = 0 OR (?9 >> severity) & 1) AND opened_at >= ?10"
                                      " AND (?11 IS NULL OR title LIKE '%' || ?11 || '%' OR title_zh LIKE '%' || ?11 || '%' OR object LIKE '%' || ?11 || '%' OR code LIKE '%' || ?11 || '%')"
                                      " ORDER BY opened_at DESC, id LIMIT ?12", e);
    if (!s)
        return -1;
    db_int(s, 1, before);
    db_text(s, 2, before_id);
    db_text(s, 3, f->cluster_id);
    db_text(s, 4, f->state);
    db_int(s, 5, f->closed_since);
    db_text(s, 6, f->code);
    db_text(s, 7, f->family);
    db_text(s, 8, f->namespace_);
    db_int(s, 9, f->severities);
    db_int(s, 10, f->since);
    db_text(s, 11, f->text);
    db_int(s, 12, f->limit + 1);
    if (many_incidents(s, a, out, e))
        return -1;
    *next = "";
    if ((int)out->count > f->limit) {
        out->count--;
        const struct incident *last = &out->items[out->count - 1];
        *next = arena_printf(a, "%lld.%s", (long long)last->opened_at, last->id);
    }
    return 0;
}

int incidents_similar(struct db *d, const struct incident *to, int limit, struct arena *a, struct incident_list *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE code = ?1 AND id <> ?2 AND state <> 'merged'"
                                      " ORDER BY object = ?3 DESC, opened_at DESC LIMIT ?4", e);
    if (!s)
        return -1;
    db_text(s, 1, to->code);
    db_text(s, 2, to->id);
    db_text(s, 3, to->object);
    db_int(s, 4, limit);
    return many_incidents(s, a, out, e);
}

int incident_events_add(struct db *d, const struct incident_event *event, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT OR IGNORE INTO incident_events (incident_id, event_id, type, reason, message, object, at, severity, delta, recovery)"
                                      " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)", e);
    if (!s)
        return -1;
    db_text(s, 1, event->incident_id);
    db_text(s, 2, event->event_id);
    db_text(s, 3, event->type);
    db_text(s, 4, event->reason);
    db_text(s, 5, event->message);
    db_text(s, 6, event->object);
    db_int(s, 7, event->at);
    db_int(s, 8, event->severity);
    db_int(s, 9, event->delta);
    db_int(s, 10, event->recovery);
    if (db_run(s, e))
        return -1;
    return db_changes(d) ? 0 : 1;
}

#define EVENT_COLUMNS "event_id, type, reason, message, object, at, severity, delta, recovery"

int incident_events_list(struct db *d, const char *incident_id, int limit, struct arena *a, struct incident_event **out, size_t *count, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT * FROM (SELECT " EVENT_COLUMNS " FROM incident_events WHERE incident_id = ?1 ORDER BY at DESC, event_id LIMIT ?2)"
                                      " UNION SELECT * FROM (SELECT " EVENT_COLUMNS " FROM incident_events WHERE incident_id = ?1 ORDER BY at, event_id LIMIT ?3)"
                                      " ORDER BY at DESC, event_id", e);
    if (!s)
        return -1;
    db_text(s, 1, incident_id);
    db_int(s, 2, limit - limit / 10);
    db_int(s, 3, limit / 10);
    *out = ARENA_ARRAY(a, struct incident_event, (size_t)limit);
    *count = 0;
    int step;
    while ((step = db_step(s, e)) == DB_ROW)
        (*out)[(*count)++] = (struct incident_event){
            .incident_id = incident_id, .event_id = db_get_str(s, 0, a), .type = db_get_str(s, 1, a), .reason = db_get_str(s, 2, a), .message = db_get_str(s, 3, a),
            .object = db_get_str(s, 4, a), .at = db_get_int(s, 5), .severity = db_get_int(s, 6), .delta = db_get_int(s, 7), .recovery = db_get_int(s, 8) != 0,
        };
    return step;
}

int incident_events_count(struct db *d, const char *incident_id, int64_t *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT COUNT(*) FROM incident_events WHERE incident_id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, incident_id);
    if (db_step(s, e) != DB_ROW)
        return -1;
    *out = db_get_int(s, 0);
    db_done(s);
    return 0;
}

int incident_events_move(struct db *d, const char *from, const char *to, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "UPDATE OR IGNORE incident_events SET incident_id = ?2 WHERE incident_id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, from);
    db_text(s, 2, to);
    return db_run(s, e);
}

int incident_events_has_reason(struct db *d, const char *incident_id, const char *reason, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT 1 FROM incident_events WHERE incident_id = ?1 AND reason = ?2 LIMIT 1", e);
    if (!s)
        return -1;
    db_text(s, 1, incident_id);
    db_text(s, 2, reason);
    int step = db_step(s, e);
    db_done(s);
    return step;
}

int incident_events_spark(struct db *d, const char *incident_id, int64_t from, int64_t to, int buckets, int64_t *out, struct err *e)
{
    memset(out, 0, sizeof *out * (size_t)buckets);
    if (to <= from)
        return 0;
    struct db_stmt *s = db_prepare(d, "SELECT min(?4 - 1, (at - ?2) * ?4 / (?3 - ?2)), sum(delta) FROM incident_events WHERE incident_id = ?1 AND at >= ?2 AND at <= ?3 GROUP BY 1", e);
    if (!s)
        return -1;
    db_text(s, 1, incident_id);
    db_int(s, 2, from);
    db_int(s, 3, to);
    db_int(s, 4, buckets);
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        int64_t at = db_get_int(s, 0);
        if (at >= 0 && at < buckets)
            out[at] = db_get_int(s, 1);
    }
    return step;
}

int incident_of_event(struct db *d, const char *event_id, const char *cluster_id, struct arena *a, const char **incident_id, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT v.incident_id FROM incident_events v JOIN incidents i ON i.id = v.incident_id WHERE v.event_id = ?1 AND i.cluster_id = ?2 LIMIT 1", e);
    if (!s)
        return -1;
    db_text(s, 1, event_id);
    db_text(s, 2, cluster_id);
    int step = db_step(s, e);
    if (step == DB_ROW)
        *incident_id = db_get_str(s, 0, a);
    db_done(s);
    return step < 0 ? -1 : step == DB_ROW ? 0 : 1;
}

int incident_steps_add(struct db *d, const char *incident_id, const struct incident_step *step, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO incident_steps (incident_id, at, object, text, text_zh) VALUES (?1,?2,?3,?4,?5)", e);
    if (!s)
        return -1;
    db_text(s, 1, incident_id);
    db_int(s, 2, step->at);
    db_text(s, 3, step->object);
    db_text(s, 4, step->text);
    db_text(s, 5, step->text_zh);
    return db_run(s, e);
}

int incident_steps_has_object(struct db *d, const char *incident_id, const char *object, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT 1 FROM incident_steps WHERE incident_id = ?1 AND object = ?2 LIMIT 1", e);
    if (!s)
        return -1;
    db_text(s, 1, incident_id);
    db_text(s, 2, object);
    int step = db_step(s, e);
    db_done(s);
    return step;
}

#define STEPS_MAX 200    /* of one incident that are shown */

int incident_steps_list(struct db *d, const char *incident_id, struct arena *a, struct incident_step **out, size_t *count, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT at, object, text, text_zh FROM incident_steps WHERE incident_id = ?1 ORDER BY id DESC LIMIT ?2", e);
    if (!s)
        return -1;
    db_text(s, 1, incident_id);
    db_int(s, 2, STEPS_MAX);
    *out = ARENA_ARRAY(a, struct incident_step, STEPS_MAX);
    *count = 0;
    int step;
    while ((step = db_step(s, e)) == DB_ROW)
        (*out)[(*count)++] = (struct incident_step){ .at = db_get_int(s, 0), .object = db_get_str(s, 1, a), .text = db_get_str(s, 2, a), .text_zh = db_get_str(s, 3, a) };
    return step;
}

#define TASK_COLUMNS "id, incident_id, cluster_id, object, step, bundle, attempts, next_at, created_at, again_at"

static void read_task(struct db_stmt *s, struct arena *a, struct task *out)
{
    *out = (struct task){ .id = db_get_str(s, 0, a), .incident_id = db_get_str(s, 1, a), .cluster_id = db_get_str(s, 2, a), .object = db_get_str(s, 3, a),
                          .step = db_get_str(s, 4, a), .bundle = db_get_str(s, 5, a), .attempts = db_get_int(s, 6), .next_at = db_get_int(s, 7), .created_at = db_get_int(s, 8),
                          .again_at = db_get_int(s, 9) };
}

int tasks_put(struct db *d, const struct task *t, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO tasks (" TASK_COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"
                                      " ON CONFLICT (id) DO UPDATE SET object=?4, step=?5, bundle=?6, attempts=?7, next_at=?8, again_at=?10", e);
    if (!s)
        return -1;
    db_text(s, 1, t->id);
    db_text(s, 2, t->incident_id);
    db_text(s, 3, t->cluster_id);
    db_text(s, 4, t->object);
    db_text(s, 5, t->step);
    db_text(s, 6, t->bundle);
    db_int(s, 7, t->attempts);
    db_int(s, 8, t->next_at);
    db_int(s, 9, t->created_at);
    db_int(s, 10, t->again_at);
    return db_run(s, e);
}

static int one_task(struct db_stmt *s, struct arena *a, struct task *out, struct err *e)
{
    int step = db_step(s, e);
    if (step < 0)
        return -1;
    if (step == 0)
        return 1;
    read_task(s, a, out);
    db_done(s);
    return 0;
}

int tasks_get(struct db *d, const char *id, struct arena *a, struct task *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " TASK_COLUMNS " FROM tasks WHERE id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, id);
    return one_task(s, a, out, e);
}

int tasks_of_incident(struct db *d, const char *incident_id, struct arena *a, struct task *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " TASK_COLUMNS " FROM tasks WHERE incident_id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, incident_id);
    return one_task(s, a, out, e);
}

/* The first look at an incident comes before the next one at another: it was due when its task was made. */
#define TASKS_DUE \
    "WITH taken AS (SELECT cluster_id, count(*) AS places FROM tasks WHERE step IN ('" TASK_WAITING "', '" TASK_BUSY "') GROUP BY cluster_id)," \
    " looks AS (SELECT tasks.*, coalesce(places, 0) + row_number() OVER (PARTITION BY cluster_id ORDER BY next_at > created_at, next_at) AS place" \
    " FROM tasks LEFT JOIN taken USING (cluster_id) WHERE step = '" TASK_EVIDENCE "' AND next_at <= ?1)" \
    " SELECT " TASK_COLUMNS " FROM tasks WHERE step IN ('" TASK_WAITING "', '" TASK_BUSY "', '" TASK_DIAGNOSE "', '" TASK_REPORT "') AND next_at <= ?1" \
    " UNION ALL SELECT " TASK_COLUMNS " FROM looks WHERE place <= ?2 ORDER BY next_at LIMIT ?3"

int tasks_due(struct db *d, int64_t now, int looks_max, int limit, struct arena *a, struct task **out, size_t *count, struct err *e)
{
    struct db_stmt *s = db_prepare(d, TASKS_DUE, e);
    if (!s)
        return -1;
    db_int(s, 1, now);
    db_int(s, 2, looks_max);
    db_int(s, 3, limit);
    *out = ARENA_ARRAY(a, struct task, (size_t)limit);
    *count = 0;
    int step;
    while ((step = db_step(s, e)) == DB_ROW)
        read_task(s, a, &(*out)[(*count)++]);
    return step;
}

int tasks_delete(struct db *d, const char *id, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "DELETE FROM tasks WHERE id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, id);
    return db_run(s, e);
}

int incidents_sweep(struct db *d, int64_t before, int limit, int *removed, struct err *e)
{
    static const char *const sql[] = {
        "DELETE FROM incident_events WHERE incident_id IN (SELECT id FROM incidents WHERE state <> 'open' AND closed_at < ?1 ORDER BY closed_at LIMIT ?2)",
        "DELETE FROM incident_steps WHERE incident_id IN (SELECT id FROM incidents WHERE state <> 'open' AND closed_at < ?1 ORDER BY closed_at LIMIT ?2)",
        "DELETE FROM incidents WHERE id IN (SELECT id FROM incidents WHERE state <> 'open' AND closed_at < ?1 ORDER BY closed_at LIMIT ?2)",
    };
    if (db_begin(d, e))
        return -1;
    for (size_t i = 0; i < COUNT(sql); i++) {
        struct db_stmt *s = db_prepare(d, sql[i], e);
        if (s) {
            db_int(s, 1, before);
            db_int(s, 2, limit);
        }
        if (!s || db_run(s, e)) {
            db_rollback(d);
            return -1;
        }
        *removed = db_changes(d);
    }
    return db_commit(d, e);
}
