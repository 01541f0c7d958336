/* What central tells agents on agent.control.<id>. */
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "bus/edge.h"
#include "central/manager/live.h"
#include "central/manager/manager.h"

#define TELL_EVERY_MS    100             /* watermarks of one cluster come no faster                              */
#define ASK_KEY_MS       2000
#define HELLO_EVERY_MS   5000     /* one agent is asked no faster to register again                        */
#define UNKNOWN_EVERY_MS 20

static void send(struct manager *m, const char *subject, const struct wire_control *control)
{
    struct err e;
    size_t size;
    AUTO_FREE char *text = wire_control_encode(control, &size);
    if (m->edge && edge_publish(m->edge, subject, text, size, NULL, &e))
        log_debug("control message not sent", "subject=%s why=\"%s\"", subject, e.text);
}

static void send_to(struct manager *m, const char *cluster_id, struct wire_control *control)
{
    char subject[WIRE_SUBJECT_SIZE];
    wire_subject(WIRE_CONTROL, cluster_id, subject);
    control->time = manager_wall(m);
    send(m, subject, control);
}

/* Anybody who may register names the subject of the answer, and central may publish on subjects that they may not: agents' and the server's own are none of theirs. */
static void answer(struct manager *m, const char *reply, const struct wire_control *control)
{
    if (reply && !str_starts(reply, "agent.") && !str_starts(reply, "$"))
        send(m, reply, control);
}

void control_welcome(struct manager *m, const struct cluster *c, const char *reply)
{
    const struct central_options *o = m->c->options;
    struct wire_control welcome = {
        .type = CONTROL_WELCOME,
        .state = c->admission,
        .reason = c->admission == ADMISSION_ACCEPTED ? NULL : c->reason,
        .epoch = c->committed_epoch,
        .seq = c->committed_seq,
        .settings = { .heartbeat_ms = o->heartbeat_interval_ms, .metrics_ms = o->metrics_interval_ms,
                      .batch_ms = o->batch_interval_ms, .batch_max = o->batch_max, .zstd = true },
        .command_key = m->command_key[0] ? m->command_key : NULL,
        .key_id = m->key_id[0] ? m->key_id : NULL,
        .session = c->session,
    };
    if (!m->command_key[0])
        m->greeted_without_key = true;
    send_to(m, c->id, &welcome);
    answer(m, reply, &welcome);
}

/* Only to who asked: the control subject belongs to the cluster that has the id. */
void control_refuse(struct manager *m, const char *reply, const char *reason)
{
    struct wire_control refusal = { .type = CONTROL_WELCOME, .state = ADMISSION_REFUSED, .reason = reason, .time = manager_wall(m) };
    answer(m, reply, &refusal);
}

void control_refuse_session(struct manager *m, const struct cluster *c, const char *session, const char *reply, const char *reason)
{
    struct wire_control refusal = { .type = CONTROL_WELCOME, .state = ADMISSION_REFUSED, .session = session, .reason = reason };
    send_to(m, c->id, &refusal);
    answer(m, reply, &refusal);
}

void control_hello_again(struct manager *m, struct cluster *c, const char *reason)
{
    if (c->hello_again_ms != LINK_NEVER && manager_now(m) - c->hello_again_ms < HELLO_EVERY_MS)
        return;
    c->hello_again_ms = manager_now(m);
    struct wire_control again = { .type = CONTROL_HELLO_AGAIN, .reason = reason };
    send_to(m, c->id, &again);
}

/* An agent that central does not know, because it lost its store or the registration got lost, introduces itself anew. Anybody can invent
 * ids, so all unknown ones share one pace. */
void control_hello_unknown(struct manager *m, const char *cluster_id)
{
    if (m->unknown_asked_ms != LINK_NEVER && manager_now(m) - m->unknown_asked_ms < UNKNOWN_EVERY_MS)
        return;
    m->unknown_asked_ms = manager_now(m);
    struct wire_control again = { .type = CONTROL_HELLO_AGAIN, .reason = "central does not know this agent" };
    send_to(m, cluster_id, &again);
}

void control_throttle(struct manager *m, struct cluster *c, int64_t pause_ms)
{
    if (c->throttled_ms != LINK_NEVER && manager_now(m) - c->throttled_ms < pause_ms)
        return;    /* it has been told, and the pause is not over */
    char reason[80];
    (void)snprintf(reason, sizeof reason, "more than %lld events per second", (long long)m->c->options->events_per_second_max);
    struct wire_control throttle = { .type = CONTROL_THROTTLE, .pause_ms = pause_ms, .reason = reason };
    send_to(m, c->id, &throttle);
    c->throttled_ms = manager_now(m);
    metric_add(&manager_metrics[M_THROTTLED], c->id, 1);
}

void control_watermark(struct manager *m, struct cluster *c)
{
    struct wire_control moved = { .type = CONTROL_WATERMARK, .epoch = c->committed_epoch, .seq = c->committed_seq };
    c->tell_watermark = false;
    c->told_ms = manager_now(m);
    send_to(m, c->id, &moved);
}

static void on_soon(void *arg)
{
    struct manager *m = arg;
    bool more = false;
    for (size_t i = 0; i < m->fleet.count; i++) {
        struct cluster *c = m->fleet.items[i];
        if (c->tell_watermark) {
            if (c->told_ms == LINK_NEVER || manager_now(m) - c->told_ms >= TELL_EVERY_MS)
                control_watermark(m, c);
            else
                more = true;
        }
        if (c->tell_stream && !live_cluster(m, c))
            more = true;
    }
    arena_reset(&m->scratch);
    if (more)
        timer_start(&m->soon, m->c->loop, TELL_EVERY_MS, on_soon, m);
}

void control_soon(struct manager *m)
{
    if (!timer_running(&m->soon))
        timer_start(&m->soon, m->c->loop, 0, on_soon, m);
}

/* ---- the key that agents pin ------------------------------------------------------------------------------- */

/* Those who were greeted before the key was known hear of it now. */
static void greet_again(struct manager *m)
{
    for (size_t i = 0; i < m->fleet.count && m->greeted_without_key; i++)
        if (m->fleet.items[i]->link != LINK_OFFLINE)
            control_welcome(m, m->fleet.items[i], NULL);
    m->greeted_without_key = false;
}

static void on_key(void *arg, const struct bus_message *answer, const struct err *err)
{
    struct manager *m = arg;
    struct err e;
    m->asking_key = false;
    if (err)
        return;    /* asked again with the next tick */
    AUTO_JSON struct json_doc *doc = json_parse(answer->data, answer->size, &json_wire_limits, &e);
    const char *key = json_at_str(json_root(doc), "body.command_key"), *id = json_at_str(json_root(doc), "body.key_id");
    if (!key || !id) {
        log_error("execution did not tell its command key", "answer=\"%.200s\"", answer->data);
        return;
    }
    (void)str_copy(m->command_key, sizeof m->command_key, key);
    (void)str_copy(m->key_id, sizeof m->key_id, id);
    greet_again(m);
}

void control_ask_key(struct manager *m)
{
    struct err e;
    if (m->command_key[0] || m->asking_key)
        return;
    m->asking_key = bus_request(m->c->bus, "command.key", "{}", 2, ASK_KEY_MS, on_key, m, &e) == 0;
    if (!m->asking_key)
        log_debug("command key not known yet", "why=\"%s\"", e.text);
}
