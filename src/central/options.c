#include "central/options.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"

#define AT(member) offsetof(struct central_options, member)
#define MS(seconds) ((int64_t)(seconds) * 1000)
#define DAY (MS(86400))

static const char *const admissions[] = { "auto", "manual", NULL };
static const char *const levels[] = { "debug", "info", "warn", "error", NULL };
static const char *const formats[] = { "json", "text", NULL };

static const struct conf_option options[] = {
    { "edge_endpoint", CONF_URLS, AT(edge_endpoint), "nats://127.0.0.1:4222", .group = "Agents", .help = "NATS that agents reach; several URLs with commas." },
    { "nats_user", CONF_STRING, AT(nats_user), "", .group = "Agents", .help = "User on the edge NATS." },
    { "nats_password_file", CONF_FILE, AT(nats_password_file), "", .group = "Agents", .help = "File with that user's password." },
    { "nats_creds", CONF_FILE, AT(nats_creds), "", .group = "Agents", .help = "Credentials file (JWT and seed)." },
    { "nats_nkey", CONF_FILE, AT(nats_nkey), "", .group = "Agents", .help = "File with an NKey seed." },
    { "nats_ca", CONF_FILE, AT(nats_ca), "", .group = "Agents", .help = "PEM file of the authority that signed the server's certificate." },
    { "nats_cert", CONF_FILE, AT(nats_cert), "", .group = "Agents", .help = "Client certificate, PEM." },
    { "nats_key", CONF_FILE, AT(nats_key), "", .group = "Agents", .help = "Client key, PEM." },
    { "admission", CONF_CHOICE, AT(admission), "auto", .choices = admissions, .group = "Agents", .help = "Are clusters accepted that central has not seen before, or do they wait for a person?" },
    { "heartbeat_interval", CONF_DURATION, AT(heartbeat_interval_ms), "15s", MS(1), MS(300), .group = "Agents", .help = "Time between two heartbeats, as the welcome tells agents." },
    { "metrics_interval", CONF_DURATION, AT(metrics_interval_ms), "60s", MS(1), MS(3600), .group = "Agents", .help = "Time between two samples, as the welcome tells agents." },
    { "batch_interval", CONF_DURATION, AT(batch_interval_ms), "50ms", 0, MS(5), .group = "Agents", .help = "How long an agent gathers events for one message." },
    { "batch_max", CONF_INT, AT(batch_max), "256", 1, 512, .group = "Agents", .help = "Most events in one message." },
    { "degraded_after", CONF_DURATION, AT(degraded_after_ms), "35s", MS(1), MS(3600), .group = "Agents", .help = "An agent silent for so long is degraded." },
    { "offline_after", CONF_DURATION, AT(offline_after_ms), "60s", MS(2), MS(7200), .group = "Agents", .help = "An agent silent for so long is offline." },
    { "events_per_second_max", CONF_INT, AT(events_per_second_max), "5000", 1, 1000000, .group = "Agents", .help = "Quota of one cluster; above it its agent is told to slow down and keeps the rest in its spool." },

    { "inner_endpoint", CONF_URLS, AT(inner_endpoint), "", .group = "Services", .help = "NATS between services that run in several processes; empty: in-process." },
    { "services", CONF_STRING, AT(services), "", .group = "Services", .help = "Which services this process runs, with commas; empty: all." },
    { "mailbox_max", CONF_INT, AT(mailbox_max), "8192", 16, 1000000, .group = "Services", .help = "Most messages waiting for one service." },
    { "evidence_timeout", CONF_DURATION, AT(evidence_timeout_ms), "10s", MS(1), MS(120), .group = "Services", .help = "How long an agent may take to collect the evidence of one incident." },
    { "recheck", CONF_DURATION, AT(recheck_ms), "15s", 500, MS(3600), .group = "Services", .help = "When an open incident is looked at again for the first time; later looks come at growing distances." },

    { "data_dir", CONF_PATH, AT(data_dir), "/var/lib/aetherius", .group = "Storage", .help = "Directory of the embedded databases." },
    { "database", CONF_SECRET, AT(database), "", .group = "Storage", .help = "PostgreSQL URL; empty: SQLite in data_dir." },
    { "cache", CONF_SECRET, AT(cache), "", .group = "Storage", .help = "Redis or Valkey URL; empty: in memory." },
    { "vectors", CONF_SECRET, AT(vectors), "", .group = "Storage", .help = "Weaviate or pgvector URL; empty: full text only." },
    { "event_retention", CONF_DURATION, AT(event_retention_ms), "168h", MS(60), 3650 * DAY, .group = "Storage", .help = "How long events are kept." },
    { "incident_retention", CONF_DURATION, AT(incident_retention_ms), "2160h", MS(60), 3650 * DAY, .group = "Storage", .help = "How long closed incidents and their reports are kept." },

    { "http_listen", CONF_LISTEN, AT(http_listen), "127.0.0.1:8090", .group = "HTTP", .help = "Dashboard and API." },
    { "metrics_listen", CONF_LISTEN, AT(metrics_listen), "127.0.0.1:9090", .group = "HTTP", .help = "OpenMetrics of this process; empty: off." },
    { "http_hosts", CONF_STRING, AT(http_hosts), "", .group = "HTTP", .help = "Names under which a proxy in front serves the dashboard, with commas; localhost and addresses are always allowed." },
    { "insecure_no_login", CONF_BOOL, AT(insecure_no_login), "false", .group = "HTTP", .help = "Allow an address beyond loopback although there is no login. Every page then says so." },

    { "model_url", CONF_STRING, AT(model_url), "", .group = "Model", .help = "OpenAI-compatible endpoint; empty: no model." },
    { "model_name", CONF_STRING, AT(model_name), "", .group = "Model", .help = "Model to ask for." },
    { "model_key_file", CONF_FILE, AT(model_key_file), "", .group = "Model", .help = "File with the endpoint's key." },

    { "log_level", CONF_CHOICE, AT(log_level), "info", .choices = levels, .group = "Logs", .help = "Least severe lines that are written." },
    { "log_format", CONF_CHOICE, AT(log_format), "json", .choices = formats, .group = "Logs", .help = "One JSON object a line, or text." },
};

/* What this release does not bring is refused at start, so that nobody believes an URL is in use. */
static int refuse_absent(const struct central_options *o, struct err *e)
{
    const struct { const char *name, *value, *instead; } absent[] = {
        { "database", o->database, "leave it empty: SQLite in data_dir" },
        { "cache", o->cache, "leave it empty: in memory" },
        { "vectors", o->vectors, "leave it empty: full text search" },
        { "model_url", o->model_url, "leave it empty: diagnosis by rules" },
    };
    for (size_t i = 0; i < COUNT(absent); i++)
        if (absent[i].value[0])
            return err_set(e, ERR_INVALID, "%s is not served by this release; %s", absent[i].name, absent[i].instead);
    return 0;
}

/* "127.1.2.3:8090"; not "127.example.org:8090", which is a name. */
static bool is_loopback_v4(const char *listen)
{
    size_t size = strspn(listen, "0123456789.");
    return str_starts(listen, "127.") && listen[size] == ':';
}

bool central_is_local(const struct central_options *o)
{
    const char *listen = o->http_listen;
    return !listen[0] || is_loopback_v4(listen) || str_starts(listen, "localhost:") || str_starts(listen, "[::1]:") || str_starts(listen, "unix:");
}

static int check_services(const struct central_options *o, struct err *e)
{
    static const char *const names[] = { "manager", "orchestrator", "reasoning", "knowledge", "execution", "report", "gateway" };
    AUTO_FREE char *list = str_dup(o->services);
    char *pieces[COUNT(names)];
    int n = conf_split(list, pieces, COUNT(names), e);
    for (int i = 0; i < n; i++) {
        size_t k = 0;
        while (k < COUNT(names) && !str_eq(names[k], pieces[i]))
            k++;
        const char *near = k < COUNT(names) ? NULL : str_nearest(pieces[i], names, COUNT(names));
        if (k == COUNT(names))
            return err_set(e, ERR_INVALID, "services: there is no service \"%.40s\"%s%s%s", pieces[i], near ? " (did you mean " : "", str_or_empty(near), near ? "?)" : "");
    }
    return n < 0 ? -1 : 0;
}

static int check(const void *values, struct err *e)
{
    const struct central_options *o = values;
    if (check_services(o, e))
        return -1;
    if (!o->edge_endpoint[strspn(o->edge_endpoint, ", ")])
        return err_set(e, ERR_INVALID, "edge_endpoint names no NATS address; give one like nats://127.0.0.1:4222");
    if (o->offline_after_ms <= o->degraded_after_ms)
        return err_set(e, ERR_INVALID, "offline_after must be longer than degraded_after");
    if (o->degraded_after_ms <= o->heartbeat_interval_ms)
        return err_set(e, ERR_INVALID, "degraded_after must be longer than heartbeat_interval, or every agent is degraded between two beats");
    if (!central_is_local(o) && !o->insecure_no_login)
        return err_set(e, ERR_INVALID, "http_listen %s can be reached from other machines and there is no login: listen on 127.0.0.1 behind a proxy that has one, or say insecure_no_login: true",
                       o->http_listen);
    return refuse_absent(o, e);
}

const struct conf_program central_program = {
    .name = "aetherius-central",
    .summary = "Receives what agents report, finds the cause of what breaks, and reports it.",
    .options = options,
    .n_options = COUNT(options),
    .check = check,
};
