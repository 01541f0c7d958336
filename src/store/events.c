#include "store/events.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "store/event_rows.h"

#define SERIES_BITS 20    /* of the uid; the milliseconds before them have room until the year 2248 */

/* What makes an event one and the same: the revision of an Event object, else the id that its sender gave it. */
struct identity {
    const char *version, *ident;
    bool aliased;                 /* the id does not follow from version and ident */
};

static bool is_revision(const struct wire_event *event)
{
    return event->type == EVENT_K8S && event->uid && event->resource_version;
}

static struct identity identify(const struct wire_event *event)
{
    if (!is_revision(event))
        return (struct identity){ "", event->id, true };
    size_t size = strlen(event->uid);
    bool follows = str_starts(event->id, event->uid) && event->id[size] == '.' && str_eq(event->id + size + 1, event->resource_version);
    return (struct identity){ event->resource_version, event->uid, !follows };
}

void event_lower(char *text)
{
    for (; text && *text; text++)
        *text = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
}

/* The same for all revisions of one Event, and growing from one to the next: when it was first seen, then bits of its uid (FNV-1a). Rows of others
 * that share it are told apart by their idents. */
static int64_t series_of(const struct wire_event *event)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *at = event->uid; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
    return event->first_seen ? event->first_seen << SERIES_BITS | (int64_t)(hash & ((1 << SERIES_BITS) - 1)) : (int64_t)hash;
}

/* Occurrences of this Event that are stored already, by the highest count seen. */
static int last_count(struct db *d, int64_t cluster, const struct wire_event *event, int64_t *count, struct err *e)
{
    static const char sql[] = "SELECT max(count) FROM events INDEXED BY events_series "
                              "WHERE series = ?1 AND cluster = ?2 AND ident = ?3";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, series_of(event));
    db_int(s, 2, cluster);
    db_text(s, 3, event->uid);
    if (db_step(s, e) < 0)
        return err_wrap(e, "reading the last count of %s", event->uid);
    *count = db_get_int(s, 0);
    db_done(s);
    return 0;
}

static int new_occurrences(struct db *d, int64_t cluster, const struct wire_event *event, int64_t *delta, struct err *e)
{
    int64_t before = 0;
    if (event->count <= 0) {
        *delta = event->delta > 0 ? event->delta : 1;
        return 0;
    }
    if (event->count > 1 && is_revision(event) && last_count(d, cluster, event, &before, e))
        return -1;
    *delta = event->count > before ? event->count - before : 0;
    return 0;
}

/* Events about a Node live in some namespace, but are not of it. */
static const char *namespace_of(const struct wire_event *event)
{
    if (event->involved.namespace_)
        return event->involved.namespace_;
    return event->cluster_scoped ? NULL : event->namespace_;
}

/* A row to be. */
struct fresh {
    int64_t cluster, at, stored_at, delta;
    const struct wire_event *event;
    struct identity id;
    const char *kind, *reason;    /* in lower case */
};

static const char *lower(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);
    event_lower(copy);
    return copy;
}

static void lend(struct db_stmt *s, int at, const char *text)
{
    db_lend(s, at, text, text ? strlen(text) : 0);
}

/* The first row of a revision; 0 when it is there already. */
static int insert_row(struct db *d, const struct fresh *fresh, struct err *e)
{
    static const char sql[] =
        "INSERT OR IGNORE INTO events (cluster, version, ident, alias, type, severity, at, stored_at, namespace, kind, "
        "name, reason, count, delta, series) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    const struct wire_event *event = fresh->event;
    db_int(s, 1, fresh->cluster);
    lend(s, 2, fresh->id.version);
    lend(s, 3, fresh->id.ident);
    lend(s, 4, fresh->id.aliased ? event->id : NULL);
    db_int(s, 5, event->type);
    db_int(s, 6, event->severity);
    db_int(s, 7, fresh->at);
    db_int(s, 8, fresh->stored_at);
    lend(s, 9, namespace_of(event));
    lend(s, 10, fresh->kind);
    lend(s, 11, event->involved.name);
    lend(s, 12, fresh->reason);
    db_int(s, 13, event->count);
    db_int(s, 14, fresh->delta);
    if (event->count > 0 && is_revision(event))
        db_int(s, 15, series_of(event));
    if (db_run(s, e))
        return err_wrap(e, "storing event %s", event->id);
    return db_changes(d);
}

static int insert_body(struct db *d, const struct event_stored *stored, const struct wire_event *event, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "INSERT INTO event_bodies (n, body, raw) VALUES (?1, ?2, ?3)", e);
    if (!s)
        return -1;
    db_int(s, 1, stored->n);
    db_lend(s, 2, stored->body, stored->size);
    db_lend(s, 3, event->raw_data, event->raw_size);
    return db_run(s, e) ? err_wrap(e, "storing event %s", event->id) : 0;
}

static void encode(const struct wire_event *event, int64_t delta, struct arena *a, struct event_stored *out)
{
    struct wire_event kept = *event;
    kept.delta = delta;
    kept.raw_data = NULL;
    kept.raw_size = 0;
    AUTO_JSON_W struct json_w *w = json_w_new();
    wire_event_write(w, NULL, &kept);
    AUTO_FREE char *text = json_w_take(w, &out->size);
    out->body = arena_copy(a, text, out->size + 1);
}

int events_insert(struct db *d, int64_t cluster, const struct wire_event *event, int64_t now_ms, struct arena *a,
                  struct event_stored *out, struct err *e)
{
    /* A cluster whose clock is ahead must not sit on top of every list. */
    struct fresh fresh = {
        .cluster = cluster,
        .at = event->timestamp < now_ms ? event->timestamp : now_ms,
        .stored_at = now_ms,
        .event = event,
        .id = identify(event),
        .kind = lower(a, event->involved.kind),
        .reason = lower(a, event->reason),
    };
    if (new_occurrences(d, cluster, event, &fresh.delta, e))
        return -1;
    int stored = insert_row(d, &fresh, e);
    if (stored <= 0)
        return stored;
    *out = (struct event_stored){ .n = db_last_id(d), .delta = fresh.delta };
    encode(event, fresh.delta, a, out);
    return insert_body(d, out, event, e) ? -1 : 1;
}

int events_link(struct db *d, int64_t n, const char *incident_id, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "UPDATE events SET incident_id = ?2 WHERE n = ?1", e);
    if (!s)
        return -1;
    db_int(s, 1, n);
    db_text(s, 2, incident_id);
    return db_run(s, e) ? err_wrap(e, "tying an event to incident %s", incident_id) : 0;
}

int events_body(struct db *d, int64_t n, struct arena *a, char **body, size_t *size, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT body FROM event_bodies WHERE n = ?1", e);
    if (!s)
        return -1;
    db_int(s, 1, n);
    int step = db_step(s, e);
    if (step < 0)
        return err_wrap(e, "reading an event");
    if (step == DB_ROW) {
        *body = db_get_str(s, 0, a);
        *size = strlen(*body);
    }
    db_done(s);
    return step == DB_ROW;
}

/* The last n of the oldest limit rows that are old enough; 0: none. The newest row stays, so that no n comes twice. */
static int sweep_end(struct db *d, int64_t stored_before_ms, int limit, int64_t *end, struct err *e)
{
    static const char sql[] = "SELECT max(n) FROM (SELECT n, stored_at FROM events ORDER BY n LIMIT ?2) "
                              "WHERE stored_at < ?1 AND n < (SELECT max(n) FROM events)";
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, stored_before_ms);
    db_int(s, 2, limit);
    if (db_step(s, e) < 0)
        return err_wrap(e, "looking for old events");
    *end = db_get_int(s, 0);
    db_done(s);
    return 0;
}

static int delete_up_to(struct db *d, const char *sql, int64_t end, struct err *e)
{
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, end);
    return db_run(s, e) ? err_wrap(e, "deleting old events") : 0;
}

int events_sweep(struct db *d, int64_t stored_before_ms, int limit, struct err *e)
{
    int64_t end = 0;
    if (sweep_end(d, stored_before_ms, limit, &end, e))
        return -1;
    if (end == 0)
        return 0;
    if (delete_up_to(d, "DELETE FROM event_bodies WHERE n <= ?1", end, e) || delete_up_to(d, "DELETE FROM events WHERE n <= ?1", end, e))
        return -1;
    int deleted = db_changes(d);
    if (event_index_drop(d, (end + 1) / EVENT_BLOCK, e))
        return -1;
    return deleted;
}
