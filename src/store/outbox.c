#include "store/outbox.h"

int outbox_insert(struct db *d, struct outbox_row *row, int64_t due_at, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO outbox (event, command, due_at) VALUES (?1, ?2, ?3)", e);
    if (!s)
        return -1;
    if (row->event)
        db_int(s, 1, row->event);
    db_text(s, 2, row->command);
    db_int(s, 3, due_at);
    if (db_run(s, e))
        return err_wrap(e, "writing to the outbox");
    row->n = db_last_id(d);
    return 0;
}

int outbox_due(struct db *d, int64_t now_ms, int limit, void (*each)(void *arg, const struct outbox_row *row), void *arg,
               struct err *e)
{
    static const char sql[] = "SELECT n, event, command FROM outbox WHERE due_at <= ?1 ORDER BY due_at, n LIMIT ?2";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, now_ms);
    db_int(s, 2, limit);
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        struct outbox_row row = { .n = db_get_int(s, 0), .event = db_get_int(s, 1), .command = db_get_text(s, 2) };
        each(arg, &row);
    }
    return step ? err_wrap(e, "reading the outbox") : 0;
}

int outbox_all_due(struct db *d, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "UPDATE outbox SET due_at = 0 WHERE due_at > 0", e);
    if (!s)
        return -1;
    return db_run(s, e) ? err_wrap(e, "writing to the outbox") : 0;
}

int outbox_put_off(struct db *d, int64_t n, int64_t due_at, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "UPDATE outbox SET due_at = ?2 WHERE n = ?1", e);
    if (!s)
        return -1;
    db_int(s, 1, n);
    db_int(s, 2, due_at);
    return db_run(s, e) ? err_wrap(e, "writing to the outbox") : 0;
}

int outbox_handled(struct db *d, int64_t n, int64_t *event, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "DELETE FROM outbox WHERE n = ?1 RETURNING event", e);
    if (!s)
        return -1;
    db_int(s, 1, n);
    int step = db_step(s, e);
    if (step < 0)
        return err_wrap(e, "clearing the outbox");
    if (step == 0)
        return 0;
    *event = db_get_int(s, 0);
    return db_run(s, e) ? err_wrap(e, "clearing the outbox") : 1;
}

int outbox_count(struct db *d, int64_t *count, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT count(*) FROM outbox", e);
    if (!s)
        return -1;
    if (db_step(s, e) < 0)
        return err_wrap(e, "counting the outbox");
    *count = db_get_int(s, 0);
    db_done(s);
    return 0;
}
