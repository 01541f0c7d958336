#include "central/manager/show.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "central/manager/commands.h"
#include "wire/command.h"

const char *show_state(const struct cluster *c)
{
    return c->admission == ADMISSION_ACCEPTED ? link_name(c->link) : wire_admission_name(c->admission);
}

static void write_strings(struct json_w *w, const char *key, const struct wire_strings *s)
{
    json_w_array(w, key);
    for (size_t i = 0; i < s->count; i++)
        json_w_str(w, NULL, s->items[i]);
    json_w_end(w);
}

static void write_denied(struct json_w *w, const struct wire_register *hello)
{
    json_w_array(w, "capabilities_denied");
    for (size_t i = 0; i < hello->n_denied; i++) {
        json_w_object(w, NULL);
        json_w_str(w, "capability", hello->denied[i].capability);
        json_w_str(w, "verb", hello->denied[i].verb);
        json_w_str(w, "resource", hello->denied[i].resource);
        json_w_end(w);
    }
    json_w_end(w);
}

/* What was stored was encoded by us, so it decodes; if not, the cluster is shown without it. */
static void read_hello(struct manager *m, const struct cluster *c, struct wire_register *hello)
{
    struct err e;
    if (wire_register_decode(c->hello, strlen(c->hello), c->id, &m->scratch, hello, &e)) {
        log_error("stored registration not readable", "cluster_id=%s why=\"%s\"", c->id, e.text);
        *hello = (struct wire_register){ .nodes = -1 };
    }
}

static bool read_beat(struct manager *m, const struct cluster *c, struct wire_heartbeat *beat)
{
    struct err e;
    if (!c->beat)
        return false;
    if (wire_heartbeat_decode(c->beat, strlen(c->beat), c->id, &m->scratch, beat, &e) == 0)
        return true;
    log_error("stored heartbeat not readable", "cluster_id=%s why=\"%s\"", c->id, e.text);
    return false;
}

static void write_beat(struct json_w *w, const struct cluster *c, const struct wire_heartbeat *beat)
{
    write_strings(w, "health_reasons", &beat->reasons);
    if (beat->watch_age_ms >= 0)
        json_w_int(w, "watch_age_ms", beat->watch_age_ms);
    if (beat->epoch) {    /* a peer without a spool has no numbers for it */
        json_w_object(w, "spool");
        json_w_int(w, "records", beat->spool_records);
        json_w_int(w, "bytes", beat->spool_bytes);
        json_w_int(w, "oldest_ms", beat->spool_oldest_ms);
        json_w_int(w, "dropped", beat->spool_dropped);
        json_w_end(w);
    }
    if (beat->timestamp)
        json_w_int(w, "clock_offset_ms", c->clock_offset_ms);
}

static void write_hello(struct json_w *w, const struct wire_register *hello)
{
    json_w_str(w, "version", hello->version);
    json_w_str(w, "kubernetes_version", hello->kubernetes_version);
    json_w_object(w, "labels");
    json_w_str(w, "region", hello->region);
    json_w_end(w);
    write_strings(w, "capabilities", &hello->capabilities);
    write_denied(w, hello);
    json_w_str(w, "instance", hello->instance);
    json_w_time(w, "started_at", hello->start_time);
}

static void write_counters(struct manager *m, struct json_w *w, const struct cluster *c)
{
    json_w_object(w, "watermark");
    json_w_int(w, "epoch", (int64_t)c->committed_epoch);
    json_w_int(w, "seq", (int64_t)c->committed_seq);
    json_w_end(w);
    json_w_int(w, "events_total", c->events_total);
    json_w_real(w, "events_per_second", round(rate_now(&c->rate, manager_now(m)) * 10) / 10);
    json_w_int(w, "metrics_total", c->metrics_total);
    json_w_int(w, "commands_total", c->commands_total);
    json_w_int(w, "gaps_total", c->gaps_total);
    json_w_int(w, "dead_letters", c->dead_letters);
    json_w_time(w, "last_seen", c->last_seen);
    json_w_time(w, "registered_at", c->registered_at);
}

void show_cluster(struct manager *m, struct json_w *w, const struct cluster *c)
{
    const struct central_options *o = m->c->options;
    struct wire_register hello;
    struct wire_heartbeat beat;
    read_hello(m, c, &hello);
    bool beats = read_beat(m, c, &beat);
    json_w_object(w, NULL);
    json_w_str(w, "cluster_id", c->id);
    json_w_str(w, "cluster_name", hello.cluster_name ? hello.cluster_name : c->id);
    json_w_str(w, "cluster_uid", c->uid);
    json_w_str(w, "state", show_state(c));
    json_w_time(w, "state_since", c->link_since);
    json_w_str(w, "state_reason", c->reason);
    json_w_str(w, "health", wire_health_name(beats ? beat.status : HEALTH_UNKNOWN));
    if (beats)
        write_beat(w, c, &beat);
    int64_t nodes = beats && beat.nodes >= 0 ? beat.nodes : hello.nodes;
    if (nodes >= 0)
        json_w_int(w, "nodes", nodes);
    write_hello(w, &hello);
    json_w_int(w, "epoch", (int64_t)c->epoch);
    write_counters(m, w, c);
    wire_settings_write(w, "settings", &(struct wire_settings){ .heartbeat_ms = o->heartbeat_interval_ms,
                        .metrics_ms = o->metrics_interval_ms, .batch_ms = o->batch_interval_ms,
                        .batch_max = o->batch_max, .zstd = true });
    json_w_end(w);
}

void show_agent(struct manager *m, struct json_w *w, const struct cluster *c)
{
    struct wire_register hello;
    struct wire_heartbeat beat;
    read_hello(m, c, &hello);
    bool beats = read_beat(m, c, &beat);
    json_w_object(w, NULL);
    json_w_str(w, "cluster_id", c->id);
    json_w_object(w, "info");
    json_w_str(w, "cluster_id", c->id);
    json_w_str(w, "version", hello.version);
    json_w_time(w, "start_time", hello.start_time);
    write_strings(w, "capabilities", &hello.capabilities);
    json_w_end(w);
    json_w_str(w, "status", show_state(c));
    json_w_str(w, "health", wire_health_name(beats ? beat.status : HEALTH_UNKNOWN));
    json_w_time(w, "last_heartbeat", c->last_seen);
    json_w_time(w, "registered_at", c->registered_at);
    json_w_int(w, "event_count", c->events_total);
    json_w_int(w, "metrics_count", c->metrics_total);
    json_w_int(w, "command_count", c->commands_total);
    json_w_end(w);
}

void show_event(struct json_w *w, const struct event_row *row, int64_t skipped)
{
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(row->body, strlen(row->body), &json_wire_limits, &e);
    json_w_object(w, NULL);
    for (struct json_iter i = json_iter(json_root(doc)); json_next(&i);)
        json_w_copy(w, i.key, i.value);
    if (!json_get(json_root(doc), "message"))
        json_w_str(w, "message", "");    /* Kubernetes writes some Events without; readers need not ask whether there is one */
    json_w_time(w, "stored_at", row->stored_at);
    json_w_str(w, "incident_id", row->incident_id);
    if (row->raw)
        json_w_raw(w, "raw_data", row->raw, strlen(row->raw));
    if (skipped)
        json_w_int(w, "skipped", skipped);
    json_w_end(w);
}

void show_gap(struct json_w *w, const char *cluster_id, const struct gap_row *row)
{
    json_w_object(w, NULL);
    json_w_int(w, "id", row->n);
    json_w_str(w, "cluster_id", cluster_id);
    json_w_str(w, "from", row->from);
    json_w_str(w, "to", row->to);
    json_w_str(w, "cause", row->cause);
    if (row->count >= 0)
        json_w_int(w, "count", row->count);
    json_w_time(w, "recorded_at", row->recorded_at);
    json_w_str(w, "detail", row->detail);
    json_w_end(w);
}

static void write_result(struct json_w *w, const char *text, bool whole)
{
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(text, strlen(text), &json_object_limits, &e);
    json_w_object(w, "result");
    for (struct json_iter i = json_iter(json_root(doc)); json_next(&i);)
        if (whole || !str_eq(i.key, "output"))
            json_w_copy(w, i.key, i.value);
    json_w_end(w);
}

void show_command(struct json_w *w, const char *cluster_id, const struct command_row *row, bool whole)
{
    static const char *const shown[] = { "type", "tool", "action", "args", "issuer", "task_id", "timeout" };
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(row->body, strlen(row->body), &json_wire_limits, &e);
    json_w_object(w, NULL);
    json_w_str(w, "id", row->id);
    json_w_str(w, "cluster_id", cluster_id);
    for (size_t i = 0; i < COUNT(shown); i++)
        json_w_copy(w, shown[i], json_get(json_root(doc), shown[i]));
    json_w_str(w, "incident_id", row->incident_id);
    json_w_str(w, "state", commands_state_name((enum command_state)row->state));
    json_w_time(w, "created_at", row->created_at);
    json_w_time(w, "expires_at", row->expires_at);
    json_w_time(w, "sent_at", row->sent_at);
    json_w_time(w, "finished_at", row->finished_at);
    if (row->result)
        write_result(w, row->result, whole);
    json_w_end(w);
}
