#include "store/gaps.h"

int gaps_insert(struct db *d, struct gap_row *row, struct err *e)
{
    static const char sql[] = "INSERT OR IGNORE INTO gaps (cluster, event_id, place_from, place_to, cause, count, detail, "
                              "recorded_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, row->cluster);
    db_text(s, 2, row->event_id);
    db_text(s, 3, row->from);
    db_text(s, 4, row->to);
    db_text(s, 5, row->cause);
    if (row->count >= 0)
        db_int(s, 6, row->count);
    db_text(s, 7, row->detail);
    db_int(s, 8, row->recorded_at);
    if (db_run(s, e))
        return err_wrap(e, "storing a gap");
    row->n = db_last_id(d);
    return db_changes(d);
}

int gaps_extend(struct db *d, int64_t cluster, const char *cause, int64_t since_ms, int64_t count, struct err *e)
{
    static const char sql[] = "UPDATE gaps SET count = iif(?4 < 0, NULL, count + ?4) WHERE recorded_at >= ?3 AND n = "
                              "(SELECT max(n) FROM gaps WHERE cluster = ?1 AND cause = ?2 AND event_id IS NULL)";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, cluster);
    db_text(s, 2, cause);
    db_int(s, 3, since_ms);
    db_int(s, 4, count);
    if (db_run(s, e))
        return err_wrap(e, "storing a gap");
    return db_changes(d) > 0;
}

int gaps_list(struct db *d, int64_t cluster, int64_t before, int limit, void (*each)(void *arg, const struct gap_row *row),
              void *arg, int64_t *next, struct err *e)
{
    static const char sql[] = "SELECT n, cluster, place_from, place_to, cause, count, detail, recorded_at FROM gaps "
                              "WHERE n < ?1 AND (?2 = 0 OR cluster = ?2) ORDER BY n DESC LIMIT ?3";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, before ? before : INT64_MAX);
    db_int(s, 2, cluster);
    db_int(s, 3, (int64_t)limit + 1);
    int given = 0, step;
    int64_t last = 0;
    *next = 0;
    while ((step = db_step(s, e)) == DB_ROW) {
        if (given++ == limit) {
            *next = last;
            break;
        }
        struct gap_row row = {
            .n = last = db_get_int(s, 0),
            .cluster = db_get_int(s, 1),
            .from = db_get_text(s, 2),
            .to = db_get_text(s, 3),
            .cause = db_get_text(s, 4),
            .count = db_is_null(s, 5) ? -1 : db_get_int(s, 5),
            .detail = db_get_text(s, 6),
            .recorded_at = db_get_int(s, 7),
        };
        each(arg, &row);
    }
    db_done(s);
    return step < 0 ? err_wrap(e, "listing gaps") : 0;
}

int dead_letters_insert(struct db *d, const struct dead_letter *letter, struct err *e)
{
    static const char sql[] = "INSERT INTO dead_letters (cluster, subject, reason, tries, size, payload, recorded_at) "
                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    if (letter->cluster)
        db_int(s, 1, letter->cluster);
    db_text(s, 2, letter->subject);
    db_text(s, 3, letter->reason);
    db_int(s, 4, letter->tries);
    db_int(s, 5, (int64_t)letter->size);
    db_blob(s, 6, letter->payload, letter->size < DEAD_LETTER_BYTES_MAX ? letter->size : DEAD_LETTER_BYTES_MAX);
    db_int(s, 7, letter->recorded_at);
    if (db_run(s, e))
        return err_wrap(e, "storing a dead letter");
    int64_t newest = db_last_id(d);
    s = db_prepare(d, "DELETE FROM dead_letters WHERE n <= ?1", e);
    if (!s)
        return -1;
    db_int(s, 1, newest - DEAD_LETTERS_MAX);
    return db_run(s, e) ? err_wrap(e, "deleting old dead letters") : 0;
}

int dead_letters_count(struct db *d, int64_t *count, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT count(*) FROM dead_letters", e);
    if (!s)
        return -1;
    if (db_step(s, e) < 0)
        return err_wrap(e, "counting dead letters");
    *count = db_get_int(s, 0);
    db_done(s);
    return 0;
}
