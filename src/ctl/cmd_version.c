#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/show.h"

#define PATIENCE_MS 2000    /* central's version is a courtesy */

int cmd_version(struct ctl *c)
{
    struct err e;
    AUTO_ANSWER struct api_answer answer = { 0 };
    if (c->options.timeout_ms > PATIENCE_MS)
        c->options.timeout_ms = PATIENCE_MS;
    bool there = api_get(c, "/api/v1/status", &answer, &e) == 0;
    const char *central = json_get_str(json_root(answer.doc), "version");
    if (ctl_is_data(c)) {
        AUTO_JSON_W struct json_w *w = json_w_new();
        json_w_object(w, NULL);
        json_w_str(w, "aetherctl", AETHERIUS_VERSION);
        json_w_str(w, "central", central);
        size_t size;
        AUTO_FREE char *text = json_w_take(w, &size);
        AUTO_JSON struct json_doc *doc = json_parse(text, size, &json_wire_limits, &e);
        show_data(c, json_root(doc));
        return EXIT_FINE;
    }
    AUTO_BUF struct buf shown = { 0 };
    str_terminal(&shown, there && central ? central : tr(c, "not reached", "未能连接"), false);
    fprintf(c->out, "aetherctl          %s\naetherius-central  %s (%s)\n", AETHERIUS_VERSION, buf_text(&shown), c->options.server);
    return EXIT_FINE;
}
