#include <string.h>

#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/reference.h"

/* A report is a document: on a terminal it is made harmless, into a file it goes as it is. */
int cmd_report(struct ctl *c)
{
    struct err e;
    AUTO_ANSWER struct api_answer answer = { 0 };
    AUTO_BUF struct buf path = { 0 }, shown = { 0 };
    AUTO_FREE char *id = reference_resolve(c, c->args[0], &e);
    if (!id)
        return ctl_fail(c, &e);
    buf_str(&path, "/api/v1/incidents/");
    api_segment(&path, id);
    buf_str(&path, "/report");
    api_param(&path, "format", c->options.output == OUTPUT_JSON ? "json" : c->options.format);
    api_param(&path, "lang", c->zh ? "zh" : "en");
    if (api_get(c, buf_text(&path), &answer, &e))
        return ctl_fail(c, &e);
    if (c->terminal) {
        str_terminal(&shown, answer.text, true);
        fputs(buf_text(&shown), c->out);
    } else {
        (void)fwrite(answer.text, 1, answer.size, c->out);    /* seen at the last flush */
    }
    if (answer.size > 0 && answer.text[answer.size - 1] != '\n')
        fputc('\n', c->out);
    return EXIT_FINE;
}
