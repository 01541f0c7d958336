#include "base/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { FORMAT_JSON, FORMAT_TEXT };

struct values {
    char *cluster_name, *token, *spool, *listen;
    bool wide;
    int64_t workers, spool_max, heartbeat_ms;
    int format;
};

static const char *const formats[] = { "json", "text", NULL };

#define AT(member) offsetof(struct values, member)
static const struct conf_option options[] = {
    { "cluster_name", CONF_STRING, AT(cluster_name), "", 0, 0, NULL, "What people call this cluster.", "Identity" },
    { "heartbeat_interval", CONF_DURATION, AT(heartbeat_ms), "10s", 1000, 300000, NULL,
      "Time between two heartbeats, which tell the other side that the agent is there even when the cluster has nothing to say.", "Delivery" },
    { "token", CONF_SECRET, AT(token), "", 0, 0, NULL, "Secret that joins | enrolls.", "Identity" },
    { "spool_directory", CONF_PATH, AT(spool), "/var/lib/aetherius", 0, 0, NULL, "Where events wait.", "Delivery" },
    { "spool_max", CONF_SIZE, AT(spool_max), "64MiB", 1 << 20, INT64_C(1) << 40, NULL, "Most bytes that wait.", "Delivery" },
    { "metrics_listen", CONF_LISTEN, AT(listen), "127.0.0.1:9090", 0, 0, NULL, "Where metrics are served.", "Serving" },
    { "wide", CONF_BOOL, AT(wide), "false", 0, 0, NULL, "Watches more kinds.", "Serving" },
    { "workers", CONF_INT, AT(workers), "2", 1, 64, NULL, "Threads.", "Serving" },
    { "log_format", CONF_CHOICE, AT(format), "json", 0, 0, formats, "How lines look.", "Serving" },
};

static int check(const void *values, struct err *e)
{
    const struct values *v = values;
    return v->workers == 13 ? err_set(e, ERR_INVALID, "workers: 13 brings bad luck") : 0;
}

static const struct conf_program program = {
    .name = "aetherius-agent", .summary = "Watches one cluster.", .options = options, .n_options = COUNT(options), .check = check,
};

static struct values v;
static struct err e;
static int rest;
static char output[16384];

static char *words[16];
static int count_words(char *const *w)
{
    int n = 0;
    while (w[n])
        n++;
    return n;
}

static int load(bool with_rest)
{
    memset(&e, 0, sizeof e);
    memset(&v, 0x5a, sizeof v);    /* the call cleans up itself */
    return conf_load(&program, &v, count_words(words), words, with_rest ? &rest : NULL, &e);
}

/* A command line; the program's name is put before it. */
#define ARGS(...)                                                       \
    do {                                                                \
        static const char *const args_[] = { "aetherius-agent", __VA_ARGS__ }; \
        memset(words, 0, sizeof words);                                 \
        for (size_t i_ = 0; i_ < COUNT(args_); i_++)                    \
            words[i_] = (char *)(uintptr_t)args_[i_];                   \
    } while (0)

#define RUNS(...)   ({ ARGS(__VA_ARGS__); if (load(false) != CONF_RUN) fail_msg("%s", e.text); })
#define FAILS(text_, ...) ({ ARGS(__VA_ARGS__); assert_int_equal(load(false), -1); assert_string_equal(e.text, text_); })

static char path[] = "/tmp/aetherius-conf-XXXXXX";
static char expected[600];

static void write_file(const char *text)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* Loads the file alone. */
static int load_file(const char *text)
{
    write_file(text);
    memset(words, 0, sizeof words);
    static char name[] = "aetherius-agent", flag[] = "--config";
    words[0] = name;
    words[1] = flag;
    words[2] = path;
    return load(false);
}

static void file_runs(const char *text)
{
    if (load_file(text) != CONF_RUN)
        fail_msg("%s", e.text);
}

static void file_fails(const char *text, const char *message)
{
    assert_int_equal(load_file(text), -1);
    snprintf(expected, sizeof expected, "%s:%s", path, message);
    assert_string_equal(e.text, expected);
    assert_int_equal(e.kind, ERR_INVALID);
    assert_null(v.cluster_name);    /* nothing is left to free */
}

static int load_captured(bool with_rest)
{
    fflush(stdout);
    int saved = dup(STDOUT_FILENO), file = memfd_create("stdout", MFD_CLOEXEC);
    dup2(file, STDOUT_FILENO);
    int rc = load(with_rest);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    ssize_t n = pread(file, output, sizeof output - 1, 0);
    close(file);
    output[n > 0 ? n : 0] = '\0';
    return rc;
}

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(options); i++) {
        char name[64] = "AETHERIUS_";
        for (size_t j = 0; options[i].name[j]; j++)
            name[10 + j] = (char)(options[i].name[j] >= 'a' ? options[i].name[j] - 32 : options[i].name[j]);
        unsetenv(name);
    }
    unsetenv("AETHERIUS_CONFIG");
    return 0;
}

static int cleanup(void **state)
{
    (void)state;
    conf_free(&program, &v);
    return 0;
}

static void nothing_given_means_the_defaults(void **state)
{
    (void)state;
    RUNS();
    assert_string_equal(v.cluster_name, "");
    assert_string_equal(v.spool, "/var/lib/aetherius");
    assert_int_equal(v.heartbeat_ms, 10000);
    assert_int_equal(v.spool_max, 64 << 20);
    assert_int_equal(v.workers, 2);
    assert_false(v.wide);
    assert_int_equal(v.format, FORMAT_JSON);
}

static void an_empty_file_works(void **state)
{
    (void)state;
    static const char *const files[] = { "", "\n", "# nothing\n", "---\n", "---\n...\n", "{}\n", "\xef\xbb\xbf# with a byte order mark\n" };
    for (size_t i = 0; i < COUNT(files); i++) {
        file_runs(files[i]);
        assert_int_equal(v.workers, 2);
        conf_free(&program, &v);
    }
}

static void flag_beats_environment_beats_file_beats_default(void **state)
{
    (void)state;
    setenv("AETHERIUS_CONFIG", path, 1);
    write_file("workers: 3\ncluster_name: from file\nlog_format: text\n");
    setenv("AETHERIUS_WORKERS", "4", 1);
    setenv("AETHERIUS_CLUSTER_NAME", "from environment", 1);
    RUNS("--workers", "5");
    assert_int_equal(v.workers, 5);
    assert_string_equal(v.cluster_name, "from environment");
    assert_int_equal(v.format, FORMAT_TEXT);
    assert_int_equal(v.heartbeat_ms, 10000);
}

static void flags_take_dashes_underscores_and_equals(void **state)
{
    (void)state;
    RUNS("--heartbeat-interval=20s", "--spool_max", "2 GiB", "--cluster-name=a=b", "--wide");
    assert_int_equal(v.heartbeat_ms, 20000);
    assert_int_equal(v.spool_max, INT64_C(2) << 30);
    assert_string_equal(v.cluster_name, "a=b");
    assert_true(v.wide);
    conf_free(&program, &v);
    RUNS("--wide", "false", "--workers=1", "--workers=2");
    assert_false(v.wide);
    assert_int_equal(v.workers, 2);
    conf_free(&program, &v);
    RUNS("--wide=no", "--cluster-name", "-x");
    assert_false(v.wide);
    assert_string_equal(v.cluster_name, "-x");
}

static void bad_flags_are_refused(void **state)
{
    (void)state;
    FAILS("unknown option \"--hartbeat-interval=1s\" (did you mean --heartbeat-interval?); see --help", "--hartbeat-interval=1s");
    FAILS("unknown option \"--print-confg\" (did you mean --print-config?); see --help", "--print-confg");
    FAILS("unknown option \"-x\"; see --help", "-x");
    FAILS("unknown option \"--\\x1b[2J\"; see --help", "--\x1b[2J");
    FAILS("unknown option \"--=\"; see --help", "--=");
    FAILS("--workers needs a value", "--workers");
    FAILS("--workers needs a value", "--workers", "--wide");
    FAILS("--config needs a value", "--config");
    FAILS("unexpected argument \"diagnose\"; see --help", "diagnose");
    FAILS("unexpected argument \"x\"; see --help", "--", "x");
    FAILS("--help takes no value", "--help=1");
    FAILS("--workers: \"zwei\" is no whole number", "--workers=zwei");
    FAILS("--workers: \"\" is no whole number", "--workers=");
}

static void bad_values_are_refused(void **state)
{
    (void)state;
    static const struct { const char *flag, *message; } rows[] = {
        { "--workers=0", "\"0\" is out of bounds (1 to 64)" },
        { "--workers=65", "\"65\" is out of bounds (1 to 64)" },
        { "--workers= 1", "\" 1\" is no whole number" },
        { "--workers=+1", "\"+1\" is no whole number" },
        { "--workers=1e3", "\"1e3\" is no whole number" },
        { "--workers=99999999999999999999", "\"99999999999999999999\" is no whole number" },
        { "--heartbeat-interval=30", "\"30\" is no duration (250ms, 30s, 2m30s, 1h)" },
        { "--heartbeat-interval=999ms", "\"999ms\" is out of bounds (1s to 5m)" },
        { "--heartbeat-interval=-1s", NULL },
        { "--spool-max=5MB", "\"5MB\" is no size (bytes, or a number with KiB, MiB or GiB)" },
        { "--spool-max=-1", "\"-1\" is no size (bytes, or a number with KiB, MiB or GiB)" },
        { "--spool-max=9999999999GiB", "\"9999999999GiB\" is no size (bytes, or a number with KiB, MiB or GiB)" },
        { "--spool-max=1048575", "\"1048575\" is out of bounds (1MiB to 1024GiB)" },
        { "--wide=maybe", "\"maybe\" is no switch (true or false)" },
        { "--log-format=jsn", "\"jsn\" is none of json, text (did you mean json?)" },
        { "--log-format=JSON", NULL },
        { "--log-format=", "\"\" is none of json, text" },
        { "--token=***", "\"***\" is what --print-config shows instead of a secret" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char flag[64];
        snprintf(flag, sizeof flag, "%s", rows[i].flag);
        ARGS("--version");
        words[1] = flag;
        assert_int_equal(load(false), -1);
        assert_int_equal(e.kind, ERR_INVALID);
        if (rows[i].message)
            assert_non_null(strstr(e.text, rows[i].message));
        struct err alone = { 0 };
        assert_int_equal(conf_check_flag(&program, flag, &alone), -1);
        assert_string_equal(alone.text, e.text);
    }
}

static void addresses_are_checked(void **state)
{
    (void)state;
    static const char *const good[] = { "", ":8080", ":0", "127.0.0.1:8090", "0.0.0.0:65535", "[::1]:1", "[::]:443", "unix:/run/a.sock" };
    static const char *const bad[] = { "8080", ":", ":65536", ":123456", ":80a", ": 80", "localhost:80", "::1:80", "[::1]", "[127.0.0.1]:80", "[]:80", "[:80",
                                       "1.2.3:80", "1.2.3.4.5:80", "http://1.2.3.4:80", "unix:", "unix:a.sock", "unix:/" "0123456789012345678901234567890123456789"
                                       "0123456789012345678901234567890123456789012345678901234567890123456789", "127.0.0.1:80/x", "\x1b[2J:80",
                                       "111111111111111111111111111111111111111111111111111111111:80" };
    for (size_t i = 0; i < COUNT(good) + COUNT(bad); i++) {
        setenv("AETHERIUS_METRICS_LISTEN", i < COUNT(good) ? good[i] : bad[i - COUNT(good)], 1);
        ARGS();
        int rc = load(false);
        if (i < COUNT(good) ? rc != CONF_RUN : rc != -1)
            fail_msg("%s", getenv("AETHERIUS_METRICS_LISTEN"));
        if (rc == CONF_RUN)
            assert_string_equal(v.listen, good[i]);
        else
            assert_true(str_starts(e.text, "environment AETHERIUS_METRICS_LISTEN: \""));
        conf_free(&program, &v);
    }
}

static void a_file_is_yaml(void **state)
{
    (void)state;
    file_runs("# comment\ncluster_name: \"prod 1\"   # and another\n\nheartbeat_interval: 1m30s\nwide: yes\nworkers: '7'\nspool_max: 1048576\n"
              "token: |\n  line 1\n  line 2\n");
    assert_string_equal(v.cluster_name, "prod 1");
    assert_int_equal(v.heartbeat_ms, 90000);
    assert_true(v.wide);
    assert_int_equal(v.workers, 7);
    assert_int_equal(v.spool_max, 1 << 20);
    assert_string_equal(v.token, "line 1\nline 2\n");
    conf_free(&program, &v);
    file_runs("{ cluster_name: x, workers: 3 }\n");
    assert_int_equal(v.workers, 3);
    conf_free(&program, &v);
    file_runs("cluster_name: 镜像\nspool_directory: \"\"\n");
    assert_string_equal(v.cluster_name, "镜像");
    assert_string_equal(v.spool, "");
}

static void errors_of_a_file_name_the_line(void **state)
{
    (void)state;
    file_fails("\n# x\nhartbeat_interval: 10s\n", "3: unknown option \"hartbeat_interval\" (did you mean heartbeat_interval?)");
    file_fails("zzz: 1\n", "1: unknown option \"zzz\"");
    file_fails("\"a\\e[2Jb\": 1\n", "1: unknown option \"a\\x1b[2Jb\"");
    file_fails("workers: 1\nwide: on\nworkers: 2\n", "3: workers is given twice (first in line 1)");
    file_fails("wide: on\nworkers: 100\n", "2: workers: \"100\" is out of bounds (1 to 64)");
    file_fails("workers:\n", "1: \"workers\" has no value (write \"\" for an empty one, or leave the line out)");
    file_fails("\"\\e\":\n", "1: \"\\x1b\" has no value (write \"\" for an empty one, or leave the line out)");
    file_fails("workers: ~\n", "1: \"workers\" has no value (write \"\" for an empty one, or leave the line out)");
    file_fails("workers: null\n", "1: \"workers\" has no value (write \"\" for an empty one, or leave the line out)");
    file_fails("workers: [1]\n", "1: a single value is expected here, not a list (several are written as one text: \"a, b\")");
    file_fails("workers:\n  - 1\n", "2: a single value is expected here, not a list (several are written as one text: \"a, b\")");
    file_fails("workers:\n  a: 1\n", "2: a single value is expected here, not a mapping");
    file_fails("? {a: 1}\n: 2\n", "1: a name is expected here, not a mapping");
    file_fails("? [a]\n: 2\n", "1: expected \"name: value\" lines, not a list");
    file_fails("- workers\n", "1: expected \"name: value\" lines, not a list");
    file_fails("workers\n", "1: expected \"name: value\" lines");
    file_fails("workers: &a 1\n", "1: anchors are not supported");
    file_fails("&a workers: 1\n", "1: anchors are not supported");
    file_fails("--- &a\nworkers: 1\n", "1: anchors are not supported");
    file_fails("workers: *a\n", "1: aliases are not supported");
    file_fails("workers: !!int 1\n", "1: tags are not supported");
    file_fails("--- !x\nworkers: 1\n", "1: tags are not supported");
    file_fails("workers: 1\n---\nwide: on\n", "2: only one document is expected");
    file_fails("cluster_name: \"a\\0b\"\n", "1: a value holds a NUL character");
}

static void what_is_no_yaml_is_refused(void **state)
{
    (void)state;
    static const char *const files[] = { "workers: 1\n\tx: 2\n", "a: b: c\n", "\"open\n", "%YAML 9.9\n---\n", "{", "[[[[[[[[", "x: @y\n", "a: 'b\n",
                                         "workers: 1\n  wide: on\n", "\x01\n", "\xff\xfe\n", "a: \xc3\x28\n", "!<\n", "&\n", "*\n", "? \n? \n" };
    for (size_t i = 0; i < COUNT(files); i++) {
        assert_int_equal(load_file(files[i]), -1);
        assert_int_equal(e.kind, ERR_INVALID);
        assert_true(str_starts(e.text, path));
    }
    assert_int_equal(load_file("workers: 1\nwide: \"on\n"), -1);
    snprintf(expected, sizeof expected, "%s:3: not valid YAML: found unexpected end of stream while scanning a quoted scalar", path);
    assert_string_equal(e.text, expected);
}

static void deep_and_large_files_are_refused(void **state)
{
    (void)state;
    size_t size = (1 << 20) + 1;
    AUTO_FREE char *text = mem_alloc(size + 1);
    memset(text, '[', size);
    text[size] = '\0';
    text[1 << 20] = '\0';
    assert_int_equal(load_file(text), -1);    /* a megabyte of nesting ends at its first level */
    snprintf(expected, sizeof expected, "%s:1: expected \"name: value\" lines, not a list", path);
    assert_string_equal(e.text, expected);
    memset(text, '#', size);
    assert_int_equal(load_file(text), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    snprintf(expected, sizeof expected, "%s: larger than 1 MiB", path);
    assert_string_equal(e.text, expected);
    text[1 << 20] = '\0';
    file_runs(text);
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    FAILS("opening /nowhere/config.yaml: No such file or directory", "--config", "/nowhere/config.yaml");
    FAILS("reading /tmp: Is a directory", "--config=/tmp");
    setenv("AETHERIUS_CONFIG", "/nowhere/environment.yaml", 1);
    FAILS("opening /nowhere/environment.yaml: No such file or directory");
}

static void options_are_checked_together(void **state)
{
    (void)state;
    FAILS("workers: 13 brings bad luck", "--workers=13");
    FAILS("workers: 13 brings bad luck", "--workers=13", "--check-config");
}

static void an_impossible_default_is_the_tables_fault(void **state)
{
    (void)state;
    static const struct conf_option bad[] = { { "workers", CONF_INT, AT(workers), "0", 1, 64, NULL, "Threads.", "Serving" } };
    const struct conf_program p = { .name = "x", .summary = "X.", .options = bad, .n_options = 1 };
    ARGS();
    assert_int_equal(conf_load(&p, &v, 1, words, NULL, &e), -1);
    assert_int_equal(e.kind, ERR_INTERNAL);
}

static void check_config_says_ok(void **state)
{
    (void)state;
    ARGS("--check-config", "--workers=3");
    assert_int_equal(load_captured(false), CONF_DONE);
    assert_string_equal(output, "ok\n");
}

static void version_is_one_line(void **state)
{
    (void)state;
    ARGS("--version");
    assert_int_equal(load_captured(false), CONF_DONE);
    assert_string_equal(output, "aetherius-agent " AETHERIUS_VERSION "\n");
}

static void print_config_says_where_each_value_came_from(void **state)
{
    (void)state;
    setenv("AETHERIUS_CONFIG", path, 1);
    write_file("# x\ntoken: hunter2\nspool_max: 1536MiB\n");
    setenv("AETHERIUS_CLUSTER_NAME", "a: \"b\" # \x1b\n\\", 1);
    ARGS("--print-config", "--wide");
    assert_int_equal(load_captured(false), CONF_DONE);
    snprintf(expected, sizeof expected,
             "cluster_name: \"a: \\\"b\\\" # \\U0000001B\\n\\\\\"  # environment AETHERIUS_CLUSTER_NAME\n"
             "heartbeat_interval: 10s  # default\n"
             "token: \"***\"  # %s:2\n"
             "spool_directory: /var/lib/aetherius  # default\n"
             "spool_max: 1536MiB  # %s:3\n"
             "metrics_listen: \"127.0.0.1:9090\"  # default\n"
             "wide: true  # --wide\n"
             "workers: 2  # default\n"
             "log_format: json  # default\n", path, path);
    assert_string_equal(output, expected);
}

static void what_print_config_writes_can_be_loaded_again(void **state)
{
    (void)state;
    static const char *const names[] = { "", "null", "true", "~", "- x", "x: y", "'", "#", "1", "@", "\t", "镜像", "é\xc2\x85", "a\nb", "%", "\xef\xbf\xbe", "\xe2\x80\xae" };
    for (size_t i = 0; i < COUNT(names); i++) {
        setenv("AETHERIUS_CLUSTER_NAME", names[i], 1);
        ARGS("--print-config");
        assert_int_equal(load_captured(false), CONF_DONE);
        unsetenv("AETHERIUS_CLUSTER_NAME");
        file_runs(output);
        assert_string_equal(v.cluster_name, names[i]);
        assert_int_equal(v.spool_max, 64 << 20);
        conf_free(&program, &v);
    }
}

static void help_fits_a_terminal(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        ARGS("-h");
        if (i == 0)
            ARGS("--workers=zzz", "--help");    /* help helps even where something is wrong */
        assert_int_equal(load_captured(false), CONF_DONE);
        assert_true(str_starts(output, "Usage: aetherius-agent [options]\n\nWatches one cluster.\n\nIdentity:\n  --cluster-name TEXT            What people call this cluster.\n"
                                       "  --token SECRET                 Secret that joins | enrolls.\n\nDelivery:\n"
                                       "  --heartbeat-interval DURATION  Time between two heartbeats, which tell the other side that the\n"
                                       "                                 agent is there even when the cluster has nothing to say. (default\n"
                                       "                                 10s; 1s to 5m)\n"));
        assert_non_null(strstr(output, "\n  --log-format json|text         How lines look. (default json)\n"));
        assert_non_null(strstr(output, "\n  --wide                         Watches more kinds.\n"));
        assert_non_null(strstr(output, "\n  --print-config "));
        char *more = NULL;
        for (char *line = strtok_r(output, "\n", &more); line; line = strtok_r(NULL, "\n", &more))
            assert_true(strlen(line) <= 100);
    }
}

static void documentation_is_a_table_for_each_group(void **state)
{
    (void)state;
    AUTO_BUF struct buf docs = { 0 };
    conf_print_docs(&program, &docs);
    assert_true(str_starts(buf_text(&docs), "## aetherius-agent\n\nWatches one cluster.\n\n### Identity\n\n"
                                            "| Option | Environment | Type | Default | Meaning |\n| --- | --- | --- | --- | --- |\n"
                                            "| `cluster_name` | `AETHERIUS_CLUSTER_NAME` | text |  | What people call this cluster. |\n"
                                            "| `token` | `AETHERIUS_TOKEN` | secret |  | Secret that joins \\| enrolls. |\n\n### Delivery\n"));
    ARGS("--print-docs");
    assert_int_equal(load_captured(false), CONF_DONE);
    assert_string_equal(output, buf_text(&docs));
    assert_non_null(strstr(buf_text(&docs), "| `spool_max` | `AETHERIUS_SPOOL_MAX` | size, 1MiB to 1024GiB | `64MiB` | Most bytes that wait. |\n"));
    assert_non_null(strstr(buf_text(&docs), "| json\\|text | `json` |"));
}

static void the_rest_is_the_programs(void **state)
{
    (void)state;
    ARGS("--workers=3", "diagnose", "--kubeconfig", "x");
    assert_int_equal(load(true), CONF_RUN);
    assert_int_equal(rest, 2);
    assert_int_equal(v.workers, 3);
    conf_free(&program, &v);
    ARGS("--", "--workers");
    assert_int_equal(load(true), CONF_RUN);
    assert_int_equal(rest, 2);
    conf_free(&program, &v);
    ARGS("--wide");
    assert_int_equal(load(true), CONF_RUN);
    assert_int_equal(rest, 2);
    conf_free(&program, &v);
    ARGS("-");
    assert_int_equal(load(true), CONF_RUN);
    assert_int_equal(rest, 1);
}

static void unknown_environment_is_no_error(void **state)
{
    (void)state;
    setenv("AETHERIUS_CENTRAL_SERVICE_HOST", "10.0.0.1", 1);    /* Kubernetes does this for a Service */
    RUNS();
    unsetenv("AETHERIUS_CENTRAL_SERVICE_HOST");
}

static void two_loads_live_side_by_side(void **state)
{
    (void)state;
    static struct values other;
    ARGS("--workers=9");
    assert_int_equal(conf_load(&program, &other, 2, words, NULL, &e), CONF_RUN);
    RUNS("--wide");
    AUTO_FREE char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    conf_print(&program, &other, f);
    fclose(f);
    assert_non_null(strstr(text, "workers: 9  # --workers\n"));
    assert_non_null(strstr(text, "wide: false  # default\n"));
    conf_free(&program, &other);
}

static void lists_are_split_and_trimmed(void **state)
{
    (void)state;
    char *pieces[3];
    char text[] = " a, b c ,,\td\n";
    assert_int_equal(conf_split(text, pieces, 3, &e), 3);
    assert_string_equal(pieces[0], "a");
    assert_string_equal(pieces[1], "b c");
    assert_string_equal(pieces[2], "d");
    char four[] = "a,b,c,d", none[] = " , ,";
    assert_int_equal(conf_split(four, pieces, 3, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_int_equal(conf_split(none, pieces, 3, &e), 0);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, cleanup)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_given_means_the_defaults),
        TEST(an_empty_file_works),
        TEST(flag_beats_environment_beats_file_beats_default),
        TEST(flags_take_dashes_underscores_and_equals),
        TEST(bad_flags_are_refused),
        TEST(bad_values_are_refused),
        TEST(addresses_are_checked),
        TEST(a_file_is_yaml),
        TEST(errors_of_a_file_name_the_line),
        TEST(what_is_no_yaml_is_refused),
        TEST(deep_and_large_files_are_refused),
        TEST(a_file_that_is_not_there_is_an_error),
        TEST(options_are_checked_together),
        TEST(an_impossible_default_is_the_tables_fault),
        TEST(check_config_says_ok),
        TEST(version_is_one_line),
        TEST(print_config_says_where_each_value_came_from),
        TEST(what_print_config_writes_can_be_loaded_again),
        TEST(help_fits_a_terminal),
        TEST(documentation_is_a_table_for_each_group),
        TEST(the_rest_is_the_programs),
        TEST(unknown_environment_is_no_error),
        TEST(two_loads_live_side_by_side),
        TEST(lists_are_split_and_trimmed),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
