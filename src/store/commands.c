#include "store/commands.h"

#define COLUMNS "n, cluster, id, incident_id, state, created_at, expires_at, deadline_at, sent_at, finished_at, tries, body, result"

int commands_insert(struct db *d, struct command_row *row, struct err *e)
{
    static const char sql[] = "INSERT OR IGNORE INTO commands (cluster, id, incident_id, state, created_at, expires_at, "
                              "deadline_at, tries, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, row->cluster);
    db_text(s, 2, row->id);
    db_text(s, 3, row->incident_id);
    db_int(s, 4, row->state);
    db_int(s, 5, row->created_at);
    db_int(s, 6, row->expires_at);
    db_int(s, 7, row->deadline_at);
    db_text(s, 8, row->body);
    if (db_run(s, e))
        return err_wrap(e, "storing command %s", row->id);
    row->n = db_last_id(d);
    return db_changes(d);
}

int commands_update(struct db *d, const struct command_row *row, struct err *e)
{
    static const char sql[] = "UPDATE commands SET state = ?2, sent_at = nullif(?3, 0), tries = ?4, "
                              "finished_at = nullif(?5, 0), result = coalesce(?6, result) WHERE n = ?1";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, row->n);
    db_int(s, 2, row->state);
    db_int(s, 3, row->sent_at);
    db_int(s, 4, row->tries);
    db_int(s, 5, row->finished_at);
    db_text(s, 6, row->result);
    return db_run(s, e) ? err_wrap(e, "storing command %s", row->id) : 0;
}

static void read_row(struct db_stmt *s, struct command_row *row)
{
    *row = (struct command_row){
        .n = db_get_int(s, 0),
        .cluster = db_get_int(s, 1),
        .id = db_get_text(s, 2),
        .incident_id = db_get_text(s, 3),
        .state = (int)db_get_int(s, 4),
        .created_at = db_get_int(s, 5),
        .expires_at = db_get_int(s, 6),
        .deadline_at = db_get_int(s, 7),
        .sent_at = db_get_int(s, 8),
        .finished_at = db_get_int(s, 9),
        .tries = (int)db_get_int(s, 10),
        .body = db_get_text(s, 11),
        .result = db_get_text(s, 12),
    };
}

int commands_find(struct db *d, const char *id, struct arena *a, struct command_row *row, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " COLUMNS " FROM commands WHERE id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, id);
    int step = db_step(s, e);
    if (step < 0)
        return err_wrap(e, "reading command %s", id);
    if (step == DB_ROW) {
        read_row(s, row);
        row->id = arena_strdup(a, row->id);
        row->incident_id = arena_strdup(a, row->incident_id);
        row->body = arena_strdup(a, row->body);
        row->result = arena_strdup(a, row->result);
    }
    db_done(s);
    return step == DB_ROW;
}

int commands_open(struct db *d, void (*each)(void *arg, const struct command_row *row), void *arg, struct err *e)
{
    static const char sql[] = "SELECT " COLUMNS " FROM commands INDEXED BY commands_open WHERE finished_at IS NULL ORDER BY n";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        struct command_row row;
        read_row(s, &row);
        each(arg, &row);
    }
    return step ? err_wrap(e, "loading open commands") : 0;
}

int commands_list(struct db *d, const struct command_filter *f, int64_t before, int limit,
                  void (*each)(void *arg, const struct command_row *row), void *arg, int64_t *next, struct err *e)
{
    static const char sql[] = "SELECT " COLUMNS " FROM commands WHERE n < ?1 AND (?2 = 0 OR cluster = ?2) AND "
                              "(?3 IS NULL OR incident_id = ?3) AND (?4 < 0 OR state = ?4) ORDER BY n DESC LIMIT ?5";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, before ? before : INT64_MAX);
    db_int(s, 2, f->cluster);
    db_text(s, 3, f->incident_id);
    db_int(s, 4, f->state);
    db_int(s, 5, (int64_t)limit + 1);
    int given = 0, step;
    int64_t last = 0;
    *next = 0;
    while ((step = db_step(s, e)) == DB_ROW) {
        if (given++ == limit) {
            *next = last;
            break;
        }
        struct command_row row;
        read_row(s, &row);
        last = row.n;
        each(arg, &row);
    }
    db_done(s);
    return step < 0 ? err_wrap(e, "listing commands") : 0;
}

int commands_sweep(struct db *d, int64_t created_before_ms, int limit, struct err *e)
{
    /* An outbox row may still tell of it. */
    static const char sql[] = "DELETE FROM commands WHERE n IN (SELECT n FROM commands WHERE n < "
                              "(SELECT max(n) FROM commands) AND created_at < ?1 AND finished_at IS NOT NULL AND "
                              "NOT EXISTS (SELECT 1 FROM outbox o WHERE o.command = commands.id) ORDER BY n LIMIT ?2)";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, created_before_ms);
    db_int(s, 2, limit);
    return db_run(s, e) ? err_wrap(e, "deleting old commands") : db_changes(d);
}
