/* A turn is one step of a task.  All that it writes is one transaction, and what it says goes out when that is committed: nobody hears of what a crash
 * could undo, and a turn that fails has said nothing. */
#include "base/log.h"
#include "base/str.h"
#include "central/orchestrator/orchestrator.h"

/* Allocated for its text; on_answer NULL: a message that nobody answers. */
struct saying {
    struct saying *next;
    char subject[BUS_SUBJECT_MAX];
    char *text;
    size_t size;
    int64_t patience_ms;
    bus_on_reply on_answer;
    struct asked *asked;
};

static struct saying *add(struct orchestrator *o, const char *subject, struct json_w *w)
{
    struct saying *s = mem_alloc(sizeof *s), **last = &o->said;
    *s = (struct saying){ 0 };
    (void)str_copy(s->subject, sizeof s->subject, subject);
    s->text = json_w_take(w, &s->size);
    while (*last)
        last = &(*last)->next;
    *last = s;
    return s;
}

void turn_say(struct orchestrator *o, const char *subject, struct json_w *w)
{
    (void)add(o, subject, w);
}

void turn_ask(struct orchestrator *o, const struct question *q, struct json_w *w)
{
    struct saying *s = add(o, q->subject, w);
    s->patience_ms = q->patience_ms;
    s->on_answer = q->on_answer;
    s->asked = mem_alloc(sizeof *s->asked);
    *s->asked = (struct asked){ .o = o, .next = o->asked };
    (void)str_copy(s->asked->task_id, sizeof s->asked->task_id, q->task_id);
    o->asked = s->asked;
}

void turn_forget(struct asked *asked)
{
    struct asked **at = &asked->o->asked;
    while (*at != asked)
        at = &(*at)->next;
    *at = asked->next;
    free(asked);
}

void turn_close(struct orchestrator *o)
{
    while (o->asked)
        turn_forget(o->asked);
}

void turn_show(struct orchestrator *o, const struct incident *i)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    show_item(o, w, NULL, i);
    turn_say(o, "stream.incident", w);
}

/* What is not delivered is not lost: the task's row says when to try again. */
static void send(struct orchestrator *o, struct saying *s)
{
    struct err e;
    if (!s->on_answer) {
        if (bus_publish(o->c->bus, s->subject, s->text, s->size, &e) == 0)
            return;
    } else if (bus_request(o->c->bus, s->subject, s->text, s->size, s->patience_ms, s->on_answer, s->asked, &e) == 0) {
        s->asked = NULL;    /* on_answer has it from here on */
        return;
    }
    o->c->errors++;
    log_warn("message not delivered", "subject=%s why=\"%s\"", s->subject, e.text);
}

static void end(struct orchestrator *o, bool well)
{
    struct saying *s = o->said, *next;
    o->said = NULL;
    for (; s; s = next) {
        next = s->next;
        if (well)
            send(o, s);
        if (s->asked)
            turn_forget(s->asked);
        free(s->text);
        free(s);
    }
}

int turn_run(struct orchestrator *o, turn_step step, void *arg, struct err *e)
{
    if (db_begin(o->db, e))
        return -1;
    bool well = step(o, arg, e) == 0 && db_commit(o->db, e) == 0;
    if (!well)
        db_rollback(o->db);
    end(o, well);
    return well ? 0 : -1;
}
