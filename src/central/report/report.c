/* Writes each incident's report and serves it in Markdown, HTML and JSON, in both languages.
 *
 * What is kept is the incident as it was when the report was written; the texts are made from it when they are asked for.
 */
#include <string.h>

#include "base/clock.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/metric.h"
#include "central/report/html.h"
#include "central/report/markdown.h"
#include "central/service.h"
#include "store/reports.h"

#define SWEEP_EVERY_MS 60000

static struct metric metrics[] = {
    { "aetherius_reports_written_total", METRIC_COUNTER, NULL, "Reports written, revisions included.", NULL },
    { "aetherius_report_delay_seconds", METRIC_HISTOGRAM, NULL, "From an incident's opening to its first report.", NULL },
};
METRIC_DECLARE(metrics);
enum { M_WRITTEN, M_DELAY };

struct reporter {
    struct db *db;
};

static void measure(const json *incident, int64_t now, int64_t revision)
{
    int64_t opened;
    metric_add(&metrics[M_WRITTEN], NULL, 1);
    if (revision == 1 && clock_parse(str_or_empty(json_get_str(incident, "opened_at")), &opened) == 0)
        metric_observe(&metrics[M_DELAY], NULL, (double)(now - opened) / 1000);
}

static void on_write(struct service_context *c, const struct bus_message *m, json *payload)
{
    struct reporter *r = c->state;
    struct err e;
    json *incident = json_get(payload, "incident");
    char id[CRYPT_ID_SIZE];
    size_t size;
    int64_t revision;
    AUTO_FREE char *text = json_text(incident, &size);
    const char *incident_id = json_get_str(incident, "id");
    if (!incident_id || !text) {
        c->errors++;
        service_answer_problem(c, m, 400, "report.write: no incident");
        return;
    }
    crypt_id(id);
    struct report report = { .id = id, .incident_id = incident_id, .incident = text, .written_at = clock_wall_ms() };
    if (reports_put(r->db, &report, &revision, &e)) {
        c->errors++;
        log_error("report not written", "incident=%s why=\"%s\"", incident_id, e.text);
        service_answer_problem(c, m, 503, "%s", e.text);
        return;
    }
    measure(incident, report.written_at, revision);
    log_info("report written", "incident=%s cluster_id=%s code=%s revision=%lld", incident_id, str_or_empty(json_get_str(incident, "cluster_id")),
             str_or_empty(json_get_str(incident, "code")), (long long)revision);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "report_id", id);
    json_w_int(w, "revision", revision);
    json_w_time(w, "written_at", report.written_at);
    json_w_end(w);
    service_answer(c, m, 200, w);
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

struct request {
    const char *format;
    bool chinese;
};

static int render(struct buf *out, const char **type, const struct report *report, const json *incident, const struct request *q, struct err *e)
{
    AUTO_BUF struct buf markdown = { .limit = 4 << 20 };
    const char *title = q->chinese && json_get_str(incident, "title_zh") ? json_get_str(incident, "title_zh") : str_or_empty(json_get_str(incident, "title"));
    markdown_report(&markdown, incident, report->written_at, report->revision, q->chinese);
    if (str_eq(q->format, "html")) {
        *type = "text/html; charset=utf-8";
        return html_page(out, title, &markdown, q->chinese, e);
    }
    *type = "text/markdown; charset=utf-8";
    buf_add(out, buf_text(&markdown), markdown.size);
    return 0;
}

static void answer_text(struct service_context *c, const struct bus_message *m, const char *type, const struct buf *text)
{
    struct err e;
    size_t size;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_int(w, "status", 200);
    json_w_str(w, "content_type", type);
    json_w_strn(w, "text", buf_text(text), text->size);
    json_w_end(w);
    AUTO_FREE char *envelope = json_w_take(w, &size);
    if (bus_reply(c->bus, m, envelope, size, &e))
        log_error("report not delivered", "why=\"%s\"", e.text);
}

static void answer_json(struct service_context *c, const struct bus_message *m, const struct report *report)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "report_id", report->id);
    json_w_int(w, "revision", report->revision);
    json_w_time(w, "written_at", report->written_at);
    json_w_raw(w, "incident", report->incident, strlen(report->incident));
    json_w_end(w);
    service_answer(c, m, 200, w);
}

static bool known_format(const char *format)
{
    return str_eq(format, "md") || str_eq(format, "html") || str_eq(format, "json");
}

static void on_query(struct service_context *c, const struct bus_message *m, json *payload)
{
    struct reporter *r = c->state;
    struct err e;
    struct report report;
    json *params = json_get(payload, "params");
    const char *id = str_or_empty(json_get_str(payload, "id"));
    struct request q = { .format = json_get_str(params, "format") ? json_get_str(params, "format") : "md", .chinese = str_starts(str_or_empty(json_get_str(params, "lang")), "zh") };
    if (!known_format(q.format)) {
        service_answer_problem(c, m, 400, "format \"%.20s\": give md, html or json", q.format);
        return;
    }
    int found = reports_of_incident(r->db, id, c->arena, &report, &e);
    if (found == 1) {
        service_answer_problem(c, m, 404, "there is no report of incident %.64s", id);
        return;
    }
    AUTO_JSON struct json_doc *doc = found ? NULL : json_parse(report.incident, strlen(report.incident), &json_list_limits, &e);
    AUTO_BUF struct buf text = { 0 };
    const char *type;
    if (doc && str_eq(q.format, "json")) {
        answer_json(c, m, &report);
    } else if (doc && render(&text, &type, &report, json_root(doc), &q, &e) == 0) {
        answer_text(c, m, type, &text);
    } else {
        c->errors++;
        service_answer_problem(c, m, 500, "%s", e.text);
    }
}

/* ---- the service ------------------------------------------------------------------------------------------------ */

static int open_service(struct service_context *c, struct err *e)
{
    metric_register(metrics, COUNT(metrics));
    struct db *db = db_open(c->options->data_dir, &report_schema, e);
    if (!db)
        return -1;
    struct reporter *r = mem_alloc(sizeof *r);
    *r = (struct reporter){ .db = db };
    c->state = r;
    return 0;
}

static void tick(struct service_context *c)
{
    struct reporter *r = c->state;
    struct err e;
    if (reports_sweep(r->db, clock_wall_ms() - c->options->incident_retention_ms, &e))
        log_error("old reports not removed", "why=\"%s\"", e.text);
}

static void close_service(struct service_context *c)
{
    struct reporter *r = c->state;
    db_close(r->db);
    free(r);
}

static const struct service_subject subjects[] = {
    { "report.write", "report", on_write },
    { "report.query", "report", on_query },
};

const struct service report_service = {
    .name = "report", .subjects = subjects, .n_subjects = COUNT(subjects), .open = open_service, .tick = tick, .tick_ms = SWEEP_EVERY_MS, .close = close_service,
};
