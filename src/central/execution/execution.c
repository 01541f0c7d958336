/* Signs what goes to agents: evidence collections asked for by the orchestrator, and people's commands.
 *
 * Every command is written to the audit before it is handed on; when the audit cannot be written, nothing is sent.  The Ed25519 key pair is made on the
 * first start and kept in execution.db; agents pin its public half.
 */
#include <string.h>

#include "base/clock.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "central/service.h"
#include "store/executions.h"
#include "wire/command.h"
#include "wire/kubectl_grammar.h"

#define EXPIRY_MS        60000
#define COMMAND_MS_MAX   120000
#define COMMAND_MS       30000
#define SEND_MS          5000
#define OPEN_AT_ONCE     64
#define AGAIN_MS         5000

static struct metric metrics[] = {
    { "aetherius_commands_signed_total", METRIC_COUNTER, "tool", "Commands signed for agents.", NULL },
    { "aetherius_evidence_seconds", METRIC_HISTOGRAM, NULL, "From asking for evidence to having it.", NULL },
    { "aetherius_evidence_failed_total", METRIC_COUNTER, "reason", "Evidence that could not be had.", NULL },
};
METRIC_DECLARE(metrics);
enum { M_SIGNED, M_SECONDS, M_FAILED };

struct execution {
    struct db *db;
    uint8_t private_key[CRYPT_KEY_SIZE], public_key[CRYPT_KEY_SIZE];
};

/* ---- key ---------------------------------------------------------------------------------------------------- */

static int load_key(struct execution *x, struct err *e)
{
    int found = command_key_load(x->db, x->private_key, x->public_key, e);
    if (found <= 0)
        return found;
    if (crypt_keypair(x->private_key, x->public_key, e) || command_key_save(x->db, x->private_key, x->public_key, clock_wall_ms(), e))
        return -1;
    char id[17];
    wire_key_id(x->public_key, id);
    log_info("command key made", "key_id=%s", id);
    return 0;
}

static void on_key(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)payload;
    struct execution *x = c->state;
    char text[64], id[17];
    crypt_base64(x->public_key, sizeof x->public_key, text);
    wire_key_id(x->public_key, id);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "command_key", text);
    json_w_str(w, "key_id", id);
    json_w_end(w);
    service_answer(c, m, 200, w);
}

/* ---- making a command ---------------------------------------------------------------------------------------- */

static int prepare(struct service_context *c, struct wire_command *command, struct err *e)
{
    struct execution *x = c->state;
    char id[CRYPT_ID_SIZE], nonce[CRYPT_ID_SIZE];
    crypt_id(id);
    crypt_id(nonce);
    command->id = arena_strdup(c->arena, id);
    command->nonce = arena_strdup(c->arena, nonce);
    command->created_at = clock_wall_ms();
    command->expires_at = command->created_at + EXPIRY_MS;
    if (command->timeout_ms <= 0)
        command->timeout_ms = COMMAND_MS;
    if (command->timeout_ms > COMMAND_MS_MAX)
        command->timeout_ms = COMMAND_MS_MAX;
    struct audit_row row = { .at = command->created_at, .who = command->issuer, .what = arena_printf(c->arena, "%s %s", command->tool, command->action),
                             .cluster_id = command->cluster_id, .command_id = command->id, .detail = command->incident_id };
    if (audit_add(x->db, &row, e) || wire_command_sign(command, x->private_key, x->public_key, c->arena, e))
        return err_wrap(e, "command for %s", command->cluster_id);
    metric_add(&metrics[M_SIGNED], command->tool, 1);
    return 0;
}

static char *command_payload(const struct wire_command *command, size_t *size)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    wire_command_write(w, "command", command);
    json_w_end(w);
    return json_w_take(w, size);
}

/* ---- evidence ------------------------------------------------------------------------------------------------ */

struct sent {    /* an evidence command on its way to the manager */
    struct service_context *c;
    char *task_id;
};

/* Stores the answer, so that it outlives us, and tells the orchestrator. */
static void answer_job(struct service_context *c, struct evidence_job *job, const char *bundle, size_t size, const char *error, const char *reason)
{
    struct execution *x = c->state;
    struct err e;
    size_t n;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "task_id", job->task_id);
    json_w_str(w, "incident_id", job->incident_id);
    if (bundle)
        json_w_raw(w, "bundle", bundle, size);
    json_w_str(w, "error", error);
    json_w_str(w, "reason", reason);
    json_w_end(w);
    AUTO_FREE char *text = json_w_take(w, &n);
    job->answer = text;
    if (error)
        metric_add(&metrics[M_FAILED], reason, 1);
    else
        metric_observe(&metrics[M_SECONDS], NULL, (double)(clock_wall_ms() - job->created_at) / 1000);
    if (evidence_job_put(x->db, job, &e))
        log_error("evidence not kept", "task=%s why=\"%s\"", job->task_id, e.text);
    if (bus_publish(c->bus, "evidence.ready", text, n, &e))
        log_warn("evidence not delivered, it is sent again", "task=%s why=\"%s\"", job->task_id, e.text);
}

static void on_sent(void *arg, const struct bus_message *answer, const struct err *err)
{
    struct sent *sent = arg;
    struct service_context *c = sent->c;
    struct execution *x = c->state;
    struct evidence_job job;
    struct err e;
    AUTO_JSON struct json_doc *doc = answer ? json_parse(answer->data, answer->size, &json_wire_limits, &e) : NULL;
    int64_t status = json_get_int(json_root(doc), "status", 0);
    if (status != 202 && evidence_job_get(x->db, sent->task_id, c->arena, &job, &e) == 0) {
        const char *detail = json_get_str(json_root(doc), "detail");
        answer_job(c, &job, NULL, 0, err ? err->text : detail ? detail : "the manager refused it", status == 409 ? "offline" : "unsent");
    }
    free(sent->task_id);
    free(sent);
}

/* The audit row, the signed command and the job are one transaction, which the caller has begun. */
static int begin_job(struct service_context *c, struct evidence_job *job, struct wire_command *command, struct err *e)
{
    struct execution *x = c->state;
    if (prepare(c, command, e))
        return -1;
    job->command_id = command->id;
    job->created_at = command->created_at;
    job->expires_at = command->created_at + command->timeout_ms + SEND_MS;
    return evidence_job_put(x->db, job, e);
}

static int send_evidence(struct service_context *c, struct evidence_job *job, struct err *e)
{
    struct execution *x = c->state;
    const char *args[] = { job->object };
    struct wire_command command = { .cluster_id = job->cluster_id, .type = "diagnostic", .tool = "evidence", .action = "collect", .args = args, .n_args = 1,
                                    .timeout_ms = c->options->evidence_timeout_ms, .issuer = "orchestrator", .incident_id = job->incident_id, .task_id = job->task_id };
    if (db_begin(x->db, e))
        return -1;
    if (begin_job(c, job, &command, e) || db_commit(x->db, e)) {
        db_rollback(x->db);
        return -1;
    }
    size_t size;
    AUTO_FREE char *text = command_payload(&command, &size);
    struct sent *sent = mem_alloc(sizeof *sent);
    *sent = (struct sent){ .c = c, .task_id = str_dup(job->task_id) };
    if (bus_request(c->bus, "manager.command", text, size, SEND_MS, on_sent, sent, e)) {
        free(sent->task_id);
        free(sent);
        return -1;
    }
    return 0;
}

static void on_evidence(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)m;
    struct execution *x = c->state;
    struct evidence_job job, asked = { .task_id = json_get_str(payload, "task_id"), .incident_id = json_get_str(payload, "incident_id"),
                                       .cluster_id = json_get_str(payload, "cluster_id"), .object = json_get_str(payload, "object") };
    struct err e;
    if (!asked.task_id || !asked.incident_id || !asked.cluster_id || !asked.object) {
        c->errors++;
        log_error("evidence request without its names", "task=%s", str_or_empty(asked.task_id));
        return;
    }
    if (evidence_job_get(x->db, asked.task_id, c->arena, &job, &e) == 0)
        return;    /* asked twice: it is under way, or its answer is being delivered */
    if (send_evidence(c, &asked, &e)) {
        log_warn("evidence cannot be asked for", "cluster_id=%s object=%s why=\"%s\"", asked.cluster_id, asked.object, e.text);
        if (!asked.command_id)
            asked.command_id = asked.task_id;
        answer_job(c, &asked, NULL, 0, e.text, "unsent");
    }
}

static void on_handled(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)m;
    struct execution *x = c->state;
    struct err e;
    if (evidence_job_delete(x->db, str_or_empty(json_get_str(payload, "task_id")), &e))
        log_error("evidence not removed", "why=\"%s\"", e.text);
}

static void on_result(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)m;
    struct execution *x = c->state;
    struct evidence_job job;
    struct err e;
    json *result = json_get(payload, "result");
    enum wire_status status = wire_status_parse(json_get_str(result, "status"));
    const char *command_id = str_or_empty(json_get_str(result, "command_id"));
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_int(w, "outbox", json_get_int(payload, "outbox", 0));
    json_w_end(w);
    if (service_publish(c, "outbox.handled", w))
        return;    /* the row comes again */
    if (!wire_status_final(status) || evidence_job_of_command(x->db, command_id, c->arena, &job, &e) || job.answer)
        return;    /* a person's command, one under way, or delivered twice */
    json *output = json_get(result, "output");
    const char *error = json_get_str(result, "error");
    if (status == STATUS_SUCCESS && json_is_string(output))
        answer_job(c, &job, json_str(output), json_str_size(output), NULL, NULL);
    else
        answer_job(c, &job, NULL, 0, error ? error : wire_status_name(status), str_or_empty(json_get_str(result, "reason")));
}

/* ---- people's commands ----------------------------------------------------------------------------------------- */

struct relay {    /* a person's command on its way, and who waits for the word */
    struct service_context *c;
    char *subject, *reply;
};

static void on_relayed(void *arg, const struct bus_message *answer, const struct err *err)
{
    struct relay *r = arg;
    struct err e;
    struct bus_message back = { .subject = r->subject, .reply = r->reply };
    if (!answer)
        service_answer_problem(r->c, &back, 503, "the manager does not answer: %s", err->text);
    else if (bus_reply(r->c->bus, &back, answer->data, answer->size, &e))
        log_warn("answer not delivered", "subject=%s why=\"%s\"", r->subject, e.text);
    free(r->subject);
    free(r->reply);
    free(r);
}

/* The agent checks again; here a person gets the word at once, and nothing that would be refused is signed. */
static int check_command(const struct wire_command *command, struct arena *a, struct err *e)
{
    struct kubectl_command parsed;
    if (!command->tool || !command->action)
        return err_set(e, ERR_INVALID, "a command needs tool and action");
    if (command->type && !str_eq(command->type, "diagnostic"))
        return err_set(e, ERR_REFUSED, "type \"%.40s\" is refused: people's commands are diagnostic (read-only)", command->type);
    if (str_eq(command->tool, "kubectl"))
        return kubectl_parse(command->action, command->args, command->n_args, a, &parsed, e);
    if (str_eq(command->tool, "evidence"))
        return 0;
    return err_set(e, ERR_REFUSED, "tool \"%.40s\" is refused; allowed: kubectl, evidence", command->tool);
}

static void on_command(struct service_context *c, const struct bus_message *m, json *payload)
{
    struct wire_command command;
    struct err e;
    if (wire_command_read(json_get(payload, "command"), c->arena, &command, &e)) {
        service_answer_problem(c, m, 400, "%s", e.text);
        return;
    }
    command.cluster_id = json_get_str(payload, "cluster_id");
    command.issuer = json_get_str(payload, "issuer") ? json_get_str(payload, "issuer") : "api";
    if (check_command(&command, c->arena, &e)) {
        service_answer_problem(c, m, 422, "%s", e.text);
        return;
    }
    command.type = "diagnostic";
    if (!command.cluster_id || prepare(c, &command, &e)) {
        service_answer_problem(c, m, command.cluster_id ? 503 : 400, "%s", command.cluster_id ? e.text : "no cluster_id");
        return;
    }
    size_t size;
    AUTO_FREE char *text = command_payload(&command, &size);
    struct relay *r = mem_alloc(sizeof *r);
    *r = (struct relay){ .c = c, .subject = str_dup(m->subject), .reply = str_dup(m->reply) };
    if (bus_request(c->bus, "manager.command", text, size, SEND_MS, on_relayed, r, &e)) {
        service_answer_problem(c, m, 503, "%s", e.text);
        free(r->subject);
        free(r->reply);
        free(r);
    }
}

/* ---- the service ------------------------------------------------------------------------------------------------ */

static int open_service(struct service_context *c, struct err *e)
{
    metric_register(metrics, COUNT(metrics));
    struct execution *x = mem_alloc(sizeof *x);
    *x = (struct execution){ .db = db_open(c->options->data_dir, &execution_schema, e) };
    if (x->db && load_key(x, e) == 0) {
        c->state = x;
        return 0;
    }
    db_close(x->db);
    free(x);
    return -1;
}

static void tick(struct service_context *c)
{
    struct execution *x = c->state;
    struct err e;
    struct evidence_job *jobs;
    size_t n;
    int64_t now = clock_wall_ms();
    if (evidence_jobs_open(x->db, now, OPEN_AT_ONCE, c->arena, &jobs, &n, &e)) {
        log_error("evidence under way cannot be read", "why=\"%s\"", e.text);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!jobs[i].answer)
            answer_job(c, &jobs[i], NULL, 0, "the agent did not answer in time", "timeout");
        else if (bus_publish(c->bus, "evidence.ready", jobs[i].answer, strlen(jobs[i].answer), &e))
            log_warn("evidence not delivered, it is sent again", "task=%s why=\"%s\"", jobs[i].task_id, e.text);
    }
}

static void close_service(struct service_context *c)
{
    struct execution *x = c->state;
    explicit_bzero(x->private_key, sizeof x->private_key);
    db_close(x->db);
    free(x);
}

static const struct service_subject subjects[] = {
    { "execution.evidence", "execution", on_evidence },  { "evidence.handled", "execution", on_handled }, { "command.result", "execution", on_result },
    { "execution.command", "execution", on_command },    { "command.key", "execution", on_key },          { "execution.query", "execution", on_key },
};

const struct service execution_service = {
    .name = "execution", .subjects = subjects, .n_subjects = COUNT(subjects), .open = open_service, .tick = tick, .tick_ms = AGAIN_MS, .close = close_service,
};
