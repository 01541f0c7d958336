/* Containers that run and that their probes call bad: the probe's fault, or the program's. */
#include "diagnose/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"
#include "diagnose/amount.h"
#include "diagnose/revision.h"

#define START_MS     30000  /* a program that does not listen after this long will not            */
#define TINY_CPU     0.1    /* cores; below this a probe's time-out is more likely starvation      */
#define RECENT_MS    600000 /* an Unhealthy event as old as this says nothing about now            */
#define SLACK_MS     15000  /* a kubelet is late by as much                                        */
#define WHOLE_SECOND 1000

enum kind { LIVENESS, READINESS, STARTUP };

static const struct probe_kind {
    const char *name, *said, *field, *code;
} kinds[] = {
    [LIVENESS] = { "liveness", "Liveness probe", "livenessProbe", "probe.liveness-failing" },
    [READINESS] = { "readiness", "Readiness probe", "readinessProbe", "probe.readiness-failing" },
    [STARTUP] = { "startup", "Startup probe", "startupProbe", "probe.startup-failing" },
};

struct probe {
    struct run *r;
    const struct pod *p;
    const struct container *c;
    enum kind kind;
    json *spec;                /* the probe, NULL: the template has none (any more) */
    const struct event *event; /* Unhealthy, or NULL                                */
    const char *answer;        /* what came back: the message behind the colon      */
    const char *port, *path;   /* asked for; "" when there is none                  */
    bool killing;              /* the kubelet restarted the container for it        */
};

/* Facts */

static const struct event *unhealthy(const struct run *r, const struct pod *p, const struct container *c,
                                     const char *said)
{
    struct events all = facts_events(r->f, p->object->id);
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        bool about = !*ev->container || strcmp(ev->container, c->name) == 0;
        if (about && (strcmp(ev->reason, "Unhealthy") == 0 || strcmp(ev->reason, "ProbeWarning") == 0) &&
            str_starts(ev->message, said))
            return ev;
    }
    return NULL;
}

static const struct event *killed(const struct run *r, const struct pod *p, const struct container *c, const char *name)
{
    struct events all = facts_events(r->f, p->object->id);
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        bool about = !*ev->container || strcmp(ev->container, c->name) == 0;
        if (about && strcmp(ev->reason, "Killing") == 0 &&
            strstr(ev->message, arena_printf(r->a, "failed %s probe", name)))
            return ev;
    }
    return NULL;
}

/* "8080" or "http" of a probe. */
static const char *port_of(struct arena *a, const json *probe)
{
    static const char *const places[] = { "httpGet.port", "tcpSocket.port", "grpc.port" };
    for (size_t i = 0; i < COUNT(places); i++) {
        const json *port = json_at(probe, places[i]);
        if (json_is_number(port))
            return arena_printf(a, "%lld", (long long)json_int(port, 0));
        if (json_is_string(port))
            return json_str(port);
    }
    return "";
}

static const char *command_of(struct arena *a, const json *probe)
{
    const json *command = json_at(probe, "exec.command");
    const char *text = "";
    for (struct json_iter i = json_iter(json_is_array(command) ? command : NULL); json_next(&i) && strlen(text) < 200;)
        text = arena_printf(a, "%s%s%.200s", text, *text ? " " : "", str_or_empty(json_str(i.value)));
    return text;
}

/* What a person calls the endpoint: its path, its port, its command. */
static const char *endpoint_of(struct arena *a, const struct probe *s)
{
    const char *path = json_at_str(s->spec, "httpGet.path");
    if (path)
        return *s->port ? arena_printf(a, ":%s%s", s->port, path) : path;
    const char *command = command_of(a, s->spec);
    return *command ? command : *s->port ? arena_printf(a, ":%s", s->port) : "";
}

static bool has_port(const struct container *c, const char *port, bool *any)
{
    bool found = false;
    const json *ports = json_get(c->spec, "ports");
    *any = json_count(ports) > 0;
    for (struct json_iter i = json_iter(json_is_array(ports) ? ports : NULL); json_next(&i);) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)json_get_int(i.value, "containerPort", 0));
        found |= strcmp(text, port) == 0 || str_eq(json_get_str(i.value, "name"), port);
    }
    return found;
}

static const char *first_port(struct arena *a, const struct container *c)
{
    int64_t port = json_int(json_at(json_get(c->spec, "ports"), "0.containerPort"), 0);
    return port > 0 ? arena_printf(a, "%lld", (long long)port) : NULL;
}

/* The port that the program's own log says it listens on, with the line. */
static const char *listening(const struct probe *s, const struct log **log, const char **text)
{
    *log = facts_log(s->r->f, s->p->object->id, s->c->name, false);
    const char *port = NULL;
    for (struct line line = { 0 }; *log && extract_line(&line, (*log)->text);) {
        const char *trimmed = extract_trimmed(s->r->a, line.text, line.size, QUOTE_MAX);
        const char *here = extract_listening(s->r->a, trimmed);
        if (here) {
            port = here;
            *text = trimmed;
        }
    }
    return port;
}

/* Does any line say that the program listens on this port? */
static bool has_log_of(const struct probe *s, const char *port)
{
    const struct log *log = facts_log(s->r->f, s->p->object->id, s->c->name, false);
    for (struct line line = { 0 }; log && extract_line(&line, log->text);)
        if (str_eq(extract_listening(s->r->a, extract_trimmed(s->r->a, line.text, line.size, QUOTE_MAX)), port))
            return true;
    return false;
}

static int64_t budget_ms(const json *probe)
{
    int64_t delay = json_get_int(probe, "initialDelaySeconds", 0), period = json_get_int(probe, "periodSeconds", 10);
    int64_t times = json_get_int(probe, "failureThreshold", 3);
    bool sane = delay >= 0 && delay < 1000000 && period > 0 && period < 1000000 && times > 0 && times < 1000000;
    return sane ? (delay + period * times) * WHOLE_SECOND : 0;
}

static bool is_refused(const char *answer)
{
    /* gRPC tries until its time is over, and does not say whether it was refused */
    return strstr(answer, "connection refused") || strstr(answer, "failed to connect service");
}

static bool is_timeout(const char *answer)
{
    return strstr(answer, "deadline exceeded") || strstr(answer, "timed out") || strstr(answer, "Client.Timeout") ||
           strstr(answer, "i/o timeout");
}

/* Findings */

static struct finding *found(struct probe *s, const char *code, enum strength strength)
{
    struct run *r = s->r;
    struct finding *f = finding_of_pod(r, code, strength, s->p, s->c);
    finding_set(f, "probe", kinds[s->kind].name);
    finding_set(f, "port", s->port);
    finding_set(f, "path", endpoint_of(r->a, s));
    finding_set(f, "message", s->answer);
    f->since = s->event ? s->event->first : s->p->ready_since;
    finding_quote_event(r, f, s->event);
    finding_quote_event(r, f, killed(r, s->p, s->c, kinds[s->kind].name));
    AUTO_FREE char *spec = json_text(s->spec, NULL);
    if (spec)
        finding_quote(r, f, s->p->object->id, arena_printf(r->a, "\"%s\":%.400s", kinds[s->kind].field, spec), 0);
    finding_depends(f, *s->p->node ? facts_id(r->a, "node", "", s->p->node) : NULL);
    return f;
}

/* The program listens, but not where the probe asks. */
static bool wrong_port(struct probe *s)
{
    const struct log *log;
    const char *line = NULL, *other = listening(s, &log, &line);
    bool any, declared = has_port(s->c, s->port, &any);
    bool named = *s->port && strspn(s->port, "0123456789") < strlen(s->port);
    bool unknown_name = named && !declared;
    if (!unknown_name && !is_refused(s->answer))
        return false;
    bool elsewhere = other && strcmp(other, s->port) != 0 && !named;
    if (!unknown_name && !elsewhere && (declared || !any))
        return false;
    struct finding *f = found(s, "probe.wrong-port", unknown_name || elsewhere ? SHOWN : LIKELY);
    finding_set(f, "listening", elsewhere ? other : first_port(s->r->a, s->c));
    if (elsewhere)
        finding_quote_log(s->r, f, log, line);
    AUTO_FREE char *ports = json_text(json_get(s->c->spec, "ports"), NULL);
    if (ports)
        finding_quote(s->r, f, s->p->object->id, arena_printf(s->r->a, "\"ports\":%.400s", ports), 0);
    return true;
}

static const struct {
    const char *answer, *speaks, *serves;
} protocols[] = {
    { "server gave HTTP response to HTTPS client", "HTTPS", "HTTP" },
    { "first record does not look like a TLS handshake", "TLS", "plain text" },
    { "malformed HTTP", "HTTP", "" },
    { "HTTP/1.x transport connection broken", "HTTP", "" },
    { "http2: frame too large", "gRPC", "HTTP/1.1" },
    { "error reading server preface", "gRPC", "" },
    { "does not implement the grpc health protocol", "gRPC", "" },
    { "unexpected HTTP status code received from server", "gRPC", "HTTP" },
    { "Client sent an HTTP request to an HTTPS server", "HTTP", "HTTPS" },
};

static bool wrong_protocol(struct probe *s)
{
    for (size_t i = 0; i < COUNT(protocols); i++)
        if (strstr(s->answer, protocols[i].answer)) {
            struct finding *f = found(s, "probe.wrong-protocol", STATED);
            finding_set(f, "protocol", protocols[i].speaks);
            finding_set(f, "listening", protocols[i].serves);
            return true;
        }
    /* The program listens there, and no gRPC comes about all the same. */
    if (!strstr(s->answer, "failed to connect service") || !has_log_of(s, s->port))
        return false;
    struct finding *f = found(s, "probe.wrong-protocol", LIKELY);
    finding_set(f, "protocol", "gRPC");
    return true;
}

/* A line that a program writes while it comes up. */
static bool says_it_starts(const char *line)
{
    static const char *const words[] = { "starting",  "loading",   "initiali",   "migrat",    "warming",    "booting",
                                         "compiling", "importing", "recovering", "replaying", "waiting for" };
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcasestr(line, words[i]))
            return true;
    return false;
}

/* Did it serve this port before it was killed, or was it killed much later than a start is waited for?  Then it has started, and hangs. */
static bool had_started(const struct probe *s, const struct ended *end, int64_t budget)
{
    const struct event *kill = killed(s->r, s->p, s->c, kinds[s->kind].name);
    bool of_this_life = kill && kill->last >= end->started && kill->last <= end->finished + WHOLE_SECOND;
    if (of_this_life && kill->last - end->started > budget + SLACK_MS)
        return true;
    for (int previous = 0; previous < 2; previous++) {
        const struct log *log = facts_log(s->r->f, s->p->object->id, s->c->name, previous);
        for (struct line line = { 0 }; log && extract_line(&line, log->text);) {
            const char *port = extract_listening(s->r->a, extract_trimmed(s->r->a, line.text, line.size, QUOTE_MAX));
            if (port && (strcmp(port, s->port) == 0 || strspn(s->port, "0123456789") < strlen(s->port)))
                return true;
        }
    }
    return false;
}

/* Its last words are of a start that goes on, or it was given so little time that no word is needed. */
static bool was_starting(const struct probe *s, int64_t budget)
{
    const struct log *log = container_log(s->r->f, s->p, s->c);
    bool says = false;
    for (struct line line = { 0 }; log && extract_line(&line, log->text);)
        says |= says_it_starts(extract_trimmed(s->r->a, line.text, line.size, QUOTE_MAX));
    return says || budget < START_MS;
}

/* Killed while it was still coming up: it never answered, never was ready, and lived just as long as the probe lets it. */
static bool timing(struct probe *s)
{
    const struct ended *end = container_end(s->c);
    int64_t budget = budget_ms(s->spec);
    /* A port that nobody opened yet refuses; one that is open and does not answer is no matter of starting. */
    if (!s->killing || !is_refused(s->answer) || !end || !end->started || budget == 0 ||
        json_get(s->c->spec, "startupProbe"))
        return false;
    int64_t life = end->finished - end->started,
            grace = json_get_int(s->p->object->spec, "terminationGracePeriodSeconds", 30);
    /* Without a readiness probe a container counts as ready at once, and that says nothing. */
    bool was_ready = s->p->ready ||
                     (s->p->ready_since > s->p->object->created + 2 * WHOLE_SECOND && s->p->ready_since < end->started);
    if ((was_ready && json_get(s->c->spec, "readinessProbe")) || life > budget + (grace + 15) * WHOLE_SECOND)
        return false;
    if (had_started(s, end, budget) || !was_starting(s, budget))
        return false;
    struct reason_line line;
    bool complains = rules_reason_line(s->r, s->p, s->c, &line) && *line.class_ && strcmp(line.class_, "slow") != 0;
    if (complains)
        return false;
    struct finding *f = found(s, "probe.timing", LIKELY);
    finding_set(f, "budget", finding_age(s->r, budget));
    if (line.text)
        finding_quote_log(s->r, f, line.log, line.text);
    return true;
}

static bool throttled(struct probe *s)
{
    double limit = amount_of(json_at(s->c->spec, "resources.limits.cpu"), 0);
    if (!is_timeout(s->answer) || limit <= 0 || limit > TINY_CPU)
        return false;
    struct finding *f = found(s, "perf.cpu-throttled", LIKELY);
    finding_set(f, "limit", json_str(json_at(s->c->spec, "resources.limits.cpu")));
    finding_set(f, "expected", amount_text(s->r->a, "cpu", limit * 5));
    finding_quote(
        s->r, f, s->p->object->id,
        arena_printf(s->r->a, "\"cpu\":\"%.40s\"", str_or_empty(json_str(json_at(s->c->spec, "resources.limits.cpu")))),
        0);
    return true;
}

/* The program is up and says itself whom it cannot reach. */
static bool dependency_down(struct probe *s)
{
    static const char *const classes[] = { "refused",         "unroutable",      "timeout",
                                           "name-resolution", "connection-lost", "upstream-error" };
    struct reason_line line;
    if (is_refused(s->answer) || !rules_reason_line(s->r, s->p, s->c, &line))
        return false;
    bool said = false;
    for (size_t i = 0; i < COUNT(classes); i++)
        said |= strcmp(line.class_, classes[i]) == 0;
    struct host host;
    if (!said || !extract_host(s->r->a, line.text, &host) || strcmp(host.name, "localhost") == 0)
        return false;
    struct finding *f = found(s, "app.dependency-down", INFERRED);
    rules_name_target(s->r, f, s->p->object->namespace_, &host);
    enum presence presence;
    const char *id = rules_service_of(s->r, s->p->object->namespace_, &host, &presence);
    finding_set(f, "service", id ? id + strlen("service/") : extract_host_text(s->r->a, &host));
    finding_set(f, "line", line.text);
    finding_quote_log(s->r, f, line.log, line.text);
    return true;
}

static void failing(struct probe *s)
{
    struct finding *f = found(s, kinds[s->kind].code, s->event ? STATED : WEAK);
    if (s->kind == STARTUP && budget_ms(s->spec) > 0)
        finding_set(f, "budget", finding_age(s->r, budget_ms(s->spec)));
    const struct catalog_param params[] = { { "container", s->c->name }, { "port", s->port } };
    bool answers = strstr(s->answer, "statuscode") != NULL;
    if (strstr(s->answer, "statuscode: 404"))
        finding_set(f, "value", "404");
    if (answers && *s->port)
        note_add(s->r, NOTE_PROBE_PORT, s->p->object->id, params, COUNT(params));
    if (s->kind == READINESS && s->c->running)
        note_add(s->r, NOTE_PROCESS_RUNS, s->p->object->id, params, 1);
    struct reason_line line;
    if (rules_reason_line(s->r, s->p, s->c, &line) && line.log && *line.class_)
        finding_quote_log(s->r, f, line.log, line.text);
}

/* The program is up and says no, or says where else it listens: waiting changes nothing. */
static bool is_definite(const struct probe *s)
{
    const struct log *log;
    const char *line, *other = is_refused(s->answer) ? listening(s, &log, &line) : NULL;
    return strstr(s->answer, "statuscode: 4") || (other && *s->port && strcmp(other, s->port) != 0);
}

/* Start-up noise: a program that was just started and may still come. */
static bool may_still_come(const struct probe *s)
{
    if (is_definite(s))
        return false;
    int64_t up = s->c->running && s->c->running_since ? s->r->f->now - s->c->running_since : INT64_MAX;
    int64_t patience = budget_ms(s->spec);
    if (is_refused(s->answer) && patience < START_MS)
        patience = START_MS;
    bool often = s->event && s->event->count >= json_get_int(s->spec, "failureThreshold", 3);
    return s->kind == READINESS && up < patience && !(often && !is_refused(s->answer));
}

/* A probe that cannot even be run decides nothing: the container lives on, and would hang unnoticed. */
static bool cannot_be_asked(const struct probe *s)
{
    bool now = s->event && s->c->running && s->event->last >= s->c->running_since;
    return now && s->event->count >= 3 && strstr(s->event->message, "probe errored");
}

/* Before anything is killed for it: the program says on which port it listens, and the probe has been refused on another again and again. */
static bool asks_elsewhere(const struct probe *s)
{
    const struct log *log;
    const char *line, *other = s->event && is_refused(s->answer) ? listening(s, &log, &line) : NULL;
    bool now = s->event && s->c->running && s->event->last >= s->c->running_since;
    return now && other && s->event->count >= 2 && strcmp(other, s->port) != 0 && !has_log_of(s, s->port);
}

static bool name_it(struct probe *s)
{
    if (may_still_come(s))
        return false;
    if (!(wrong_protocol(s) || wrong_port(s) || timing(s) || throttled(s) || dependency_down(s)))
        failing(s);
    return true;
}

static const char *answer_of(const char *message)
{
    const char *colon = strstr(message, ": ");
    return colon ? colon + 2 : message;
}

static struct probe look(struct run *r, const struct pod *p, const struct container *c, enum kind kind)
{
    struct probe s = { .r = r, .p = p, .c = c, .kind = kind, .spec = json_get(c->spec, kinds[kind].field) };
    s.event = unhealthy(r, p, c, kinds[kind].said);
    s.answer = s.event
                   ? extract_trimmed(r->a, answer_of(s.event->message), strlen(answer_of(s.event->message)), QUOTE_MAX)
                   : "";
    s.port = port_of(r->a, s.spec);
    s.killing = killed(r, p, c, kinds[kind].name) != NULL;
    return s;
}

/* Is the container being restarted, or about to be, because of this probe? */
static bool is_killed_for(const struct probe *s)
{
    const struct event *kill = killed(s->r, s->p, s->c, kinds[s->kind].name);
    int64_t last = kill ? kill->last : s->event ? s->event->last : 0;
    /* A kubelet tells of one object 25 times and then once in five minutes; the restarts go on. */
    const struct ended *end = container_end(s->c);
    bool by_signal = end && (end->exit_code == 137 || end->exit_code == 143);
    if (kill && by_signal && end->finished > last)
        last = end->finished;
    if (!last || rules_has_recovered(s->r, s->c) || s->r->f->now - last > RECENT_MS)
        return kill && !s->c->running && !rules_has_recovered(s->r, s->c);
    bool often = s->event && s->event->count >= json_get_int(s->spec, "failureThreshold", 3);
    bool now = s->event && s->c->running && s->event->last >= s->c->running_since;
    return kill || (often && now);
}

static bool is_not_ready_for(const struct probe *s)
{
    if (!s->c->running || s->c->ready || !s->spec)
        return false;
    return s->event ? s->event->last + WHOLE_SECOND >= s->c->running_since
                    : s->r->f->now - s->c->running_since > budget_ms(s->spec) + 60 * WHOLE_SECOND;
}

bool rules_probe(struct run *r, const struct pod *p, const struct container *c)
{
    if (p->object->deleted)
        return false;
    struct probe startup = look(r, p, c, STARTUP), liveness = look(r, p, c, LIVENESS),
                 readiness = look(r, p, c, READINESS);
    bool over = c->running && c->running_since && r->f->now - c->running_since >= budget_ms(startup.spec);
    if (startup.event && !c->started && (over || is_killed_for(&startup) || is_definite(&startup)))
        return name_it(&startup);
    /* killed by a probe that recovered has nothing left to say */
    if (is_killed_for(&liveness) || asks_elsewhere(&liveness) || cannot_be_asked(&liveness))
        return name_it(&liveness);
    return is_not_ready_for(&readiness) && name_it(&readiness);
}
