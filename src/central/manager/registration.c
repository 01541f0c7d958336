/* Who an agent is, and whether it may come in. */
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "central/manager/arrival.h"
#include "central/manager/gap.h"
#include "central/manager/link_watch.h"
#include "central/manager/registration.h"
#include "central/manager/session.h"
#include "central/manager/show.h"

struct greeting {
    char cluster_id[WIRE_CLUSTER_ID_SIZE];
    const char *reply;
};

/* The welcome follows the commit: what it promises is stored. */
static void on_stored(struct manager *m, void *arg, bool committed)
{
    const struct greeting *g = arg;
    const struct cluster *c = committed ? fleet_find(&m->fleet, g->cluster_id) : NULL;
    if (c)
        control_welcome(m, c, g->reply);
}

static void greet_after_commit(struct manager *m, const struct arrival *a)
{
    struct greeting *g = ARENA_NEW(&m->commit.arena, struct greeting);
    (void)str_copy(g->cluster_id, sizeof g->cluster_id, a->cluster_id);
    g->reply = arena_strdup(&m->commit.arena, a->reply);
    commit_then(m, on_stored, g);
}

static struct cluster *admit(struct manager *m, const struct arrival *a, const struct wire_register *hello, struct err *e)
{
    struct cluster *c = fleet_add(&m->fleet, a->cluster_id, e);
    if (!c)
        return NULL;
    bool manual = m->c->options->admission == 1;
    c->admission = manual ? ADMISSION_PENDING : ADMISSION_ACCEPTED;
    c->reason = manual ? str_dup("a new cluster waits for a person's consent") : NULL;
    c->registered_at = c->link_since = c->last_seen = manager_wall(m);
    c->epoch = hello->epoch;
    c->hello = str_dup("");
    struct cluster_row row;
    fleet_row(c, &row);
    /* A failure here undoes the transaction, and with it this entry of the fleet. */
    if (clusters_insert(m->db, &row, e))
        return NULL;
    c->n = row.n;
    log_info("new cluster", "cluster_id=%s name=%s version=%s admission=%s", c->id, str_or_empty(hello->cluster_name),
             hello->version, wire_admission_name(c->admission));
    return c;
}

/* Two clusters with one id would mix what they report.  The one that was there first keeps it. */
static bool is_another(const struct cluster *c, const struct wire_register *hello)
{
    return c->uid && hello->cluster_uid && !str_eq(c->uid, hello->cluster_uid);
}

static void refuse_another(struct manager *m, struct arrival *a, const struct wire_register *hello)
{
    AUTO_FREE char *text = str_printf("another cluster (uid %.64s, instance %.64s) claims this id; ours has uid %s. Give it an id of its own",
                                      hello->cluster_uid, str_or_empty(hello->instance), a->cluster->uid);
    gap_security(m, a->cluster, "conflict", text);
    control_refuse(m, a->reply, text);
}

/* Both hear the control subject: the refusal names whom it is for. */
static bool refuse_second(struct manager *m, struct arrival *a, const struct wire_register *hello)
{
    char *why = NULL;
    if (session_take(m, a->cluster, hello, &why))
        return false;
    control_refuse_session(m, a->cluster, hello->session, a->reply, why);
    free(why);
    return true;
}

static int follow_epoch(struct manager *m, struct cluster *c, uint64_t epoch, struct err *e)
{
    c->epoch = epoch;
    if (epoch == 0 || epoch == c->watermark.epoch)
        return 0;
    if (fleet_watermark(c, m->db, epoch, &m->scratch, e))
        return -1;
    c->watermark_changed = true;
    c->moved_ms = manager_now(m);
    return 0;
}

enum take registration_take(struct manager *m, struct arrival *a, struct err *e)
{
    struct wire_register hello;
    if (wire_register_decode(a->data, a->size, a->cluster_id, &m->scratch, &hello, e)) {
        control_refuse(m, a->reply, e->text);
        return TAKE_POISON;
    }
    if (commit_join(m, e))
        return TAKE_FAILED;
    if (a->cluster && is_another(a->cluster, &hello)) {
        refuse_another(m, a, &hello);
        return TAKE_DONE;
    }
    if (a->cluster && refuse_second(m, a, &hello))
        return TAKE_DONE;
    struct cluster *c = a->cluster ? a->cluster : admit(m, a, &hello, e);
    if (!c) {
        if (e->kind != ERR_TOO_LARGE)
            return TAKE_FAILED;
        control_refuse(m, a->reply, e->text);
        return TAKE_POISON;
    }
    if (!a->cluster) {
        char *nobody = NULL;
        (void)session_take(m, c, &hello, &nobody);    /* the first one is never refused */
    }
    a->cluster = c;
    if (hello.cluster_uid && !c->uid)
        fleet_text(&c->uid, hello.cluster_uid);
    AUTO_FREE char *text = wire_register_encode(&hello, NULL);
    fleet_text(&c->hello, text);
    if (follow_epoch(m, c, hello.epoch, e))
        return TAKE_FAILED;
    link_heard(m, c);
    c->changed = true;
    c->tell_stream = true;
    control_soon(m);
    greet_after_commit(m, a);
    return TAKE_DONE;
}

static const struct decision {
    const char *word;
    enum wire_admission admission;
} decisions[] = { { "accept", ADMISSION_ACCEPTED }, { "refuse", ADMISSION_REFUSED } };

static const struct decision *find_decision(const char *word)
{
    for (size_t i = 0; i < COUNT(decisions); i++)
        if (str_eq(decisions[i].word, word))
            return &decisions[i];
    return NULL;
}

static int decide(struct manager *m, struct cluster *c, enum wire_admission admission, const char *reason, struct err *e)
{
    if (commit_join(m, e))
        return -1;
    c->admission = admission;
    c->changed = c->tell_stream = true;
    c->security_ms = LINK_NEVER;
    fleet_text(&c->reason, admission == ADMISSION_ACCEPTED ? NULL : reason ? reason : "refused by a person");
    struct arrival a = { 0 };
    (void)str_copy(a.cluster_id, sizeof a.cluster_id, c->id);
    greet_after_commit(m, &a);
    control_soon(m);
    log_info("admission decided", "cluster_id=%s admission=%s", c->id, wire_admission_name(admission));
    return 0;
}

void registration_decide(struct service_context *c, const struct bus_message *message, json *payload)
{
    struct manager *m = c->state;
    struct err e;
    const char *id = str_or_empty(json_get_str(payload, "cluster_id"));
    const struct decision *decision = find_decision(json_get_str(payload, "decision"));
    struct cluster *cluster = fleet_find(&m->fleet, id);
    if (!cluster) {
        service_answer_problem(c, message, 404, "there is no cluster \"%.64s\"", id);
        return;
    }
    if (!decision) {
        service_answer_problem(c, message, 422, "decision must be accept or refuse");
        return;
    }
    int decided = decide(m, cluster, decision->admission, json_get_str(payload, "reason"), &e);
    if (decided)
        commit_abort(m, &e);
    if (decided || !commit_now(m)) {
        service_answer_problem(c, message, 503, "the decision could not be stored; try again");
        return;
    }
    AUTO_JSON_W struct json_w *w = json_w_new();
    show_cluster(m, w, fleet_find(&m->fleet, id));
    service_answer(c, message, 200, w);
}
