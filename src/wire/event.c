#include "wire/event.h"

#include <string.h>

#include "base/str.h"
#include "wire/agent.h"
#include "wire/field.h"
#include "wire/subject.h"

/* A batch has as many keys as its events have in all; the size of a message bounds them, too. */
static const struct json_limits batch_limits = { .size = WIRE_BODY_MAX, .depth = 64, .keys = 100000 };

const struct json_limits wire_raw_limits = { .size = WIRE_RAW_MAX, .depth = 48, .keys = 5000 };

static const char *const severity_names[] = {
    [SEVERITY_UNKNOWN] = "unknown", [SEVERITY_INFO] = "info", [SEVERITY_LOW] = "low",
    [SEVERITY_MEDIUM] = "medium",   [SEVERITY_HIGH] = "high", [SEVERITY_CRITICAL] = "critical",
};
const struct field_words field_severities = { severity_names, COUNT(severity_names), SEVERITY_UNKNOWN };

static const char *const type_names[] = {
    [EVENT_UNKNOWN] = "unknown",
    [EVENT_K8S] = "k8s_event",
    [EVENT_STATE] = "k8s_state",
    [EVENT_GAP] = "gap",
};
static const struct field_words types = { type_names, COUNT(type_names), EVENT_UNKNOWN };

static const char *const scope_names[] = { "namespaced", "cluster" };
static const struct field_words scopes = { scope_names, COUNT(scope_names), 0 };

static const struct field involved_rows[] = {
    F_STR(struct wire_object, "kind", kind),
    F_STR(struct wire_object, "namespace", namespace_),
    F_STR(struct wire_object, "name", name),
    F_STR(struct wire_object, "uid", uid),
    F_STR(struct wire_object, "api_version", api_version),
    F_STR(struct wire_object, "field_path", field_path),
};
static const struct field_table involved_table = { "event involved", involved_rows, COUNT(involved_rows) };

static const struct field owner_rows[] = {
    F_STR(struct wire_event, "kind", owner_kind),
    F_STR(struct wire_event, "name", owner_name),
};
static const struct field_table owner_table = { "event owner", owner_rows, COUNT(owner_rows) };

static const struct field event_rows[] = {
    F_STR(struct wire_event, "id", id, .flags = FIELD_REQUIRED | FIELD_EXACT),
    F_STR(struct wire_event, "cluster_id", cluster_id, .flags = FIELD_EXACT),
    F_ENUM(struct wire_event, "type", type, &types),
    F_STR(struct wire_event, "source", source),
    F_STR(struct wire_event, "namespace", namespace_),
    F_ENUM(struct wire_event, "severity", severity, &field_severities),
    F_STR(struct wire_event, "message", message, .max = WIRE_MESSAGE_MAX),
    F_TIME(struct wire_event, "timestamp", timestamp, .flags = FIELD_REQUIRED),
    F_TIME(struct wire_event, "reported_at", reported_at),
    F_STR(struct wire_event, "uid", uid, .flags = FIELD_EXACT),
    F_STR(struct wire_event, "resource_version", resource_version, .flags = FIELD_EXACT),
    F_STR(struct wire_event, "event_type", event_type),
    F_STR(struct wire_event, "reason", reason),
    F_STR(struct wire_event, "action", action),
    F_OBJECT(struct wire_event, "involved", involved, &involved_table),
    F_GROUP("owner", &owner_table),
    F_INT(struct wire_event, "count", count),
    F_INT(struct wire_event, "delta", delta),
    F_TIME(struct wire_event, "first_seen", first_seen),
    F_TIME(struct wire_event, "last_seen", last_seen),
    F_STR(struct wire_event, "component", component),
    F_STR(struct wire_event, "node", node),
    F_WORD(struct wire_event, "scope", cluster_scoped, &scopes),
    F_STR(struct wire_event, "fingerprint", fingerprint),
    F_COUNTER(struct wire_event, "epoch", epoch),
    F_COUNTER(struct wire_event, "seq", seq),
    F_BOOL(struct wire_event, "recovery", recovery),
};
static const struct field_table event_table = { "event", event_rows, COUNT(event_rows) };

static const struct field gap_rows[] = {
    F_STR(struct wire_gap, "from", from),
    F_STR(struct wire_gap, "to", to),
    F_STR(struct wire_gap, "cause", cause, .flags = FIELD_REQUIRED),
    F_INT(struct wire_gap, "count", count, .absent = -1),
    F_STR(struct wire_gap, "detail", detail),
};
static const struct field_table gap_table = { "event gap", gap_rows, COUNT(gap_rows) };

const char *wire_severity_name(enum wire_severity s)
{
    return field_word(&field_severities, s);
}

enum wire_severity wire_severity_parse(const char *name)
{
    return (enum wire_severity)field_value(&field_severities, name);
}

const char *wire_event_type_name(enum wire_event_type t)
{
    return field_word(&types, t);
}

/* The place for a name: where it stands already (the last one wins), else the end. */
static size_t label_place(const struct wire_label *labels, size_t count, const char *name)
{
    size_t i = 0;
    while (i < count && !str_eq(labels[i].name, name))
        i++;
    return i;
}

static void read_labels(const json *v, struct arena *a, struct wire_event *out)
{
    size_t count = json_is_object(v) ? json_count(v) : 0;
    if (count > WIRE_LIST_MAX)
        count = WIRE_LIST_MAX;
    if (count == 0)
        return;
    struct wire_label *labels = ARENA_ARRAY(a, struct wire_label, count);
    size_t taken = 0;
    for (struct json_iter i = json_iter(v); json_next(&i);) {
        const char *value = json_str(i.value);
        size_t place = label_place(labels, taken, i.key);
        if (!value || !*i.key || strlen(i.key) > FIELD_STR_MAX || place == count)
            continue;
        labels[place].name = arena_strdup(a, i.key);
        labels[place].value = arena_strndup(a, value, str_utf8_cut(value, strlen(value), FIELD_STR_MAX));
        if (place == taken)
            taken++;
    }
    out->labels = labels;
    out->n_labels = taken;
}

/* The origin's document has the reason among the labels (docs/protocol.md). */
static const char *reason_of_labels(const struct wire_event *event)
{
    for (size_t i = 0; i < event->n_labels; i++)
        if (str_eq(event->labels[i].name, "reason") && event->labels[i].value[0])
            return event->labels[i].value;
    return NULL;
}

static void write_labels(struct json_w *w, const struct wire_event *event)
{
    if (event->n_labels == 0)
        return;
    json_w_object(w, "labels");
    for (size_t i = 0; i < event->n_labels && i < WIRE_LIST_MAX; i++) {
        const char *value = str_or_empty(event->labels[i].value);
        json_w_strn(w, event->labels[i].name, value, str_utf8_cut(value, strlen(value), FIELD_STR_MAX));
    }
    json_w_end(w);
}

static void read_raw(const json *v, struct arena *a, struct wire_event *out)
{
    if (!v || json_is_null(v))
        return;
    size_t size;
    AUTO_FREE char *text = json_text(v, &size);
    if (size > WIRE_RAW_MAX)
        return;
    out->raw_data = arena_strndup(a, text, size);
    out->raw_size = size;
}

static void write_raw(struct json_w *w, const struct wire_event *event)
{
    if (event->raw_data && event->raw_checked) {
        json_w_text(w, "raw_data", event->raw_data, event->raw_size);
        return;
    }
    AUTO_JSON struct json_doc *raw =
        event->raw_data ? json_parse(event->raw_data, event->raw_size, &wire_raw_limits, NULL) : NULL;
    json_w_copy(w, "raw_data", json_root(raw));
}

/* cluster_id: the subject's, or NULL when the message has to name it. */
static int read_event(const json *v, const char *cluster_id, struct arena *a, struct wire_event *out, struct err *e)
{
    *out = (struct wire_event){ 0 };
    if (!json_is_object(v))
        return err_set(e, ERR_INVALID, "event: it is no object");
    if (field_read(&event_table, v, a, out, e) != 0)
        return -1;
    if (cluster_id && field_identify("event", &out->cluster_id, cluster_id, a, e) != 0)
        return -1;
    if (!cluster_id && !wire_cluster_id_ok(out->cluster_id))
        return err_set(e, ERR_INVALID, "event: cluster_id is missing or malformed");
    read_labels(json_get(v, "labels"), a, out);
    if (!out->reason)
        out->reason = reason_of_labels(out);
    if (out->type == EVENT_GAP) {
        if (field_read(&gap_table, json_get(v, "gap"), a, &out->gap, e) != 0)
            return -1;
    } else if (!out->message && !out->reason) {
        return err_set(e, ERR_INVALID, "event: message and reason are missing, one is needed");
    }
    read_raw(json_get(v, "raw_data"), a, out);
    return 0;
}

int wire_event_read(const json *v, struct arena *a, struct wire_event *out, struct err *e)
{
    return read_event(v, NULL, a, out, e);
}

void wire_event_write(struct json_w *w, const char *key, const struct wire_event *event)
{
    field_begin(w, key);
    field_write(&event_table, w, event);
    if (event->type == EVENT_GAP) {
        json_w_object(w, "gap");
        field_write(&gap_table, w, &event->gap);
        json_w_end(w);
    }
    write_labels(w, event);
    write_raw(w, event);
    json_w_end(w);
}

/* One member of a batch.  The first reason is kept, but a false identity is told before anything else. */
static void read_member(const json *v, const char *cluster_id, struct arena *a, struct wire_events *out,
                        size_t *refused, struct err *e)
{
    struct err why = { 0 };
    if (read_event(v, cluster_id, a, &out->items[out->count], &why) == 0) {
        out->count++;
        return;
    }
    if (e && (*refused == 0 || (why.kind == ERR_REFUSED && e->kind != ERR_REFUSED)))
        *e = why;
    ++*refused;
}

static int read_batch(const json *root, const char *cluster_id, struct arena *a, struct wire_events *out,
                      size_t *refused, struct err *e)
{
    const json *list = json_get(root, "events");
    const char *claimed = json_get_str(root, "cluster_id");
    size_t count = json_count(list), taken = count < WIRE_BATCH_MAX ? count : WIRE_BATCH_MAX;
    *refused = count ? count : 1;
    if (!json_is_array(list))
        return err_set(e, ERR_INVALID, "event: events is no list");
    if (claimed && field_identify("event", &claimed, cluster_id, a, e) != 0)
        return -1;
    *refused = 0;
    out->items = ARENA_ARRAY(a, struct wire_event, taken);
    for (struct json_iter i = json_iter(list); out->count + *refused < taken && json_next(&i);)
        read_member(i.value, cluster_id, a, out, refused, e);
    if (count > taken && *refused == 0)
        err_set(e, ERR_TOO_LARGE, "event: a batch of %zu, at most %d are allowed", count, WIRE_BATCH_MAX);
    *refused += count - taken;
    return count > 0 && out->count == 0 ? -1 : 0;
}

int wire_events_decode(const char *data, size_t size, const char *cluster_id, struct arena *a, struct wire_events *out,
                       size_t *refused, struct err *e)
{
    *out = (struct wire_events){ 0 };
    *refused = 1;
    AUTO_JSON struct json_doc *doc = field_parse("event", data, size, &batch_limits, e);
    if (!doc)
        return -1;
    const json *root = json_root(doc);
    if (json_get(root, "events"))
        return read_batch(root, cluster_id, a, out, refused, e);
    struct wire_event *event = ARENA_NEW(a, struct wire_event);
    if (read_event(root, cluster_id, a, event, e) != 0)
        return -1;
    *out = (struct wire_events){ .items = event, .count = 1 };
    *refused = 0;
    return 0;
}
