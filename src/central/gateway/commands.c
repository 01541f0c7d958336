/* A person's command: POST /agents/{id}/commands.  Execution decides what is allowed, signs it and hands it to the manager. */
#include "central/gateway/ask.h"

#include <string.h>

#include "base/str.h"
#include "wire/command.h"

static void on_answer(void *arg, struct ask_answer *answer)
{
    struct http_exchange *x = arg;
    const char *id = json_get_str(answer->body, "command_id");
    if (answer->status == 202 && id && !id[strcspn(id, "/?#% \r\n")]) {
        AUTO_FREE char *place = str_printf("/api/v1/commands/%s", id);
        http_set_header(x, "Location", place);
    }
    ask_pass(x, answer);
}

/* Who asks: there is no login, so the address is all that is known. */
static char *make_payload(struct http_exchange *x, const json *command, size_t *size)
{
    AUTO_FREE char *issuer = str_printf("api %s", http_peer(x));
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "cluster_id", route_value(x, "id"));
    json_w_copy(w, "command", command);
    json_w_str(w, "issuer", issuer);
    return json_w_take(w, size);
}

void commands_post(void *gateway, struct http_exchange *x)
{
    struct gateway *g = gateway;
    struct err e;
    size_t size;
    const char *body = http_body(x, &size);
    AUTO_JSON struct json_doc *doc = json_parse(body, size, &json_wire_limits, &e);
    struct wire_command command;
    if (!doc || wire_command_read(json_root(doc), g->c->arena, &command, &e)) {
        arena_reset(g->c->arena);    /* HTTP handlers are the loop's own: nobody resets behind them */
        http_reply_problem(x, 400, "%s", e.text);
        return;
    }
    /* The address names the cluster; a body that names another one was meant for somebody else. */
    bool meant_here = !command.cluster_id || str_eq(command.cluster_id, route_value(x, "id"));
    arena_reset(g->c->arena);
    if (!meant_here) {
        http_reply_problem(x, 422, "the body's cluster_id is not that of the address");
        return;
    }
    AUTO_FREE char *payload = make_payload(x, json_root(doc), &size);
    ask(g, "execution.command", payload, size, on_answer, x);
}
