/* Evidence in, verdict out: the rules of src/diagnose, and a record of what they said.
 *
 * The rules are pure; this service only feeds them, measures them and keeps each verdict, so that a cause that was named once can be looked up.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "central/service.h"
#include "diagnose/diagnose.h"
#include "store/diagnoses.h"

#define SWEEP_EVERY_MS 60000

static struct metric metrics[] = {
    { "aetherius_diagnoses_total", METRIC_COUNTER, "verdict", "Verdicts by outcome.", NULL },
    { "aetherius_diagnosis_codes_total", METRIC_COUNTER, "code", "Causes named.", NULL },
    { "aetherius_diagnosis_seconds", METRIC_HISTOGRAM, NULL, "Time the rules took for one bundle.", NULL },
};
METRIC_DECLARE(metrics);
enum { M_VERDICTS, M_CODES, M_SECONDS };

struct reasoning {
    struct db *db;
};

static void count(const struct wire_verdict *v, int64_t us)
{
    metric_add(&metrics[M_VERDICTS], wire_outcome_name(v->outcome), 1);
    metric_observe(&metrics[M_SECONDS], NULL, (double)us / 1e6);
    for (size_t i = 0; i < v->n_roots; i++)
        metric_add(&metrics[M_CODES], v->roots[i].code, 1);
}

static int keep(struct reasoning *r, json *payload, const struct wire_verdict *v, struct err *e)
{
    size_t size;
    AUTO_JSON_W struct json_w *w = json_w_new();
    wire_verdict_write(w, NULL, v);
    AUTO_FREE char *text = json_w_take(w, &size);
    struct diagnosis d = {
        .incident_id = json_get_str(payload, "incident_id"), .cluster_id = json_get_str(payload, "cluster_id"), .at = clock_wall_ms(),
        .outcome = wire_outcome_name(v->outcome), .code = v->n_roots ? v->roots[0].code : NULL, .object = v->n_roots ? v->roots[0].object : NULL, .verdict = text,
    };
    return diagnoses_add(r->db, &d, e);
}

static void on_diagnose(struct service_context *c, const struct bus_message *m, json *payload)
{
    struct reasoning *r = c->state;
    struct wire_verdict v;
    struct err e;
    size_t size;
    AUTO_FREE char *bundle = json_text(json_get(payload, "bundle"), &size);
    if (!bundle) {
        c->errors++;
        service_answer_problem(c, m, 400, "reasoning.diagnose: no bundle");
        return;
    }
    int64_t began = clock_mono_us();
    if (diagnose_bundle(bundle, size, c->arena, &v, &e)) {
        c->errors++;
        log_error("bundle cannot be read", "incident=%s why=\"%s\"", str_or_empty(json_get_str(payload, "incident_id")), e.text);
        service_answer_problem(c, m, 422, "%s", e.text);
        return;
    }
    count(&v, clock_mono_us() - began);
    if (keep(r, payload, &v, &e))
        log_error("verdict not kept", "why=\"%s\"", e.text);    /* the orchestrator stores it with the incident */
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    wire_verdict_write(w, "verdict", &v);
    json_w_end(w);
    service_answer(c, m, 200, w);
}

static void on_query(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)payload;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "model", c->options->model_url[0] ? c->options->model_url : NULL);
    json_w_int(w, "handled", (int64_t)c->handled);
    json_w_int(w, "errors", (int64_t)c->errors);
    json_w_end(w);
    service_answer(c, m, 200, w);
}

static int open_service(struct service_context *c, struct err *e)
{
    metric_register(metrics, COUNT(metrics));
    struct db *db = db_open(c->options->data_dir, &reasoning_schema, e);
    if (!db)
        return -1;
    struct reasoning *r = mem_alloc(sizeof *r);
    *r = (struct reasoning){ .db = db };
    c->state = r;
    return 0;
}

static void tick(struct service_context *c)
{
    struct reasoning *r = c->state;
    struct err e;
    if (diagnoses_sweep(r->db, clock_wall_ms() - c->options->incident_retention_ms, &e))
        log_error("old verdicts not removed", "why=\"%s\"", e.text);
}

static void close_service(struct service_context *c)
{
    struct reasoning *r = c->state;
    db_close(r->db);
    free(r);
}

static const struct service_subject subjects[] = {
    { "reasoning.diagnose", "reasoning", on_diagnose },
    { "reasoning.query", "reasoning", on_query },
};

const struct service reasoning_service = {
    .name = "reasoning", .subjects = subjects, .n_subjects = COUNT(subjects), .open = open_service, .tick = tick, .tick_ms = SWEEP_EVERY_MS, .close = close_service,
};
