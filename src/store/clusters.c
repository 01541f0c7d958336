#include "store/clusters.h"

#define COLUMNS                                                                                                      \
    "cluster_id, uid, admission, reason, link, link_since, registered_at, last_seen, epoch, hello, beat, "           \
    "events_total, metrics_total, commands_total, gaps_total, dead_letters"

static void bind_row(struct db_stmt *s, const struct cluster_row *row)
{
    db_text(s, 1, row->cluster_id);
    db_text(s, 2, row->uid);
    db_int(s, 3, row->admission);
    db_text(s, 4, row->reason);
    db_int(s, 5, row->link);
    db_int(s, 6, row->link_since);
    db_int(s, 7, row->registered_at);
    db_int(s, 8, row->last_seen);
    db_int(s, 9, (int64_t)row->epoch);
    db_text(s, 10, row->hello);
    db_text(s, 11, row->beat);
    db_int(s, 12, row->events_total);
    db_int(s, 13, row->metrics_total);
    db_int(s, 14, row->commands_total);
    db_int(s, 15, row->gaps_total);
    db_int(s, 16, row->dead_letters);
}

int clusters_insert(struct db *d, struct cluster_row *row, struct err *e)
{
    static const char sql[] = "INSERT INTO clusters (" COLUMNS ") VALUES "
                              "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    bind_row(s, row);
    if (db_run(s, e))
        return err_wrap(e, "storing cluster %s", row->cluster_id);
    row->n = db_last_id(d);
    return 0;
}

int clusters_update(struct db *d, const struct cluster_row *row, struct err *e)
{
    static const char sql[] = "UPDATE clusters SET (" COLUMNS ") = "
                              "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) WHERE n = ?17";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    bind_row(s, row);
    db_int(s, 17, row->n);
    return db_run(s, e) ? err_wrap(e, "storing cluster %s", row->cluster_id) : 0;
}

int clusters_load(struct db *d, void (*each)(void *arg, const struct cluster_row *row), void *arg, struct err *e)
{
    static const char sql[] = "SELECT " COLUMNS ", n FROM clusters ORDER BY n";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        struct cluster_row row = {
            .cluster_id = db_get_text(s, 0),
            .uid = db_get_text(s, 1),
            .admission = (int)db_get_int(s, 2),
            .reason = db_get_text(s, 3),
            .link = (int)db_get_int(s, 4),
            .link_since = db_get_int(s, 5),
            .registered_at = db_get_int(s, 6),
            .last_seen = db_get_int(s, 7),
            .epoch = (uint64_t)db_get_int(s, 8),
            .hello = db_get_text(s, 9),
            .beat = db_get_text(s, 10),
            .events_total = db_get_int(s, 11),
            .metrics_total = db_get_int(s, 12),
            .commands_total = db_get_int(s, 13),
            .gaps_total = db_get_int(s, 14),
            .dead_letters = db_get_int(s, 15),
            .n = db_get_int(s, 16),
        };
        each(arg, &row);
    }
    return step ? err_wrap(e, "loading the clusters") : 0;
}

int watermarks_find(struct db *d, int64_t cluster, uint64_t epoch, struct arena *a, struct watermark_row *row,
                    struct err *e)
{
    static const char sql[] = "SELECT epoch, seq, ahead FROM watermarks WHERE cluster = ?1 AND (?2 = 0 OR epoch = ?2) "
                              "ORDER BY epoch DESC LIMIT 1";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, cluster);
    db_int(s, 2, (int64_t)epoch);
    int step = db_step(s, e);
    if (step < 0)
        return err_wrap(e, "reading a watermark");
    if (step == DB_ROW)
        *row = (struct watermark_row){ (uint64_t)db_get_int(s, 0), (uint64_t)db_get_int(s, 1), db_get_str(s, 2, a) };
    db_done(s);
    return step == DB_ROW;
}

int watermarks_save(struct db *d, int64_t cluster, const struct watermark_row *row, struct err *e)
{
    static const char save[] = "INSERT INTO watermarks (cluster, epoch, seq, ahead) VALUES (?1, ?2, ?3, ?4) "
                               "ON CONFLICT DO UPDATE SET seq = excluded.seq, ahead = excluded.ahead";
    static const char forget[] = "DELETE FROM watermarks WHERE cluster = ?1 AND epoch <> ?3 AND epoch < "
                                 "(SELECT min(epoch) FROM (SELECT epoch FROM watermarks WHERE cluster = ?1 "
                                 "ORDER BY epoch DESC LIMIT ?2))";
    struct db_stmt *s = db_prepare(d, save, e);
    if (!s)
        return -1;
    db_int(s, 1, cluster);
    db_int(s, 2, (int64_t)row->epoch);
    db_int(s, 3, (int64_t)row->seq);
    db_text(s, 4, row->ahead);
    if (db_run(s, e))
        return err_wrap(e, "storing a watermark");
    s = db_prepare(d, forget, e);
    if (!s)
        return -1;
    db_int(s, 1, cluster);
    db_int(s, 2, WATERMARK_EPOCHS_MAX);
    db_int(s, 3, (int64_t)row->epoch);
    return db_run(s, e) ? err_wrap(e, "forgetting old watermarks") : 0;
}
