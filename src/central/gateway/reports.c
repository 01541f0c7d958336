/* An incident's report.  The report service knows none of those that have not been written: whether there is such an incident at all, the
 * orchestrator says. */
#include "central/gateway/ask.h"

#include <string.h>

#include "base/str.h"

static const struct question report = { "report.query", "report" };
static const struct question incident = { "orchestrator.query", "incident" };

struct search {
    struct gateway *g;
    struct http_exchange *x;
};

static void on_incident(void *arg, struct ask_answer *answer)
{
    struct http_exchange *x = arg;
    if (answer->status >= 400)
        ask_pass(x, answer);
    else
        http_reply_problem(x, 404, "incident %.64s has no report yet: its cause is still being looked for", route_value(x, "id"));
}

static void on_report(void *arg, struct ask_answer *answer)
{
    struct search *s = arg;
    size_t size;
    AUTO_FREE char *payload = answer->status == 404 ? ask_payload(&incident, s->x, &size) : NULL;
    if (payload)
        ask(s->g, incident.subject, payload, size, on_incident, s->x);
    else if (answer->status != 404)
        ask_pass(s->x, answer);
    free(s);
}

void reports_show(void *gateway, struct http_exchange *x)
{
    size_t size;
    AUTO_FREE char *payload = ask_payload(&report, x, &size);
    if (!payload)
        return;
    struct search *s = mem_alloc(sizeof *s);
    *s = (struct search){ .g = gateway, .x = x };
    ask(gateway, report.subject, payload, size, on_report, s);
}
