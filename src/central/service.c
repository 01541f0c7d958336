#include "central/service.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "base/str.h"

static void send_answer(struct service_context *c, const struct bus_message *m, struct json_w *envelope)
{
    struct err e;
    size_t size;
    AUTO_FREE char *text = json_w_take(envelope, &size);
    if (bus_reply(c->bus, m, text, size, &e))
        log_error("answer not delivered", "subject=%s why=\"%s\"", m->subject, e.text);
}

void service_answer(struct service_context *c, const struct bus_message *m, int status, struct json_w *w)
{
    size_t size;
    AUTO_FREE char *body = json_w_take(w, &size);
    AUTO_JSON_W struct json_w *envelope = json_w_new();
    json_w_object(envelope, NULL);
    json_w_int(envelope, "status", status);
    json_w_raw(envelope, "body", body, size);
    json_w_end(envelope);
    send_answer(c, m, envelope);
}

void service_answer_problem(struct service_context *c, const struct bus_message *m, int status, const char *detail, ...)
{
    va_list list;
    char line[1024];
    va_start(list, detail);
    (void)vsnprintf(line, sizeof line, detail, list);    /* a problem's text is one line; a longer one is cut */
    va_end(list);
    AUTO_JSON_W struct json_w *envelope = json_w_new();
    json_w_object(envelope, NULL);
    json_w_int(envelope, "status", status);
    json_w_str(envelope, "detail", line);
    json_w_end(envelope);
    send_answer(c, m, envelope);
}

int service_publish(struct service_context *c, const char *subject, struct json_w *w)
{
    struct err e;
    size_t size;
    AUTO_FREE char *text = json_w_take(w, &size);
    if (bus_publish(c->bus, subject, text, size, &e) == 0)
        return 0;
    c->errors++;
    log_warn("message not delivered", "subject=%s why=\"%s\"", subject, e.text);
    return -1;
}

void service_stream(struct service_context *c, const char *kind, struct json_w *w)
{
    char subject[BUS_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "stream.%s", kind);
    (void)service_publish(c, subject, w);    /* logged there; a live view that missed an item loads again */
}
