#include "wire/command.h"

#include <string.h>

#include "base/str.h"
#include "wire/field.h"
#include "wire/subject.h"

/* Bytes that a result's output may take once it is escaped; the rest of 1 MiB is for the other fields. */
#define OUTPUT_ESCAPED_MAX (960u << 10)

/* Every one of these is under the signature, except the signature (signature.c). */
static const struct field command_rows[] = {
    F_STR(struct wire_command, "id", id),
    F_STR(struct wire_command, "cluster_id", cluster_id),
    F_STR(struct wire_command, "type", type),
    F_STR(struct wire_command, "tool", tool, .flags = FIELD_REQUIRED),
    F_STR(struct wire_command, "action", action, .flags = FIELD_REQUIRED),
    F_STRINGS(struct wire_command, "args", args, n_args, .max = WIRE_ARGS_MAX, .item_max = WIRE_ARG_MAX,
              .flags = FIELD_ALWAYS),
    F_DURATION(struct wire_command, "timeout", timeout_ms),
    F_TIME(struct wire_command, "created_at", created_at),
    F_TIME(struct wire_command, "expires_at", expires_at),
    F_STR(struct wire_command, "issuer", issuer),
    F_STR(struct wire_command, "task_id", task_id),
    F_STR(struct wire_command, "incident_id", incident_id),
    F_STR(struct wire_command, "nonce", nonce),
    F_STR(struct wire_command, "key_id", key_id),
    F_STR(struct wire_command, "signature", signature),
};
static const struct field_table command_table = { "command", command_rows, COUNT(command_rows), .strict = true };

static const char *const status_names[] = {
    [STATUS_UNKNOWN] = "unknown",         [STATUS_ACCEPTED] = "accepted", [STATUS_RUNNING] = "running",
    [STATUS_SUCCESS] = "success",         [STATUS_FAILED] = "failed",     [STATUS_TIMEOUT] = "timeout",
    [STATUS_REJECTED] = "rejected",       [STATUS_EXPIRED] = "expired",   [STATUS_CANCELLED] = "cancelled",
    [STATUS_INTERRUPTED] = "interrupted",
};
static const struct field_words statuses = { status_names, COUNT(status_names), STATUS_UNKNOWN };

static const struct field result_rows[] = {
    F_STR(struct wire_result, "command_id", command_id, .flags = FIELD_REQUIRED | FIELD_EXACT),
    F_STR(struct wire_result, "cluster_id", cluster_id, .flags = FIELD_EXACT),
    F_ENUM(struct wire_result, "status", status, &statuses, .flags = FIELD_REQUIRED),
    F_TEXT(struct wire_result, "output", output, output_size, .max = WIRE_OUTPUT_MAX),
    F_STR(struct wire_result, "error", error),
    F_STR(struct wire_result, "reason", reason),
    F_DURATION(struct wire_result, "duration", duration_ms, .flags = FIELD_ALWAYS),
    F_TIME(struct wire_result, "timestamp", timestamp),
    F_TIME(struct wire_result, "started_at", started_at),
    F_INT(struct wire_result, "exit_code", exit_code, .absent = -1),
    F_BOOL(struct wire_result, "truncated", truncated),
    F_INT(struct wire_result, "total_bytes", total_bytes),
    F_INT(struct wire_result, "redactions", redactions),
    F_STR(struct wire_result, "sha256", sha256),
};
static const struct field_table result_table = { "result", result_rows, COUNT(result_rows) };

const char *wire_status_name(enum wire_status s)
{
    return field_word(&statuses, s);
}

enum wire_status wire_status_parse(const char *name)
{
    return (enum wire_status)field_value(&statuses, name);
}

bool wire_status_final(enum wire_status s)
{
    return s > STATUS_RUNNING && s <= STATUS_INTERRUPTED;
}

/* A signature that covers less than the message says is none: a signed command has no fields that we do not know. */
static int refuse_strangers(const json *v, struct err *e)
{
    for (struct json_iter i = json_iter(v); json_next(&i);) {
        bool known = str_eq(i.key, "schema");
        for (size_t r = 0; !known && r < COUNT(command_rows); r++)
            known = str_eq(i.key, command_rows[r].key);
        if (!known)
            return err_set(e, ERR_REFUSED, "command: the field %.64s is not covered by the signature", i.key);
    }
    return 0;
}

int wire_command_read(const json *v, struct arena *a, struct wire_command *out, struct err *e)
{
    *out = (struct wire_command){ 0 };
    if (!json_is_object(v))
        return err_set(e, ERR_INVALID, "command: it is no object");
    if (field_read(&command_table, v, a, out, e) != 0)
        return -1;
    return out->signature ? refuse_strangers(v, e) : 0;
}

int wire_command_decode(const char *data, size_t size, struct arena *a, struct wire_command *out, struct err *e)
{
    *out = (struct wire_command){ 0 };
    AUTO_JSON struct json_doc *doc = field_parse("command", data, size, &json_wire_limits, e);
    if (!doc || wire_command_read(json_root(doc), a, out, e) != 0)
        return -1;
    if (!out->id || !out->type)
        return err_set(e, ERR_INVALID, "command: %s is missing", out->id ? "type" : "id");
    return 0;
}

void wire_command_write(struct json_w *w, const char *key, const struct wire_command *c)
{
    field_begin(w, key);
    field_write(&command_table, w, c);
    json_w_end(w);
}

char *wire_command_encode(const struct wire_command *c, size_t *size)
{
    return field_encode(&command_table, c, size);
}

int wire_result_decode(const char *data, size_t size, const char *cluster_id, struct arena *a, struct wire_result *out,
                       struct err *e)
{
    *out = (struct wire_result){ .exit_code = -1 };
    AUTO_JSON struct json_doc *doc = field_parse("result", data, size, &json_wire_limits, e);
    if (!doc || field_read(&result_table, json_root(doc), a, out, e) != 0)
        return -1;
    return field_identify("result", &out->cluster_id, cluster_id, a, e);
}

static size_t escaped_size(unsigned char c)
{
    if (c == '"' || c == '\\')
        return 2;
    return c >= 0x20 ? 1 : 6;
}

/* How much of the output fits into a message. */
static size_t output_cut(const char *output, size_t size)
{
    size_t fits = 0, escaped = 0;
    while (fits < size && fits < WIRE_OUTPUT_MAX &&
           escaped + escaped_size((unsigned char)output[fits]) <= OUTPUT_ESCAPED_MAX)
        escaped += escaped_size((unsigned char)output[fits++]);
    return fits < size ? str_utf8_cut(output, size, fits) : size;
}

/* What does not fit is cut, and said to be. */
static struct wire_result fitting(const struct wire_result *r)
{
    struct wire_result out = *r;
    size_t kept = r->output ? output_cut(r->output, r->output_size) : 0;
    if (kept < r->output_size) {
        out.output_size = kept;
        out.truncated = true;
        if (out.total_bytes < (int64_t)r->output_size)
            out.total_bytes = (int64_t)r->output_size;
    }
    return out;
}

char *wire_result_encode(const struct wire_result *r, size_t *size)
{
    struct wire_result fit = fitting(r);
    return field_encode(&result_table, &fit, size);
}

void wire_result_write(struct json_w *w, const char *key, const struct wire_result *r)
{
    struct wire_result fit = fitting(r);
    field_begin(w, key);
    field_write(&result_table, w, &fit);
    json_w_end(w);
}
