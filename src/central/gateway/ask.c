#include "central/gateway/ask.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "central/gateway/guard.h"
#include "central/gateway/query_params.h"

struct ask {
    struct ask *prev, *next;
    struct gateway *g;
    ask_done done;
    void *arg;
};

static void settle(struct ask *a, struct ask_answer *answer)
{
    *(a->prev ? &a->prev->next : &a->g->asks) = a->next;
    if (a->next)
        a->next->prev = a->prev;
    a->done(a->arg, answer);
    json_doc_free(answer->doc);
    free(a);
}

static void settle_failed(struct ask *a, int status, const char *detail)
{
    settle(a, &(struct ask_answer){ .status = status, .detail = detail });
}

static int status_of(const struct err *e)
{
    switch (e->kind) {
    case ERR_TIMEOUT: return 504;
    case ERR_UNAVAILABLE:
    case ERR_BUSY: return 503;
    default: return 502;
    }
}

/* Reads the envelope.  A status that is none, or nothing to show for a success, is the service's fault. */
static bool read_envelope(const struct bus_message *m, struct ask_answer *out, struct err *e)
{
    struct json_doc *doc = json_parse(m->data, m->size, &json_list_limits, e);
    const json *root = json_root(doc);
    *out = (struct ask_answer){
        .status = (int)json_get_int(root, "status", 0), .detail = str_or_empty(json_get_str(root, "detail")), .body = json_get(root, "body"),
        .content_type = json_get_str(root, "content_type"), .text = json_get_str(root, "text"), .doc = doc,
    };
    if (out->status >= 200 && out->status < 600 && (out->status >= 400 || out->body || (out->text && out->content_type)))
        return true;
    if (doc)
        err_set(e, ERR_INVALID, "the answer is no envelope");
    json_doc_free(doc);
    return false;
}

static void on_reply(void *arg, const struct bus_message *m, const struct err *err)
{
    struct ask *a = arg;
    struct ask_answer answer;
    struct err e;
    if (err) {
        settle_failed(a, status_of(err), err->text);
        return;
    }
    if (read_envelope(m, &answer, &e)) {
        settle(a, &answer);
        return;
    }
    a->g->c->errors++;
    log_error("answer not understood", "why=\"%s\"", e.text);
    settle_failed(a, 502, "a service of central gave an answer that the gateway does not understand");
}

void ask(struct gateway *g, const char *subject, const char *payload, size_t size, ask_done done, void *arg)
{
    struct err e;
    struct ask *a = mem_alloc(sizeof *a);
    *a = (struct ask){ .next = g->asks, .g = g, .done = done, .arg = arg };
    if (a->next)
        a->next->prev = a;
    g->asks = a;
    if (bus_request(g->c->bus, subject, payload, size, ASK_TIMEOUT_MS, on_reply, a, &e))
        settle_failed(a, status_of(&e), e.text);
}

void ask_cancel_all(struct gateway *g)
{
    while (g->asks)
        settle_failed(g->asks, 503, "central is stopping");
}

char *ask_payload(const struct question *q, struct http_exchange *x, size_t *size)
{
    struct err e;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "what", q->what);
    json_w_str(w, "id", route_value(x, "id"));
    json_w_object(w, "params");
    if (query_params_write(x, route_of(x), w, &e)) {
        http_reply_problem(x, 400, "%s", e.text);
        return NULL;
    }
    return json_w_take(w, size);
}

static void pass_text(struct http_exchange *x, const struct ask_answer *a)
{
    if (str_starts(a->content_type, "text/html"))
        guard_frame(x);
    http_reply(x, a->status, a->content_type, a->text, strlen(a->text));
}

void ask_pass(struct http_exchange *x, const struct ask_answer *a)
{
    if (a->status >= 400) {
        if (a->status == 503 || a->status == 504)
            http_set_header(x, "Retry-After", "2");
        http_reply_problem(x, a->status, "%s", a->detail);
        return;
    }
    if (a->text) {
        pass_text(x, a);
        return;
    }
    size_t size;
    AUTO_FREE char *text = json_text(a->body, &size);
    http_reply(x, a->status, "application/json", text, size);
}

static void pass_on(void *arg, struct ask_answer *answer)
{
    ask_pass(arg, answer);
}

void ask_and_pass(void *gateway, struct http_exchange *x)
{
    const struct question *q = route_of(x)->detail;
    size_t size;
    AUTO_FREE char *payload = ask_payload(q, x, &size);
    if (payload)
        ask(gateway, q->subject, payload, size, pass_on, x);
}

/* ---- two at once ---- */

struct pair {
    struct gateway *g;
    struct http_exchange *x;
    ask_both_done finish;
    int open;
    struct ask_answer answers[2];
    char *details[2];
};

static void keep(struct pair *p, int which, struct ask_answer *answer)
{
    p->details[which] = str_dup(answer->detail);
    p->answers[which] = *answer;
    p->answers[which].detail = p->details[which];
    answer->doc = NULL;
    if (--p->open > 0)
        return;
    p->finish(p->g, p->x, p->answers);
    for (int i = 0; i < 2; i++) {
        json_doc_free(p->answers[i].doc);
        free(p->details[i]);
    }
    free(p);
}

static void keep_first(void *arg, struct ask_answer *answer)
{
    keep(arg, 0, answer);
}

static void keep_second(void *arg, struct ask_answer *answer)
{
    keep(arg, 1, answer);
}

void ask_both(struct gateway *g, struct http_exchange *x, const struct ask_pair *pair, ask_both_done finish)
{
    struct pair *p = mem_alloc(sizeof *p);
    *p = (struct pair){ .g = g, .x = x, .finish = finish, .open = 2 };
    ask(g, pair->subject[0], pair->payload[0], strlen(pair->payload[0]), keep_first, p);
    ask(g, pair->subject[1], pair->payload[1], strlen(pair->payload[1]), keep_second, p);
}
