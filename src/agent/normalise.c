#include "agent/normalise.h"

#include <stdlib.h>
#include <string.h>

#include "agent/digest.h"
#include "base/clock.h"
#include "base/str.h"
#include "catalog/catalog.h"
#include "evidence/redact.h"

/* A moment of the object, wall ms; 0: none, null, the zero time or no time at all. */
static int64_t time_at(const json *object, const char *path)
{
    const char *text = json_at_str(object, path);
    int64_t at;
    if (!text || clock_parse(text, &at) || at <= 0)
        return 0;
    return at;
}

static int64_t first_of(const json *object, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t at = time_at(object, paths[i]);
        if (at)
            return at;
    }
    return 0;
}

static const char *const last_times[] = {
    "series.lastObservedTime", "lastTimestamp", "eventTime", "firstTimestamp", "metadata.creationTimestamp",
};
static const char *const first_times[] = { "firstTimestamp", "eventTime", "metadata.creationTimestamp" };

/* The message, redacted and cut; as it was when that changes nothing. */
static const char *clean_text(const char *text, struct arena *a)
{
    if (!text)
        return NULL;
    struct buf AUTO_BUF out = { .limit = WIRE_MESSAGE_MAX };
    size_t length = strlen(text), size = str_utf8_cut(text, length, WIRE_MESSAGE_MAX);
    bool clean = redact_text(&out, text, size) == 0 && size == length;
    return clean ? text : arena_strdup(a, buf_text(&out));
}

/* The first that is there and not empty. */
static const char *either(const char *a, const char *b)
{
    return a && *a ? a : b && *b ? b : NULL;
}

/* Members that hold names, times and numbers, which the event itself carries unredacted; in any other may be free text. */
static const char *const plain_members[] = {
    "apiVersion", "kind",  "involvedObject", "type",      "reason",        "action",         "source",
    "count",      "eventTime", "firstTimestamp", "lastTimestamp", "reportingComponent", NULL,
};
static const char *const plain_metadata[] = { "name", "namespace", "uid", "resourceVersion", "creationTimestamp", NULL };

static bool is_among(const char *key, const char *const *names)
{
    while (*names && ((*names)[0] != key[0] || !str_eq(*names, key)))
        names++;
    return *names;
}

/* A member redacted with its name, which may be what makes a secret of the value.  Returns how much was taken away. */
static int64_t write_redacted(struct json_w *w, const char *key, const json *value)
{
    size_t from, to;
    (void)json_w_so_far(w, &from);
    json_w_copy(w, key, value);
    const char *text = json_w_so_far(w, &to);
    struct buf AUTO_BUF clean = { 0 };
    int64_t taken = redact_text(&clean, text + from, to - from);
    if (taken)
        json_w_rewrite(w, from, buf_text(&clean), clean.size);
    return taken;
}

static int64_t write_metadata(struct json_w *w, const json *metadata)
{
    int64_t taken = 0;
    json_w_object(w, "metadata");
    for (struct json_iter i = json_iter(metadata); json_next(&i);) {
        if (is_among(i.key, plain_metadata))
            json_w_copy(w, i.key, i.value);
        else if (!str_eq(i.key, "managedFields"))
            taken += write_redacted(w, i.key, i.value);
    }
    json_w_end(w);
    return taken;
}

/* The whole object without managedFields; redaction that breaks the JSON costs raw_data only. */
static void add_raw(const json *object, struct json_w *w, struct wire_event *out)
{
    int64_t taken = 0;
    json_w_reset(w);
    json_w_object(w, NULL);
    for (struct json_iter i = json_iter(object); json_next(&i);) {
        if (str_eq(i.key, "metadata"))
            taken += write_metadata(w, i.value);
        else if (is_among(i.key, plain_members) || (out->message && json_str(i.value) == out->message))    /* looked at already, and clean */
            json_w_copy(w, i.key, i.value);
        else
            taken += write_redacted(w, i.key, i.value);
    }
    json_w_end(w);
    size_t size;
    const char *text = json_w_so_far(w, &size);
    if (size > WIRE_RAW_MAX)
        return;
    out->raw_data = text;
    out->raw_size = size;
    out->raw_checked = !taken && json_within(object, &wire_raw_limits);
}

static const char *id_of(const char *uid, const char *version, struct arena *a)
{
    size_t before = strlen(uid), behind = strlen(version);
    char *id = arena_alloc(a, before + 1 + behind + 1);
    memcpy(id, uid, before);
    id[before] = '.';
    memcpy(id + before + 1, version, behind);
    return id;
}

static void add_involved(const json *object, struct wire_event *out)
{
    const json *i = json_get(object, "involvedObject");
    out->involved = (struct wire_object){
        .kind = either(json_get_str(i, "kind"), NULL), .namespace_ = either(json_get_str(i, "namespace"), NULL),
        .name = either(json_get_str(i, "name"), NULL), .uid = either(json_get_str(i, "uid"), NULL),
        .api_version = either(json_get_str(i, "apiVersion"), NULL), .field_path = either(json_get_str(i, "fieldPath"), NULL),
    };
    /* Events about what belongs to the cluster live in "default", or in no namespace that their object would have. */
    out->cluster_scoped = out->involved.name && !out->involved.namespace_;
    out->namespace_ = out->cluster_scoped ? NULL : either(out->involved.namespace_, json_at_str(object, "metadata.namespace"));
}

int normalise_event(const char *cluster_id, json *object, struct json_w *raw, struct arena *a, struct wire_event *out)
{
    const char *uid = either(json_at_str(object, "metadata.uid"), NULL);
    const char *version = either(json_at_str(object, "metadata.resourceVersion"), NULL);
    if (!uid || !version || strlen(version) >= NORMALISE_VERSION_MAX)
        return 1;
    *out = (struct wire_event){
        .id = id_of(uid, version, a), .cluster_id = cluster_id, .type = EVENT_K8S, .source = "kubernetes",
        .uid = uid, .resource_version = version,
        .event_type = either(json_get_str(object, "type"), NULL), .reason = either(json_get_str(object, "reason"), "Unknown"),
        .action = either(json_get_str(object, "action"), NULL), .message = clean_text(json_get_str(object, "message"), a),
        .timestamp = first_of(object, last_times, COUNT(last_times)), .first_seen = first_of(object, first_times, COUNT(first_times)),
        .component = either(json_at_str(object, "source.component"), json_get_str(object, "reportingComponent")),
        .node = either(json_at_str(object, "source.host"), NULL),
    };
    add_involved(object, out);
    out->last_seen = out->timestamp;
    if (!out->node && str_eq(out->involved.kind, "Node"))
        out->node = out->involved.name;
    out->count = json_get_int(object, "count", 0);
    int64_t series = json_int(json_at(object, "series.count"), 0);
    out->count = out->count > series ? out->count : series;
    out->count = out->count > 0 ? out->count : 1;
    bool warning = !str_eq(out->event_type, "Normal");
    out->severity = wire_severity_parse(catalog_reason_severity(out->reason, warning));
    if (raw)
        add_raw(object, raw, out);
    char *fingerprint = arena_alloc(a, 17);
    normalise_fingerprint(out, fingerprint);
    out->fingerprint = fingerprint;
    return 0;
}

/* Letters of the message outside of quotes; runs of digits and hex-like words count as one mark. */
static uint64_t digest_shape(uint64_t digest, const char *message)
{
    char mark[2] = "";
    bool quoted = false, number = false;
    for (const char *c = str_or_empty(message); *c; c++) {
        if (*c == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        bool digit = *c >= '0' && *c <= '9';
        if (digit && number)
            continue;
        number = digit;
        mark[0] = digit ? '0' : *c;
        digest = digest_add(digest, mark);
    }
    return digest;
}

void normalise_fingerprint(const struct wire_event *event, char out[17])
{
    uint64_t digest = digest_add(DIGEST_START, event->involved.kind);
    digest = digest_add(digest, event->involved.namespace_);
    digest = digest_add(digest, event->involved.name);
    digest = digest_add(digest, event->involved.field_path);
    digest = digest_add(digest, event->reason);
    digest = digest_end(digest_shape(digest, event->message));
    for (int i = 16; i-- > 0; digest >>= 4)
        out[i] = "0123456789abcdef"[digest & 15];
    out[16] = '\0';
}
