#include "agent/options.h"

#include <stddef.h>
#include <string.h>

#include "base/crypt.h"
#include "base/str.h"
#include "wire/subject.h"

#define AT(member) offsetof(struct agent_options, member)
#define SECONDS(n) ((int64_t)(n) * 1000)
#define MIB(n)     ((int64_t)(n) << 20)

static const char *const levels[] = { "debug", "info", "warn", "error", NULL };
static const char *const formats[] = { "json", "text", NULL };
static const char *const raws[] = { "warning", "all", "none", NULL };
static const char *const normals[] = { "all", "none", NULL };

static const struct conf_option options[] = {
    { "cluster_id", CONF_STRING, AT(cluster_id), "", .group = "Identity", .help = "Key of this cluster, [a-z0-9-], at most 63 characters; needed." },
    { "cluster_name", CONF_STRING, AT(cluster_name), "", .group = "Identity", .help = "Name that people read; empty: cluster_id." },
    { "region", CONF_STRING, AT(region), "", .group = "Identity", .help = "Label for grouping clusters." },
    { "instance", CONF_STRING, AT(instance), "", .group = "Identity", .help = "Which of several agents this is: the Pod's name; empty: the host's name." },

    { "central_endpoint", CONF_URLS, AT(central_endpoint), "nats://127.0.0.1:4222", .group = "Central", .help = "One or more NATS URLs, with commas." },
    { "reconnect_delay", CONF_DURATION, AT(reconnect_delay_ms), "1s", 50, SECONDS(60), .group = "Central", .help = "First step of the back-off between two tries to connect." },
    { "max_retries", CONF_INT, AT(max_retries), "0", 0, 1000000, .group = "Central", .help = "Tries to connect before the agent gives up; 0: for ever." },
    { "heartbeat_interval", CONF_DURATION, AT(heartbeat_interval_ms), "15s", 200, SECONDS(300), .group = "Central", .help = "Time between two heartbeats, unless central's welcome says another." },
    { "metrics_interval", CONF_DURATION, AT(metrics_interval_ms), "60s", 500, SECONDS(3600), .group = "Central", .help = "Time between two samples of metrics, unless central's welcome says another." },
    { "nats_user", CONF_STRING, AT(nats_user), "", .group = "Central", .help = "User on the NATS server." },
    { "nats_password_file", CONF_FILE, AT(nats_password_file), "", .group = "Central", .help = "File with that user's password." },
    { "nats_creds", CONF_FILE, AT(nats_creds), "", .group = "Central", .help = "Credentials file (JWT and seed)." },
    { "nats_nkey", CONF_FILE, AT(nats_nkey), "", .group = "Central", .help = "File with an NKey seed." },
    { "nats_ca", CONF_FILE, AT(nats_ca), "", .group = "Central", .help = "PEM file of the authority that signed the server's certificate." },
    { "nats_cert", CONF_FILE, AT(nats_cert), "", .group = "Central", .help = "Client certificate, PEM." },
    { "nats_key", CONF_FILE, AT(nats_key), "", .group = "Central", .help = "Client key, PEM." },

    { "kubeconfig", CONF_FILE, AT(kubeconfig), "", .group = "Cluster", .help = "kubeconfig file for an agent outside of the cluster; empty: the Pod's service account." },
    { "context", CONF_STRING, AT(context), "", .group = "Cluster", .help = "Context of the kubeconfig; empty: its current one." },
    { "lease", CONF_BOOL, AT(lease), "true", .group = "Cluster", .help = "Let one agent of this cluster work and others stand by? By the Lease aetherius-agent in lease_namespace." },
    { "lease_namespace", CONF_STRING, AT(lease_namespace), "", .group = "Cluster", .help = "Namespace of that Lease; empty: the Pod's own, and none for an agent outside of the cluster." },
    { "lease_duration", CONF_DURATION, AT(lease_duration_ms), "15s", SECONDS(1), SECONDS(300), .group = "Cluster", .help = "Time without a sign of life after which the agent that stands by takes over." },
    { "namespaces", CONF_STRING, AT(namespaces), "", .group = "Cluster", .help = "Report these namespaces alone, with commas; empty: all. What belongs to the cluster is always reported." },
    { "exclude_namespaces", CONF_STRING, AT(exclude_namespaces), "", .group = "Cluster", .help = "Do not report these namespaces, with commas." },
    { "exclude_reasons", CONF_STRING, AT(exclude_reasons), "", .group = "Cluster", .help = "Do not report Events with these reasons, with commas." },
    { "normal_events", CONF_CHOICE, AT(normal_events), "all", .choices = normals, .group = "Cluster", .help = "Report Events of type Normal, too?" },
    { "raw_data", CONF_CHOICE, AT(raw_data), "warning", .choices = raws, .group = "Cluster", .help = "Which Events carry the whole object, redacted." },
    { "objects_max", CONF_INT, AT(objects_max), "50000", 100, 1000000, .group = "Cluster", .help = "Most objects whose state is followed; some 400 bytes each." },

    { "spool_dir", CONF_PATH, AT(spool_dir), "", .group = "Spool", .help = "Directory of the spool; empty: in memory only, and lost with the process." },
    { "spool_bytes_max", CONF_SIZE, AT(spool_bytes_max), "256MiB", MIB(1), MIB(65536), .group = "Spool", .help = "Most bytes waiting for central; beyond it the least important go, and are counted." },
    { "buffer_size", CONF_INT, AT(buffer_size), "4096", 64, 65536, .group = "Spool", .help = "Most records in memory on their way to the disk; then the watch waits." },

    { "commands", CONF_BOOL, AT(commands), "true", .group = "Commands", .help = "Carry out commands of central (reads only)?" },
    { "command_key", CONF_STRING, AT(command_key), "", .group = "Commands", .help = "base64 of central's Ed25519 public key; empty: the first welcome's is kept in spool_dir." },
    { "commands_per_minute_max", CONF_INT, AT(commands_per_minute_max), "120", 1, 100000, .group = "Commands", .help = "Most commands begun within a minute; what central collects for its incidents is counted apart." },
    { "allow_unsigned_commands", CONF_BOOL, AT(allow_unsigned_commands), "false", .group = "Commands", .help = "For development: carry out commands without a signature." },

    { "health_listen", CONF_LISTEN, AT(health_listen), ":8080", .group = "HTTP", .help = "/health/live and /health/ready; empty: off." },
    { "metrics_listen", CONF_LISTEN, AT(metrics_listen), ":9090", .group = "HTTP", .help = "OpenMetrics of this process at /metrics; empty: off." },

    { "restrict", CONF_BOOL, AT(restrict_self), "true", .group = "Process", .help = "Give up, for good, what a reader of an API needs not: other system calls, other files, new privileges, core dumps. false: for debugging." },

    { "log_level", CONF_CHOICE, AT(log_level), "info", .choices = levels, .group = "Logs", .help = "Least severe lines that are written." },
    { "log_format", CONF_CHOICE, AT(log_format), "json", .choices = formats, .group = "Logs", .help = "One JSON object a line, or text." },
};

static int check(const void *values, struct err *e)
{
    const struct agent_options *o = values;
    uint8_t key[CRYPT_KEY_SIZE];
    size_t size;
    if (!o->cluster_id[0])
        return err_set(e, ERR_INVALID, "cluster_id is needed: a name of [a-z0-9-] that no other cluster has, e.g. --cluster-id shop-prod");
    if (!wire_cluster_id_ok(o->cluster_id))
        return err_set(e, ERR_INVALID, "cluster_id \"%s\" must be [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?; a name with other characters belongs into cluster_name", o->cluster_id);
    if (!o->central_endpoint[strspn(o->central_endpoint, ", ")])
        return err_set(e, ERR_INVALID, "central_endpoint names no NATS address; give one like nats://central.example:4222");
    if (o->command_key[0] && (crypt_unbase64(o->command_key, key, sizeof key, &size) || size != sizeof key))
        return err_set(e, ERR_INVALID, "command_key must be the base64 of 32 bytes, as command_key of GET /api/v1/status on central");
    if (o->lease_namespace[0] && !str_is_dns_label(o->lease_namespace))
        return err_set(e, ERR_INVALID, "lease_namespace is [a-z0-9-], at most 63 characters");
    if (o->context[0] && !o->kubeconfig[0])
        return err_set(e, ERR_INVALID, "context needs kubeconfig");
    return 0;
}

const struct conf_program agent_program = {
    .name = "aetherius-agent",
    .summary = "Watches one Kubernetes cluster and reports to central what happens in it.",
    .options = options,
    .n_options = COUNT(options),
    .check = check,
};
