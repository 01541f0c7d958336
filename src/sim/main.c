/* kubesim: a Kubernetes API simulator. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "sim/kubeconfig.h"
#include "sim/script.h"
#include "sim/sim.h"

#define SCENARIO_MAX ((size_t)1 << 20)

struct options {
    char *listen, *scenario, *oracle, *cluster, *tls_dir, *state_dir, *speed;
    int64_t seed, history_revisions, history_bytes, event_ttl_ms;
    bool print_language;
    int log_level;
};

static const char *const log_levels[] = { "debug", "info", "warn", "error", NULL };

static const struct conf_option table[] = {
    { "listen", CONF_LISTEN, offsetof(struct options, listen), "127.0.0.1:0",
      .help = "Where the API is served; port 0 takes a free one.", .group = "Server" },
    { "tls_dir", CONF_PATH, offsetof(struct options, tls_dir), "",
      .help = "Directory with tls.crt, tls.key and ca.crt; without it plain HTTP.", .group = "Server" },
    { "state_dir", CONF_PATH, offsetof(struct options, state_dir), "",
      .help = "Where the kubeconfig is written; default: a directory of its own below /tmp.", .group = "Server" },
    { "scenario", CONF_PATH, offsetof(struct options, scenario), "",
      .help = "Script of what happens (docs/scenarios.md); \"-\": standard input.", .group = "World" },
    { "oracle", CONF_PATH, offsetof(struct options, oracle), "",
      .help = "File for one JSON line about each event revision and failure; \"-\": standard output.",
      .group = "World" },
    { "cluster", CONF_STRING, offsetof(struct options, cluster), "",
      .help = "Name of the cluster; default: the scenario's.", .group = "World" },
    { "seed", CONF_INT, offsetof(struct options, seed), "-1", .min = -1, .max = INT64_MAX,
      .help = "For names, uids and chance; -1: the scenario's, or 1.", .group = "World" },
    { "speed", CONF_STRING, offsetof(struct options, speed), "",
      .help = "Divides durations inside the cluster (back-offs, periods, grace); default: the scenario's, or 1.",
      .group = "World" },
    { "event_ttl", CONF_DURATION, offsetof(struct options, event_ttl_ms), "1h", .min = 1000, .max = 86400000,
      .help = "Events expire after so long.", .group = "World" },
    { "history_revisions", CONF_INT, offsetof(struct options, history_revisions), "50000", .min = 16, .max = 1000000,
      .help = "Revisions kept before the past is compacted.", .group = "World" },
    { "history_bytes", CONF_SIZE, offsetof(struct options, history_bytes), "128MiB", .min = 65536,
      .max = (int64_t)4 << 30, .help = "Bytes of them.", .group = "World" },
    { "print_language", CONF_BOOL, offsetof(struct options, print_language), "false",
      .help = "Print the reference of the scenario language and exit.", .group = "Other" },
    { "log_level", CONF_CHOICE, offsetof(struct options, log_level), "info", .choices = log_levels,
      .help = "Least severe lines that are logged.", .group = "Other" },
};

static const struct conf_program program = {
    .name = "kubesim",
    .summary = "Simulates the API of a small Kubernetes cluster, with failures on demand.",
    .options = table,
    .n_options = COUNT(table),
};

static char *read_file(const char *path, struct err *e)
{
    FILE *in = str_eq(path, "-") ? stdin : fopen(path, "re");
    if (!in) {
        err_sys(e, errno, "reading %s", path);
        return NULL;
    }
    struct buf text = { .limit = SCENARIO_MAX };
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, in)) > 0)
        buf_add(&text, piece, n);
    if (in != stdin)
        fclose(in);
    if (text.cut) {
        buf_fini(&text);
        err_set(e, ERR_TOO_LARGE, "%s has more than %zu bytes", path, SCENARIO_MAX);
        return NULL;
    }
    return buf_take(&text, NULL);
}

static char *read_in(const char *directory, const char *name, struct err *e)
{
    AUTO_FREE char *path = str_printf("%s/%s", directory, name);
    return read_file(path, e);
}

static void on_signal(void *arg, int signum)
{
    (void)signum;
    loop_stop(arg);
}

/* What is read before anything runs. */
struct input {
    char *scenario, *certificate, *key, *ca;
    struct script_head head;
};

static void input_fini(struct input *in)
{
    free(in->scenario);
    free(in->certificate);
    free(in->key);
    free(in->ca);
}

static int read_input(const struct options *o, struct input *in, struct err *e)
{
    in->scenario = o->scenario[0] ? read_file(o->scenario, e) : str_dup("cluster sim: 1 node\n");
    if (!in->scenario)
        return -1;
    script_read_head(in->scenario, &in->head);
    if (!o->tls_dir[0])
        return 0;
    in->certificate = read_in(o->tls_dir, "tls.crt", e);
    in->key = in->certificate ? read_in(o->tls_dir, "tls.key", e) : NULL;
    in->ca = in->key ? read_in(o->tls_dir, "ca.crt", e) : NULL;
    return in->ca ? 0 : -1;
}

static double speed_of(const struct options *o, const struct script_head *head)
{
    double speed = o->speed[0] ? strtod(o->speed, NULL) : head->speed;
    return speed > 0 ? speed : 1;
}

static const char *cluster_of(const struct options *o, const struct input *in)
{
    return o->cluster[0] ? o->cluster : in->head.cluster[0] ? in->head.cluster : "sim";
}

static int announce(const struct sim *s, const struct options *o, const char *ca, struct err *e)
{
    AUTO_FREE char *own = str_printf("/tmp/kubesim-%ld", (long)getpid());
    AUTO_FREE char *path = kubeconfig_write(s, o->state_dir[0] ? o->state_dir : own, ca, e);
    if (!path)
        return -1;
    printf("ready %s\n", path);
    fflush(stdout);
    return 0;
}

static int run(struct loop *l, const struct options *o, struct input *in, struct err *e)
{
    const char *cluster = cluster_of(o, in);
    struct oracle *oracle = NULL;
    if (o->oracle[0] && !(oracle = oracle_open(o->oracle, cluster, e)))
        return -1;
    struct sim_options options = {
        .listen = o->listen,
        .tls = { .certificate = in->certificate, .key = in->key },
        .world = {
            .cluster = cluster,
            .seed = o->seed >= 0 ? (uint64_t)o->seed : in->head.has_seed ? in->head.seed : 1,
            .speed = speed_of(o, &in->head),
            .event_ttl_ms = o->event_ttl_ms,
            .history = { .revisions = (size_t)o->history_revisions, .bytes = (size_t)o->history_bytes },
        },
    };
    struct sim *s = sim_new(l, &options, oracle, e);
    int rc = s ? script_load(s, in->scenario, e) : -1;
    if (rc != 0 && s)
        err_wrap(e, "%s", o->scenario);
    if (rc == 0)
        rc = announce(s, o, in->ca, e);
    if (rc == 0) {
        sim_turn(s);
        loop_run(l);
    }
    sim_free(s);
    oracle_close(oracle);
    return rc;
}

int main(int argc, char **argv)
{
    struct options o;
    struct err e;
    log_setup("kubesim", LOG_INFO, LOG_TEXT);
    int rc = conf_load(&program, &o, argc, argv, NULL, &e);
    if (rc != CONF_RUN) {
        if (rc < 0)
            fprintf(stderr, "kubesim: %s\n", e.text);
        return rc < 0 ? CONF_EXIT_CODE : 0;
    }
    log_setup("kubesim", (enum log_level)o.log_level, LOG_TEXT);
    if (o.print_language) {
        AUTO_BUF struct buf text = { 0 };
        script_print_docs(&text);
        fputs(buf_text(&text), stdout);
        conf_free(&program, &o);
        return 0;
    }
    struct input in = { 0 };
    struct loop *l = loop_new("kubesim", 16);
    rc = read_input(&o, &in, &e);
    if (rc == 0 && (loop_signal(l, SIGTERM, on_signal, l, &e) != 0 || loop_signal(l, SIGINT, on_signal, l, &e) != 0))
        rc = -1;
    if (rc == 0)
        rc = run(l, &o, &in, &e);
    if (rc != 0)
        fprintf(stderr, "kubesim: %s\n", e.text);
    input_fini(&in);
    loop_free(l);
    conf_free(&program, &o);
    return rc == 0 ? 0 : 1;
}
