#include "wire/agent.h"

#include <string.h>

#include "base/str.h"
#include "wire/field.h"
#include "wire/subject.h"

static const struct field denied_rows[] = {
    F_STR(struct wire_denied, "capability", capability),
    F_STR(struct wire_denied, "verb", verb),
    F_STR(struct wire_denied, "resource", resource),
};
static const struct field_table denied_table = { "register capabilities_denied", denied_rows, COUNT(denied_rows) };

static const struct field register_rows[] = {
    F_STR(struct wire_register, "cluster_id", cluster_id, .flags = FIELD_EXACT),
    F_STR(struct wire_register, "version", version, .flags = FIELD_REQUIRED),
    F_TIME(struct wire_register, "start_time", start_time),
    F_STRINGS(struct wire_register, "capabilities", capabilities.items, capabilities.count, .max = WIRE_LIST_MAX,
              .flags = FIELD_ALWAYS),
    F_STR(struct wire_register, "cluster_name", cluster_name),
    F_STR(struct wire_register, "cluster_uid", cluster_uid, .flags = FIELD_EXACT),
    F_STR(struct wire_register, "instance", instance, .flags = FIELD_EXACT),
    F_COUNTER(struct wire_register, "epoch", epoch),
    F_STR(struct wire_register, "kubernetes_version", kubernetes_version),
    F_INT(struct wire_register, "nodes", nodes, .absent = -1),
    F_LIST(struct wire_register, "capabilities_denied", denied, n_denied, &denied_table, .max = WIRE_LIST_MAX),
    F_STR(struct wire_register, "config_hash", config_hash),
    F_STR(struct wire_register, "build", build),
    F_STR(struct wire_register, "region", region),
    F_STR(struct wire_register, "session", session, .flags = FIELD_EXACT),
    F_COUNTER(struct wire_register, "lease_term", lease_term),
};
static const struct field_table register_table = { "register", register_rows, COUNT(register_rows) };

/* A state that a newer central invented is not an acceptance. */
static const char *const admission_names[] = {
    [ADMISSION_ACCEPTED] = "accepted",
    [ADMISSION_PENDING] = "pending",
    [ADMISSION_REFUSED] = "refused",
};
static const struct field_words admissions = { admission_names, COUNT(admission_names), ADMISSION_PENDING };

static const char *const control_names[] = {
    [CONTROL_UNKNOWN] = "unknown",         [CONTROL_WELCOME] = "welcome",   [CONTROL_WATERMARK] = "watermark",
    [CONTROL_HELLO_AGAIN] = "hello_again", [CONTROL_THROTTLE] = "throttle", [CONTROL_CANCEL] = "cancel",
};
static const struct field_words controls = { control_names, COUNT(control_names), CONTROL_UNKNOWN };

static const struct field watermark_rows[] = {
    F_COUNTER(struct wire_control, "epoch", epoch, .flags = FIELD_ALWAYS),
    F_COUNTER(struct wire_control, "seq", seq, .flags = FIELD_ALWAYS),
};
static const struct field_table watermark_table = { "control watermark", watermark_rows, COUNT(watermark_rows) };

static const struct field settings_rows[] = {
    F_DURATION(struct wire_settings, "heartbeat_interval", heartbeat_ms),
    F_DURATION(struct wire_settings, "metrics_interval", metrics_ms),
    F_DURATION(struct wire_settings, "batch_interval", batch_ms),
    F_INT(struct wire_settings, "batch_max", batch_max),
    F_BOOL(struct wire_settings, "zstd", zstd),
};
static const struct field_table settings_table = { "control settings", settings_rows, COUNT(settings_rows) };

static const struct field control_rows[] = {
    F_ENUM(struct wire_control, "type", type, &controls, .flags = FIELD_REQUIRED),
    F_STR(struct wire_control, "reason", reason),
    F_TIME(struct wire_control, "time", time),
};
static const struct field_table control_table = { "control", control_rows, COUNT(control_rows) };

static const struct field welcome_rows[] = {
    F_ENUM(struct wire_control, "state", state, &admissions, .flags = FIELD_REQUIRED),
    F_GROUP("watermark", &watermark_table),
    F_OBJECT(struct wire_control, "settings", settings, &settings_table),
    F_STR(struct wire_control, "command_key", command_key, .flags = FIELD_EXACT),
    F_STR(struct wire_control, "key_id", key_id, .flags = FIELD_EXACT),
    F_STR(struct wire_control, "session", session, .flags = FIELD_EXACT),
};
static const struct field moved_rows[] = {
    F_GROUP("watermark", &watermark_table, .flags = FIELD_REQUIRED | FIELD_ALWAYS),
};
static const struct field throttle_rows[] = {
    F_DURATION(struct wire_control, "pause", pause_ms, .flags = FIELD_REQUIRED),
};
static const struct field cancel_rows[] = {
    F_STR(struct wire_control, "command_id", command_id, .flags = FIELD_REQUIRED | FIELD_EXACT),
};

/* What belongs to each type beside control_rows. */
static const struct field_table control_more[] = {
    [CONTROL_UNKNOWN] = { "control", NULL, 0 },
    [CONTROL_WELCOME] = { "control welcome", welcome_rows, COUNT(welcome_rows) },
    [CONTROL_WATERMARK] = { "control watermark", moved_rows, COUNT(moved_rows) },
    [CONTROL_HELLO_AGAIN] = { "control hello_again", NULL, 0 },
    [CONTROL_THROTTLE] = { "control throttle", throttle_rows, COUNT(throttle_rows) },
    [CONTROL_CANCEL] = { "control cancel", cancel_rows, COUNT(cancel_rows) },
};

static const char *const health_names[] = {
    [HEALTH_UNKNOWN] = "unknown",
    [HEALTH_HEALTHY] = "healthy",
    [HEALTH_DEGRADED] = "degraded",
    [HEALTH_UNHEALTHY] = "unhealthy",
};
static const struct field_words healths = { health_names, COUNT(health_names), HEALTH_UNKNOWN };

static const struct field queue_rows[] = {
    F_INT(struct wire_heartbeat, "event_queue_size", event_queue, .flags = FIELD_ALWAYS),
    F_INT(struct wire_heartbeat, "metrics_queue_size", metrics_queue, .flags = FIELD_ALWAYS),
    F_INT(struct wire_heartbeat, "command_queue_size", command_queue, .flags = FIELD_ALWAYS),
};
static const struct field_table queue_table = { "heartbeat metrics", queue_rows, COUNT(queue_rows) };

static const struct field spool_rows[] = {
    F_INT(struct wire_heartbeat, "records", spool_records, .flags = FIELD_ALWAYS),
    F_INT(struct wire_heartbeat, "bytes", spool_bytes, .flags = FIELD_ALWAYS),
    F_INT(struct wire_heartbeat, "oldest_ms", spool_oldest_ms, .flags = FIELD_ALWAYS),
    F_INT(struct wire_heartbeat, "dropped", spool_dropped, .flags = FIELD_ALWAYS),
};
static const struct field_table spool_table = { "heartbeat spool", spool_rows, COUNT(spool_rows) };

static const struct field heartbeat_rows[] = {
    F_STR(struct wire_heartbeat, "cluster_id", cluster_id, .flags = FIELD_EXACT),
    F_TIME(struct wire_heartbeat, "timestamp", timestamp),
    F_ENUM(struct wire_heartbeat, "status", status, &healths, .flags = FIELD_REQUIRED),
    F_STRINGS(struct wire_heartbeat, "reasons", reasons.items, reasons.count, .max = WIRE_LIST_MAX, .item_max = 1024),
    F_GROUP("metrics", &queue_table, .flags = FIELD_ALWAYS),
    F_COUNTER(struct wire_heartbeat, "epoch", epoch),
    F_COUNTER(struct wire_heartbeat, "seq", seq),
    F_INT(struct wire_heartbeat, "watch_age_ms", watch_age_ms, .absent = -1),
    F_GROUP("spool", &spool_table),
    F_INT(struct wire_heartbeat, "nodes", nodes, .absent = -1),
    F_STR(struct wire_heartbeat, "session", session, .flags = FIELD_EXACT),
    F_BOOL(struct wire_heartbeat, "connected_api", connected_api, .absent = true, .flags = FIELD_ALWAYS),
};
static const struct field_table heartbeat_table = { "heartbeat", heartbeat_rows, COUNT(heartbeat_rows) };

const char *wire_admission_name(enum wire_admission a)
{
    return field_word(&admissions, a);
}

const char *wire_health_name(enum wire_health h)
{
    return field_word(&healths, h);
}

int wire_register_decode(const char *data, size_t size, const char *cluster_id, struct arena *a,
                         struct wire_register *out, struct err *e)
{
    *out = (struct wire_register){ .nodes = -1 };
    AUTO_JSON struct json_doc *doc = field_parse("register", data, size, &json_wire_limits, e);
    if (!doc || field_read(&register_table, json_root(doc), a, out, e) != 0)
        return -1;
    return field_identify("register", &out->cluster_id, cluster_id, a, e);
}

char *wire_register_encode(const struct wire_register *m, size_t *size)
{
    return field_encode(&register_table, m, size);
}

int wire_control_decode(const char *data, size_t size, struct arena *a, struct wire_control *out, struct err *e)
{
    *out = (struct wire_control){ 0 };
    AUTO_JSON struct json_doc *doc = field_parse("control", data, size, &json_wire_limits, e);
    if (!doc || field_read(&control_table, json_root(doc), a, out, e) != 0)
        return -1;
    return field_read(&control_more[out->type], json_root(doc), a, out, e);
}

char *wire_control_encode(const struct wire_control *m, size_t *size)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    field_begin(w, NULL);
    field_write(&control_table, w, m);
    field_write(&control_more[(size_t)m->type < COUNT(control_more) ? m->type : CONTROL_UNKNOWN], w, m);
    json_w_end(w);
    return json_w_take(w, size);
}

int wire_heartbeat_decode(const char *data, size_t size, const char *cluster_id, struct arena *a,
                          struct wire_heartbeat *out, struct err *e)
{
    *out = (struct wire_heartbeat){ .watch_age_ms = -1, .nodes = -1 };
    AUTO_JSON struct json_doc *doc = field_parse("heartbeat", data, size, &json_wire_limits, e);
    if (!doc || field_read(&heartbeat_table, json_root(doc), a, out, e) != 0)
        return -1;
    return field_identify("heartbeat", &out->cluster_id, cluster_id, a, e);
}

char *wire_heartbeat_encode(const struct wire_heartbeat *m, size_t *size)
{
    return field_encode(&heartbeat_table, m, size);
}

void wire_settings_write(struct json_w *w, const char *key, const struct wire_settings *s)
{
    json_w_object(w, key);
    field_write(&settings_table, w, s);
    json_w_end(w);
}
