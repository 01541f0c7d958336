#include "agent/executor.h"

#include <stdlib.h>
#include <string.h>

#include "agent/replay.h"
#include "base/log.h"
#include "base/metric.h"

#define REMEMBER_MS   600000              /* beyond a command's expiry                       */
#define VALID_MOST_MS INT64_C(86400000)   /* a command may not be valid for longer           */
#define UNSENT_MAX    64                  /* results that wait for the link; the spool has them all */
#define MINUTE_MS     60000
#define COLLECT_PAUSE_MS 1000             /* between two collections of one root                     */

/* What a person asks for, and what central collects for its incidents by itself.  The latter comes in floods just when a person asks. */
enum share { ASKED, COLLECTED, SHARES };
static const struct limits {
    size_t queue, running;
} limits[SHARES] = { [ASKED] = { EXECUTOR_QUEUE_MAX, EXECUTOR_RUNNING_MAX }, [COLLECTED] = { EXECUTOR_QUEUE_MAX * 3 / 4, EXECUTOR_RUNNING_MAX - 1 } };

static const struct tool *const tools[] = { &kubectl_tool, &evidence_tool };

struct run {
    struct run *next;
    struct executor *executor;
    struct arena arena;
    struct wire_command command;
    const struct tool *tool;
    enum share share;
    struct tool_job *job;         /* NULL: it waits                                  */
    uint64_t number;              /* of its begin, from 1                            */
    bool begun;                   /* that is durable                                 */
    int64_t started_at, started_ms, timeout_ms;
    struct timer deadline;
};

struct executor {
    struct tool_context context;
    const struct agent_options *options;
    struct spool *spool;
    struct keys *keys;
    struct executor_links links;
    struct replay replay;
    struct run *runs;             /* oldest first                                    */
    size_t n_runs[SHARES], n_running[SHARES];
    char *unsent[UNSENT_MAX];     /* ids                                             */
    size_t n_unsent;
    int64_t minute_ms, in_minute[SHARES];    /* begun within this minute            */
    uint64_t begins_given, begins_durable;
    bool stopping;
    struct timer next;
};

enum { COMMANDS, REFUSED, RUNNING, SECONDS };
static struct metric metrics[] = {
    [COMMANDS] = { "aetherius_agent_commands_total", METRIC_COUNTER, "status", "Commands by final status." },
    [REFUSED] = { "aetherius_agent_commands_refused_total", METRIC_COUNTER, "reason", "Commands that were not begun, by reason." },
    [RUNNING] = { "aetherius_agent_commands_running", METRIC_GAUGE, NULL, "Commands that are carried out now." },
    [SECONDS] = { "aetherius_agent_command_duration_seconds", METRIC_HISTOGRAM, NULL, "Time that commands took." },
};
METRIC_DECLARE(metrics);

static void start_next(struct executor *x);

/* --- results ----------------------------------------------------------------------------------------------------- */

static void note_unsent(struct executor *x, const char *id)
{
    if (x->n_unsent == UNSENT_MAX) {
        free(x->unsent[0]);
        memmove(x->unsent, x->unsent + 1, sizeof x->unsent - sizeof x->unsent[0]);
        x->n_unsent--;    /* central asks again until it has an answer */
    }
    x->unsent[x->n_unsent++] = str_dup(id);
}

static void publish(struct executor *x, const char *id, const char *text, size_t size)
{
    struct err e;
    if (x->links.publish(x->links.arg, text, size, &e))
        note_unsent(x, id);
}

static void stamp(const struct executor *x, struct wire_result *r)
{
    r->cluster_id = x->context.cluster_id;
    r->timestamp = loop_wall_ms(x->context.loop);
}

/* A result that nobody needs to remember: of a command that was not begun, or a state on the way. */
static void say(struct executor *x, const char *id, enum wire_status status, const char *reason, const char *error)
{
    struct wire_result r = { .command_id = id, .status = status, .reason = reason, .error = error, .exit_code = -1 };
    struct err e;
    size_t size;
    stamp(x, &r);
    AUTO_FREE char *text = wire_result_encode(&r, &size);
    if (x->links.publish(x->links.arg, text, size, &e))
        log_debug("an answer waits for the command to come again", "command=%s", id);
}

static void refuse(struct executor *x, const char *id, enum wire_status status, const char *reason, const char *error)
{
    metric_add(&metrics[REFUSED], reason, 1);
    log_warn("a command is refused", "command=%s reason=%s why=\"%s\"", id, reason, error);
    say(x, id, status, reason, error);
}

static void remember(struct executor *x, const struct wire_result *r)
{
    size_t size;
    AUTO_FREE char *text = wire_result_encode(r, &size);
    replay_end(&x->replay, r->command_id);
    spool_command_end(x->spool, r->command_id, text, size);
    metric_add(&metrics[COMMANDS], wire_status_name(r->status), 1);
    publish(x, r->command_id, text, size);
}

/* --- runs -------------------------------------------------------------------------------------------------------- */

static void drop_run(struct run *r)
{
    struct executor *x = r->executor;
    struct run **at = &x->runs;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    x->n_runs[r->share]--;
    timer_stop(&r->deadline);
    arena_fini(&r->arena);
    free(r);
}

static size_t running(const struct executor *x)
{
    return x->n_running[ASKED] + x->n_running[COLLECTED];
}

static void show_running(const struct executor *x)
{
    metric_set(&metrics[RUNNING], NULL, (double)running(x));
}

/* The final result; the run is gone afterwards. */
static void finish(struct run *r, const struct tool_answer *answer)
{
    struct executor *x = r->executor;
    struct wire_result result = {
        .command_id = r->command.id, .status = answer->status, .output = answer->output, .output_size = answer->size, .error = answer->error,
        .reason = answer->reason, .truncated = answer->truncated, .redactions = answer->redactions, .total_bytes = (int64_t)answer->size,
        .started_at = r->started_at, .exit_code = answer->status == STATUS_SUCCESS ? 0 : answer->status == STATUS_FAILED ? 1 : -1,
    };
    char hex[2 * CRYPT_SHA256_SIZE + 1];
    if (answer->output) {
        uint8_t digest[CRYPT_SHA256_SIZE];
        crypt_sha256(answer->output, answer->size, digest);
        crypt_hex(digest, sizeof digest, hex);
        result.sha256 = hex;
    }
    stamp(x, &result);
    if (r->started_ms) {
        result.duration_ms = loop_now_ms(x->context.loop) - r->started_ms;
        metric_observe(&metrics[SECONDS], NULL, (double)result.duration_ms / 1000);
    }
    log_info("a command ended", "command=%s tool=%s action=%s status=%s ms=%lld", r->command.id, r->command.tool, r->command.action,
             wire_status_name(result.status), (long long)result.duration_ms);
    remember(x, &result);
    if (r->job) {
        x->n_running[r->share]--;
        show_running(x);
    }
    drop_run(r);
    start_next(x);
}

static void on_done(void *arg, const struct tool_answer *answer)
{
    finish(arg, answer);
}

static void end_early(struct run *r, enum wire_status status, const char *reason, const char *error)
{
    if (r->job)
        r->tool->cancel(r->job);
    finish(r, &(struct tool_answer){ .status = status, .reason = reason, .error = error });
}

static void on_deadline(void *arg)
{
    end_early(arg, STATUS_TIMEOUT, "timeout", "the command took longer than it may");
}

static void start_run(struct run *r)
{
    struct executor *x = r->executor;
    r->started_at = loop_wall_ms(x->context.loop);
    r->started_ms = loop_now_ms(x->context.loop);
    timer_start(&r->deadline, x->context.loop, r->timeout_ms, on_deadline, r);
    x->n_running[r->share]++;
    show_running(x);
    r->job = r->tool->start(&x->context, &r->command, r->timeout_ms, on_done, r);
}

static bool may_start(const struct run *r)
{
    const struct executor *x = r->executor;
    return r->begun && !r->job && x->n_running[r->share] < limits[r->share].running && running(x) < EXECUTOR_RUNNING_MAX;
}

static void start_waiting(void *arg)
{
    struct executor *x = arg;
    for (struct run *r = x->runs; r; r = r->next)
        if (may_start(r))
            start_run(r);
}

static void start_next(struct executor *x)
{
    if (!x->stopping)
        timer_start(&x->next, x->context.loop, 0, start_waiting, x);
}

static struct run *find_run(const struct executor *x, const char *id)
{
    struct run *r = x->runs;
    while (r && !str_eq(r->command.id, id))
        r = r->next;
    return r;
}

/* Durable now: from here on it is never run a second time.  Begins come back in the order in which they were given. */
static void on_begun(void *arg)
{
    struct executor *x = arg;
    x->begins_durable++;
    for (struct run *r = x->runs; r; r = r->next)
        if (r->number == x->begins_durable)
            r->begun = true;    /* none when it was cancelled meanwhile */
    start_next(x);
}

/* --- a command arrives ------------------------------------------------------------------------------------------- */

struct refusal {
    enum wire_status status;
    const char *reason;
};

static int check_time(struct executor *x, const struct wire_command *c, struct refusal *out, struct err *e)
{
    bool known;
    int64_t now = loop_wall_ms(x->context.loop), offset = x->links.clock_offset_ms(x->links.arg, &known);
    *out = (struct refusal){ STATUS_EXPIRED, "expired" };
    if (c->expires_at && c->expires_at < now)
        return err_set(e, ERR_EXPIRED, "the command has expired");
    if (c->signature && !c->expires_at)
        return err_set(e, ERR_EXPIRED, "a signed command must say when it expires");
    if (c->expires_at > now + VALID_MOST_MS)
        return err_set(e, ERR_EXPIRED, "a command may not be valid for longer than a day");
    *out = (struct refusal){ STATUS_REJECTED, "clock_skew" };
    if (c->created_at > now + EXECUTOR_SKEW_MS)
        return err_set(e, ERR_REFUSED, "the command was made in the future, as this clock has it");
    if (known && (offset > EXECUTOR_SKEW_MS || offset < -EXECUTOR_SKEW_MS))
        return err_set(e, ERR_REFUSED, "this clock and central's differ by %lld s", (long long)offset / 1000);
    return 0;
}

static int check_tool(struct run *r, struct err *e)
{
    const struct wire_command *c = &r->command;
    if (!str_eq(c->type, "diagnostic"))
        return err_set(e, ERR_INVALID, "type \"%.40s\" is not carried out; allowed: diagnostic", c->type);
    if (c->n_args > WIRE_ARGS_MAX)
        return err_set(e, ERR_INVALID, "at most %d arguments", WIRE_ARGS_MAX);
    for (size_t i = 0; i < COUNT(tools); i++)
        if (str_eq(tools[i]->name, c->tool))
            r->tool = tools[i];
    if (!r->tool)
        return err_set(e, ERR_INVALID, "tool \"%.40s\" is not carried out; allowed: kubectl, evidence", c->tool);
    r->share = r->tool == &evidence_tool ? COLLECTED : ASKED;
    return r->tool->check(c, &r->arena, e);
}

static int check_room(struct executor *x, enum share share, struct err *e)
{
    int64_t now = loop_now_ms(x->context.loop);
    if (now - x->minute_ms >= MINUTE_MS) {
        x->minute_ms = now;
        memset(x->in_minute, 0, sizeof x->in_minute);
    }
    if (x->n_runs[share] >= limits[share].queue || executor_waiting(x) >= EXECUTOR_QUEUE_MAX)
        return err_set(e, ERR_BUSY, "%zu commands wait or run, more are not taken", executor_waiting(x));
    if (x->in_minute[share] >= x->options->commands_per_minute_max)
        return err_set(e, ERR_BUSY, "%lld commands were begun within a minute, which is commands_per_minute_max", (long long)x->in_minute[share]);
    return 0;
}

/* May it be begun?  -1: *out says how it is refused. */
static int check(struct executor *x, struct run *r, struct refusal *out, struct err *e)
{
    const struct wire_command *c = &r->command;
    *out = (struct refusal){ STATUS_REJECTED, "grammar" };
    if (check_tool(r, e))
        return -1;
    *out = (struct refusal){ STATUS_REJECTED, "replay" };
    if (replay_knows_nonce(&x->replay, c->nonce))
        return err_set(e, ERR_REFUSED, "its nonce was used before");
    *out = (struct refusal){ STATUS_REJECTED, "busy" };
    return check_room(x, r->share, e);
}

/* Is it ours, and said by central, in time?  In the order that docs/protocol.md gives; a signature costs work, so what refuses without it comes first. */
static int check_origin(struct executor *x, const struct wire_command *c, struct refusal *out, struct err *e)
{
    *out = (struct refusal){ STATUS_REJECTED, "target" };
    if (c->cluster_id && !str_eq(c->cluster_id, x->context.cluster_id))
        return err_set(e, ERR_REFUSED, "the command is for another cluster");
    *out = (struct refusal){ STATUS_REJECTED, "disabled" };
    if (!x->options->commands)
        return err_set(e, ERR_REFUSED, "the agent of this cluster carries out no commands: its option commands is false");
    *out = (struct refusal){ STATUS_REJECTED, "signature" };
    if (keys_check(x->keys, c, e))
        return -1;
    return check_time(x, c, out, e);
}

static void on_remembered(void *arg, const char *id, const char *text, size_t size)
{
    struct executor *x = arg;
    if (text)
        publish(x, id, text, size);
    else
        say(x, id, STATUS_FAILED, "forgotten", "the command was carried out before; its output is no longer kept");
}

static void answer_again(struct executor *x, const char *id)
{
    spool_command_result(x->spool, id, on_remembered, x);
}

static void begin(struct run *r)
{
    struct executor *x = r->executor;
    const struct wire_command *c = &r->command;
    int64_t now = loop_wall_ms(x->context.loop), forget_at = (c->expires_at > now ? c->expires_at : now) + REMEMBER_MS;
    if (!replay_add(&x->replay, c->id, c->nonce, forget_at, now)) {
        refuse(x, c->id, STATUS_REJECTED, "busy", "too many commands are remembered");
        arena_fini(&r->arena);
        free(r);
        return;
    }
    r->timeout_ms = c->timeout_ms > 0 ? c->timeout_ms : EXECUTOR_TIMEOUT_MS;
    if (r->timeout_ms > EXECUTOR_MOST_MS)
        r->timeout_ms = EXECUTOR_MOST_MS;
    struct run **last = &x->runs;
    while (*last)
        last = &(*last)->next;
    *last = r;
    x->n_runs[r->share]++;
    x->in_minute[r->share]++;
    r->number = ++x->begins_given;
    log_info("a command", "command=%s tool=%s action=%s issuer=%s task=%s incident=%s", c->id, c->tool, c->action, str_or_empty(c->issuer),
             str_or_empty(c->task_id), str_or_empty(c->incident_id));
    struct spool_command begun = { .id = c->id, .nonce = c->nonce, .begun_at = now, .forget_at = forget_at };
    spool_command_begin(x->spool, &begun, on_begun, x);
    say(x, c->id, STATUS_ACCEPTED, NULL, NULL);
}

/* True: the run was taken over. */
static bool consider(struct executor *x, struct run *r)
{
    const struct wire_command *c = &r->command;
    struct refusal refusal;
    struct err e;
    if (check_origin(x, c, &refusal, &e)) {
        refuse(x, c->id, refusal.status, refusal.reason, e.text);
        return false;
    }
    switch (replay_find(&x->replay, c->id)) {
    case REPLAY_ENDED: answer_again(x, c->id); return false;
    case REPLAY_BEGUN: say(x, c->id, STATUS_RUNNING, NULL, NULL); return false;
    default: break;
    }
    if (check(x, r, &refusal, &e)) {
        refuse(x, c->id, refusal.status, refusal.reason, e.text);
        return false;
    }
    begin(r);
    return true;
}

/* Nobody can act on it; whoever sent it may want to know. */
static void refuse_malformed(struct executor *x, const char *data, size_t size, const struct err *e)
{
    AUTO_JSON struct json_doc *doc = json_parse(data, size, &json_wire_limits, NULL);
    const char *id = json_get_str(json_root(doc), "id");
    if (id && *id && strlen(id) <= WIRE_ARG_MAX)
        refuse(x, id, STATUS_REJECTED, "malformed", e->text);
    else {
        metric_add(&metrics[REFUSED], "malformed", 1);
        log_warn("a command cannot be read", "bytes=%zu why=\"%s\"", size, e->text);
    }
}

void executor_take(struct executor *x, const char *data, size_t size)
{
    struct err e;
    if (x->stopping)
        return;    /* central asks again */
    struct run *r = mem_alloc(sizeof *r);
    *r = (struct run){ .executor = x };
    if (wire_command_decode(data, size, &r->arena, &r->command, &e))
        refuse_malformed(x, data, size, &e);
    else if (consider(x, r))
        return;
    arena_fini(&r->arena);
    free(r);
}

void executor_cancel(struct executor *x, const char *command_id)
{
    struct run *r = find_run(x, command_id);
    if (r)
        end_early(r, STATUS_CANCELLED, "cancelled", "central cancelled it");
    else if (replay_find(&x->replay, command_id) == REPLAY_ENDED)
        answer_again(x, command_id);
}

void executor_flush(struct executor *x)
{
    size_t count = x->n_unsent;
    char *ids[UNSENT_MAX];
    memcpy(ids, x->unsent, sizeof ids);
    x->n_unsent = 0;
    for (size_t i = 0; i < count; i++) {
        answer_again(x, ids[i]);
        free(ids[i]);
    }
}

size_t executor_waiting(const struct executor *x)
{
    return x->n_runs[ASKED] + x->n_runs[COLLECTED];
}

/* --- life -------------------------------------------------------------------------------------------------------- */

static void recall(void *arg, const struct spool_command *c)
{
    struct executor *x = arg;
    if (!replay_add(&x->replay, c->id, c->nonce, c->forget_at, 0))
        return;
    if (c->ended) {
        replay_end(&x->replay, c->id);
        return;
    }
    struct wire_result r = { .command_id = c->id, .status = STATUS_INTERRUPTED, .reason = "interrupted", .started_at = c->begun_at, .exit_code = -1,
                             .error = "the agent ended while the command ran; it is not run again" };
    stamp(x, &r);
    remember(x, &r);
}

struct executor *executor_new(const struct tool_context *context, const struct agent_options *options, struct spool *spool, struct keys *keys,
                              const struct executor_links *links)
{
    metric_register(metrics, COUNT(metrics));
    struct executor *x = mem_alloc(sizeof *x);
    *x = (struct executor){ .context = *context, .options = options, .spool = spool, .keys = keys, .links = *links };
    x->context.collector = collector_new(context->kube, context->loop, COLLECT_PAUSE_MS);
    spool_each_command(spool, recall, x);
    return x;
}

void executor_stop(struct executor *x)
{
    x->stopping = true;
    timer_stop(&x->next);
    while (x->runs)
        end_early(x->runs, STATUS_INTERRUPTED, "interrupted", "the agent ends");
}

void executor_free(struct executor *x)
{
    if (!x)
        return;
    executor_stop(x);
    collector_free(x->context.collector);
    for (size_t i = 0; i < x->n_unsent; i++)
        free(x->unsent[i]);
    free(x);
}
