#include "store/samples.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"

static void bind_number(struct db_stmt *s, int at, int64_t value)
{
    if (value != WIRE_ABSENT)
        db_int(s, at, value);
}

static int64_t get_number(struct db_stmt *s, int column)
{
    return db_is_null(s, column) ? WIRE_ABSENT : db_get_int(s, column);
}

static void write_number(struct json_w *w, const char *key, int64_t value)
{
    if (value != WIRE_ABSENT)
        json_w_int(w, key, value);
}

static int insert_cluster(struct db *d, int64_t cluster, const struct wire_metrics *m, struct err *e)
{
    static const char sql[] = "INSERT OR IGNORE INTO cluster_samples (cluster, at, cpu, memory, pods, restarts) "
                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, cluster);
    db_int(s, 2, m->timestamp);
    bind_number(s, 3, m->cpu_millicores);
    bind_number(s, 4, m->memory_bytes);
    bind_number(s, 5, m->pods);
    bind_number(s, 6, m->restarts);
    return db_run(s, e) ? err_wrap(e, "storing a sample") : db_changes(d);
}

static int insert_node(struct db *d, int64_t cluster, const struct wire_node_sample *n, int64_t at, struct err *e)
{
    static const char sql[] = "INSERT OR IGNORE INTO node_samples (cluster, node, at, cpu, memory, pods) "
                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, cluster);
    db_text(s, 2, n->name);
    db_int(s, 3, at);
    bind_number(s, 4, n->cpu_millicores);
    bind_number(s, 5, n->memory_bytes);
    bind_number(s, 6, n->pods);
    return db_run(s, e) ? err_wrap(e, "storing a node's sample") : 0;
}

static char *node_json(const struct wire_node_sample *n, int64_t at)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "name", n->name);
    json_w_bool(w, "ready", n->ready);
    json_w_array(w, "conditions");
    for (size_t i = 0; i < n->n_conditions; i++) {
        json_w_object(w, NULL);
        json_w_str(w, "type", n->conditions[i].type);
        json_w_str(w, "status", n->conditions[i].status);
        json_w_str(w, "reason", n->conditions[i].reason);
        json_w_end(w);
    }
    json_w_end(w);
    json_w_bool(w, "unschedulable", n->unschedulable);
    write_number(w, "cpu_millicores", n->cpu_millicores);
    write_number(w, "cpu_allocatable", n->cpu_allocatable);
    write_number(w, "memory_bytes", n->memory_bytes);
    write_number(w, "memory_allocatable", n->memory_allocatable);
    write_number(w, "pods", n->pods);
    write_number(w, "pods_allocatable", n->pods_allocatable);
    json_w_str(w, "kubelet_version", n->kubelet_version);
    json_w_time(w, "sampled_at", at);
    json_w_end(w);
    return json_w_take(w, NULL);
}

/* A sample that comes late does not overwrite a newer one. */
static int show_node(struct db *d, int64_t cluster, const struct wire_node_sample *n, int64_t at, struct err *e)
{
    static const char sql[] = "INSERT INTO nodes (cluster, name, sampled_at, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO "
                              "UPDATE SET sampled_at = excluded.sampled_at, body = excluded.body "
                              "WHERE excluded.sampled_at >= sampled_at";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    AUTO_FREE char *body = node_json(n, at);
    db_int(s, 1, cluster);
    db_text(s, 2, n->name);
    db_int(s, 3, at);
    db_text(s, 4, body);
    return db_run(s, e) ? err_wrap(e, "storing a node") : 0;
}

int samples_insert(struct db *d, int64_t cluster, const struct wire_metrics *m, struct err *e)
{
    int fresh = insert_cluster(d, cluster, m, e);
    for (size_t i = 0; fresh >= 0 && i < m->n_node_samples; i++)
        if (insert_node(d, cluster, &m->node_samples[i], m->timestamp, e) ||
            show_node(d, cluster, &m->node_samples[i], m->timestamp, e))
            return -1;
    return fresh;
}

int samples_list(struct db *d, int64_t cluster, const char *node, int64_t since, int64_t until, int max,
                 void (*each)(void *arg, const struct sample_point *p), void *arg, struct err *e)
{
    /* A bare column beside max() is of the row that holds the maximum. */
    static const char whole[] = "SELECT max(at), cpu, memory, pods, restarts FROM cluster_samples "
                                "WHERE cluster = ?1 AND at >= ?2 AND at <= ?3 AND ?5 IS NULL GROUP BY (at - ?2) / ?4 ORDER BY 1";
    static const char one[] = "SELECT max(at), cpu, memory, pods, NULL FROM node_samples "
                              "WHERE cluster = ?1 AND node = ?5 AND at >= ?2 AND at <= ?3 GROUP BY (at - ?2) / ?4 ORDER BY 1";
    struct db_stmt *s = db_prepare(d, node ? one : whole, e);
    if (!s)
        return -1;
    int64_t span = (until - since) / max + 1;
    db_int(s, 1, cluster);
    db_int(s, 2, since);
    db_int(s, 3, until);
    db_int(s, 4, span);
    db_text(s, 5, node);
    int step;
    while ((step = db_step(s, e)) == DB_ROW) {
        struct sample_point p = {
            .at = db_get_int(s, 0),
            .cpu = get_number(s, 1),
            .memory = get_number(s, 2),
            .pods = get_number(s, 3),
            .restarts = get_number(s, 4),
        };
        each(arg, &p);
    }
    return step ? err_wrap(e, "listing samples") : 0;
}

int nodes_list(struct db *d, int64_t cluster, int64_t since_ms, void (*each)(void *arg, const char *body), void *arg,
               struct err *e)
{
    static const char sql[] = "SELECT body FROM nodes WHERE cluster = ?1 AND sampled_at >= ?2 ORDER BY name";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, cluster);
    db_int(s, 2, since_ms);
    int step;
    while ((step = db_step(s, e)) == DB_ROW)
        each(arg, db_get_text(s, 0));
    return step ? err_wrap(e, "listing nodes") : 0;
}

int samples_newest(struct db *d, int64_t cluster, int64_t *at, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT max(at) FROM cluster_samples WHERE cluster = ?1", e);
    if (!s)
        return -1;
    db_int(s, 1, cluster);
    if (db_step(s, e) < 0)
        return err_wrap(e, "reading the newest sample");
    *at = db_get_int(s, 0);
    db_done(s);
    return 0;
}

int samples_sweep(struct db *d, int64_t cluster, int64_t before_ms, struct err *e)
{
    static const char *const texts[] = {
        "DELETE FROM cluster_samples WHERE cluster = ?1 AND at < ?2",
        "DELETE FROM node_samples WHERE cluster = ?1 AND node IN (SELECT name FROM nodes WHERE cluster = ?1) AND at < ?2",
        "DELETE FROM nodes WHERE cluster = ?1 AND sampled_at < ?2",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct db_stmt *s = db_prepare(d, texts[i], e);
        if (!s)
            return -1;
        db_int(s, 1, cluster);
        db_int(s, 2, before_ms);
        if (db_run(s, e))
            return err_wrap(e, "deleting old samples");
    }
    return 0;
}
