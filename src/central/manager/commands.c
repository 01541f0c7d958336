#include "central/manager/commands.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "central/manager/arrival.h"
#include "central/manager/live.h"
#include "central/manager/outgoing.h"
#include "wire/command.h"

#define PENDING_MAX    4096       /* without a final result; more are refused as busy                */
#define RESEND_MS      2000
#define EXPIRY_MS      300000     /* of a command that names none                                    */
#define TIMEOUT_MS     120000     /* likewise; also the agent's own cap                              */
#define GRACE_MS       5000       /* an answer may be on its way when a command expires              */
#define SILENCE_MS     30000      /* beyond its timeout, an accepted command that says nothing ended */

static const char *const names[COMMAND_STATES] = {
    [COMMAND_QUEUED] = "queued",     [COMMAND_SENT] = "sent",           [COMMAND_ACCEPTED] = "accepted",
    [COMMAND_RUNNING] = "running",   [COMMAND_SUCCESS] = "success",     [COMMAND_FAILED] = "failed",
    [COMMAND_TIMEOUT] = "timeout",   [COMMAND_REJECTED] = "rejected",   [COMMAND_EXPIRED] = "expired",
    [COMMAND_CANCELLED] = "cancelled", [COMMAND_INTERRUPTED] = "interrupted",
};

/* What a result makes of a command. */
static const enum command_state state_of[] = {
    [STATUS_ACCEPTED] = COMMAND_ACCEPTED,   [STATUS_RUNNING] = COMMAND_RUNNING,     [STATUS_SUCCESS] = COMMAND_SUCCESS,
    [STATUS_FAILED] = COMMAND_FAILED,       [STATUS_TIMEOUT] = COMMAND_TIMEOUT,     [STATUS_REJECTED] = COMMAND_REJECTED,
    [STATUS_EXPIRED] = COMMAND_EXPIRED,     [STATUS_CANCELLED] = COMMAND_CANCELLED, [STATUS_INTERRUPTED] = COMMAND_INTERRUPTED,
};

/* A command that waits for its final result; its row, with texts of its own. */
struct pending_command {
    struct pending_command *next;
    char *id, *body, *subject;
    int64_t n;
    enum command_state state;
    int64_t sent_at, expires_at, deadline_at;    /* wall ms */
    int64_t due_ms;                              /* of the next sending */
    int tries;
};

const char *commands_state_name(enum command_state state)
{
    return names[state];
}

enum command_state commands_state_parse(const char *name)
{
    size_t i = 0;
    while (i < COMMAND_STATES && !str_eq(names[i], name))
        i++;
    return (enum command_state)i;
}

static bool is_final(enum command_state state)
{
    return state >= COMMAND_SUCCESS;
}

/* ---- memory of those under way ----------------------------------------------------------------------------- */

static void pending_free(struct pending_command *p)
{
    free(p->id);
    free(p->body);
    free(p->subject);
    free(p);
}

static struct pending_command **find_pending(struct manager *m, const char *id)
{
    struct pending_command **at = &m->commands;
    while (*at && !str_eq((*at)->id, id))
        at = &(*at)->next;
    return at;
}

static void remove_pending(struct manager *m, const char *id)
{
    struct pending_command **at = find_pending(m, id);
    struct pending_command *p = *at;
    if (!p)
        return;
    *at = p->next;
    m->n_commands--;
    pending_free(p);
}

static struct pending_command *add_pending(struct manager *m, const struct command_row *row)
{
    const struct cluster *c = fleet_by_number(&m->fleet, row->cluster);
    char subject[WIRE_SUBJECT_SIZE];
    wire_subject(WIRE_COMMAND, c->id, subject);
    struct pending_command *p = mem_alloc(sizeof *p);
    *p = (struct pending_command){ .next = m->commands, .id = str_dup(row->id), .body = str_dup(row->body), .subject = str_dup(subject),
                                   .n = row->n, .state = (enum command_state)row->state, .sent_at = row->sent_at,
                                   .expires_at = row->expires_at, .deadline_at = row->deadline_at, .tries = row->tries };
    m->commands = p;
    m->n_commands++;
    return p;
}

void commands_forget(struct manager *m)
{
    while (m->commands) {
        struct pending_command *p = m->commands;
        m->commands = p->next;
        pending_free(p);
    }
    m->n_commands = 0;
}

static void load_one(void *arg, const struct command_row *row)
{
    struct manager *m = arg;
    if (fleet_by_number(&m->fleet, row->cluster))
        add_pending(m, row);
}

int commands_reload(struct manager *m, struct err *e)
{
    commands_forget(m);
    return commands_open(m->db, load_one, m, e);
}

/* ---- sending ------------------------------------------------------------------------------------------------- */

static void copy_row(struct arena *a, const struct command_row *from, struct command_row *to)
{
    *to = *from;
    to->id = arena_strdup(a, from->id);
    to->incident_id = arena_strdup(a, from->incident_id);
    to->body = arena_strdup(a, from->body);
    to->result = arena_strdup(a, from->result);
}

static void on_told(struct manager *m, void *arg, bool committed)
{
    if (committed)
        live_command(m, arg);
}

/* Writes the row, and tells the live view after the commit. */
static int store(struct manager *m, const struct command_row *row, struct err *e)
{
    if (commit_join(m, e) || commands_update(m->db, row, e))
        return -1;
    metric_add(&manager_metrics[M_COMMANDS], names[row->state], 1);
    struct command_row *told = ARENA_NEW(&m->commit.arena, struct command_row);
    copy_row(&m->commit.arena, row, told);
    commit_then(m, on_told, told);
    return 0;
}

/* The first sending is a state of its own; later ones are only counted in memory. */
static int mark_sent(struct manager *m, struct pending_command *p, struct err *e)
{
    struct command_row row;
    int found = commands_find(m->db, p->id, &m->scratch, &row, e);
    if (found <= 0)
        return found;
    row.state = p->state = COMMAND_SENT;
    row.sent_at = p->sent_at = manager_wall(m);
    row.tries = p->tries;
    return store(m, &row, e);
}

static int send(struct manager *m, struct pending_command *p, struct err *e)
{
    struct err why;
    p->due_ms = manager_now(m) + RESEND_MS;
    if (edge_publish(m->edge, p->subject, p->body, strlen(p->body), NULL, &why)) {
        log_debug("command not sent", "command_id=%s why=\"%s\"", p->id, why.text);
        return 0;
    }
    p->tries++;
    return p->state == COMMAND_QUEUED ? mark_sent(m, p, e) : 0;
}

/* A result that central makes itself, for a command that nobody answered. */
static int finish_unanswered(struct manager *m, const struct pending_command *p, enum wire_status status, const char *error, struct err *e)
{
    struct command_row row;
    int found = commands_find(m->db, p->id, &m->scratch, &row, e);
    if (found <= 0)
        return found;
    const struct cluster *c = fleet_by_number(&m->fleet, row.cluster);
    struct wire_result result = { .command_id = row.id, .cluster_id = c->id, .status = status, .error = error, .reason = "no_answer",
                                  .timestamp = manager_wall(m), .exit_code = -1 };
    size_t size;
    AUTO_FREE char *text = wire_result_encode(&result, &size);
    row.result = text;
    row.state = state_of[status];
    row.finished_at = manager_wall(m);
    row.tries = p->tries;
    return store(m, &row, e) || outgoing_result(m, &row, e) ? -1 : 0;
}

/* 0, 1 when p is finished, -1. */
static int look_after(struct manager *m, struct pending_command *p, struct err *e)
{
    int64_t now = manager_wall(m);
    if (p->state < COMMAND_ACCEPTED && now >= p->expires_at + GRACE_MS)
        return finish_unanswered(m, p, STATUS_EXPIRED, "no agent answered before the command expired", e) ? -1 : 1;
    if (now >= p->deadline_at)
        return finish_unanswered(m, p, STATUS_TIMEOUT, "the agent took the command and did not answer in time", e) ? -1 : 1;
    if (p->state < COMMAND_ACCEPTED && now < p->expires_at && manager_now(m) >= p->due_ms)
        return send(m, p, e);
    return 0;
}

void commands_tick(struct manager *m)
{
    struct err e;
    for (struct pending_command *p = m->commands, *next; p; p = next) {
        next = p->next;
        int done = look_after(m, p, &e);
        if (done < 0) {
            commit_abort(m, &e);    /* the list is another one now */
            return;
        }
        if (done)
            remove_pending(m, p->id);
    }
}

/* ---- a new command ------------------------------------------------------------------------------------------- */

struct issue {
    char *subject, *reply;
    struct command_row row;
};

static void answer(struct manager *m, const struct issue *issue, bool stored)
{
    const struct bus_message to = { .subject = issue->subject, .reply = issue->reply };
    if (!stored) {
        service_answer_problem(m->c, &to, 503, "the command could not be stored; try again");
        return;
    }
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "command_id", issue->row.id);
    json_w_end(w);
    service_answer(m->c, &to, 202, w);
}

static void on_issued(struct manager *m, void *arg, bool committed)
{
    const struct issue *issue = arg;
    struct err e;
    answer(m, issue, committed);
    if (committed && send(m, add_pending(m, &issue->row), &e))
        commit_abort(m, &e);
}

static void on_known(struct manager *m, void *arg, bool committed)
{
    (void)committed;    /* it was stored long before */
    answer(m, arg, true);
}

/* 0, or the status to answer with and *e. */
static int refuse(const struct manager *m, const struct wire_command *command, const struct cluster *c, struct err *e)
{
    if (!c) {
        err_set(e, ERR_NOT_FOUND, "there is no cluster \"%.64s\"", str_or_empty(command->cluster_id));
        return 404;
    }
    if (c->admission != ADMISSION_ACCEPTED || c->link == LINK_OFFLINE) {
        err_set(e, ERR_CONFLICT, "cluster %s is %s", c->id, c->admission == ADMISSION_ACCEPTED ? "offline" : wire_admission_name(c->admission));
        return 409;
    }
    if (m->n_commands >= PENDING_MAX) {
        err_set(e, ERR_BUSY, "%d commands wait for their results already", PENDING_MAX);
        return 503;
    }
    return 0;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void fill_row(struct manager *m, const struct wire_command *command, const struct cluster *c, struct command_row *row)
{
    struct arena *a = &m->commit.arena;
    int64_t now = manager_wall(m);
    AUTO_FREE char *body = wire_command_encode(command, NULL);
    *row = (struct command_row){
        .cluster = c->n,
        .id = arena_strdup(a, command->id),
        .incident_id = arena_strdup(a, command->incident_id),
        .state = COMMAND_QUEUED,
        .created_at = command->created_at ? command->created_at : now,
        .expires_at = command->expires_at ? command->expires_at : now + EXPIRY_MS,
        .body = arena_strdup(a, body),
    };
    row->deadline_at = later(row->expires_at, now) + (command->timeout_ms ? command->timeout_ms : TIMEOUT_MS) + SILENCE_MS;
}

static int issue(struct manager *m, const struct bus_message *message, const struct wire_command *command, struct cluster *c, struct err *e)
{
    if (commit_join(m, e))
        return -1;
    struct arena *a = &m->commit.arena;
    struct issue *issue = ARENA_NEW(a, struct issue);
    issue->subject = arena_strdup(a, message->subject);
    issue->reply = arena_strdup(a, message->reply);
    fill_row(m, command, c, &issue->row);
    int fresh = commands_insert(m->db, &issue->row, e);
    if (fresh < 0)
        return -1;
    if (fresh) {
        c->commands_total++;
        c->changed = true;
        metric_add(&manager_metrics[M_COMMANDS], names[COMMAND_QUEUED], 1);
    }
    commit_then(m, fresh ? on_issued : on_known, issue);
    return 0;
}

void commands_issue(struct service_context *c, const struct bus_message *message, json *payload)
{
    struct manager *m = c->state;
    struct wire_command command;
    struct err e;
    if (wire_command_read(json_get(payload, "command"), c->arena, &command, &e)) {
        service_answer_problem(c, message, 422, "%s", e.text);
        return;
    }
    struct cluster *cluster = fleet_find(&m->fleet, str_or_empty(command.cluster_id));
    int status = refuse(m, &command, cluster, &e);
    if (status) {
        service_answer_problem(c, message, status, "%s", e.text);
        return;
    }
    /* The answer is a follow-up. An incident asks for many things at once, and a commit of their own for each would cost more than all else of them. */
    if (issue(m, message, &command, cluster, &e)) {
        commit_abort(m, &e);
        service_answer_problem(c, message, 503, "the command could not be stored; try again");
    }
}

/* ---- results ------------------------------------------------------------------------------------------------- */

/* The last word is the agent's: what central ended itself may still be answered, a final answer stays. */
static bool is_news(const struct command_row *row, enum command_state state)
{
    if (!is_final((enum command_state)row->state))
        return is_final(state) || (int)state > row->state;
    bool ended_by_us = row->state == COMMAND_EXPIRED || row->state == COMMAND_TIMEOUT;
    return ended_by_us && is_final(state) && row->state != (int)state;
}

static int take_news(struct manager *m, struct command_row *row, const struct wire_result *result, struct err *e)
{
    AUTO_FREE char *text = wire_result_encode(result, NULL);
    row->state = state_of[result->status];
    row->result = text;
    row->finished_at = is_final((enum command_state)row->state) ? manager_wall(m) : 0;
    if (row->sent_at == 0)
        row->sent_at = manager_wall(m);
    if (store(m, row, e))
        return -1;
    if (row->finished_at) {
        remove_pending(m, row->id);
        return outgoing_result(m, row, e);
    }
    struct pending_command *p = *find_pending(m, row->id);
    if (p)
        p->state = (enum command_state)row->state;
    return 0;
}

enum take results_take(struct manager *m, struct arrival *a, struct err *e)
{
    struct wire_result result;
    struct command_row row;
    if (wire_result_decode(a->data, a->size, a->cluster_id, &m->scratch, &result, e))
        return TAKE_POISON;
    if (result.status == STATUS_UNKNOWN) {
        err_set(e, ERR_INVALID, "result: its status is no word of ours");
        return TAKE_POISON;
    }
    if (commit_join(m, e))
        return TAKE_FAILED;
    int found = commands_find(m->db, result.command_id, &m->scratch, &row, e);
    if (found < 0)
        return TAKE_FAILED;
    if (found == 0 || row.cluster != a->cluster->n) {
        metric_add(&manager_metrics[M_RESULTS], a->cluster_id, 1);
        err_set(e, ERR_INVALID, "result: command %.64s was not given to this cluster", result.command_id);
        return TAKE_POISON;
    }
    if (!is_news(&row, state_of[result.status]))
        return TAKE_DONE;
    return take_news(m, &row, &result, e) ? TAKE_FAILED : TAKE_DONE;
}
