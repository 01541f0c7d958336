/* The whole product without its parts: evidence from a cluster (or a saved bundle) straight into the rules. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "ctl/commands.h"
#include "ctl/finding.h"
#include "ctl/local_cluster.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "diagnose/diagnose.h"

/* What the rules were given. */
struct material {
    char *text;                   /* the bundle                              */
    size_t size;
    char *cluster;                /* what to call the cluster                */
    char *object;                 /* of the bundle's scope, or NULL: everything */
    int64_t collect_ms;
};

static void material_fini(struct material *m)
{
    free(m->text);
    free(m->cluster);
    free(m->object);
}

static int read_scope(struct material *m, struct err *e)
{
    AUTO_JSON struct json_doc *doc = json_parse(m->text, m->size, &json_list_limits, e);
    const json *root = json_root(doc);
    if (!doc)
        return err_wrap(e, "the bundle");
    if (!json_is_array(json_get(root, "objects")))
        return err_set(e, ERR_INVALID, "this is no evidence bundle: it has no objects");
    if (!m->cluster)
        m->cluster = str_dup(str_or_empty(json_get_str(root, "cluster_id")));
    m->object = str_dup(json_at_str(root, "scope.object"));
    return 0;
}

static int read_bundle(const struct ctl *c, struct material *m, struct err *e)
{
    m->text = file_read(c->options.bundle, BUNDLE_ALL_MAX, &m->size, e);
    return m->text ? read_scope(m, e) : -1;
}

static int save(const char *path, const struct material *m, struct err *e)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return err_sys(e, errno, "--save %s", path);
    size_t written = fwrite(m->text, 1, m->size, file);
    if (fclose(file) != 0 || written != m->size)
        return err_sys(e, errno, "--save %s", path);
    return 0;
}

static int collect(struct ctl *c, struct material *m, struct err *e)
{
    int64_t begin_ms = clock_mono_ms();
    if (local_cluster_collect(c, &m->text, &m->size, &m->cluster, e))
        return -1;
    m->collect_ms = clock_mono_ms() - begin_ms;
    if (c->options.save[0] && save(c->options.save, m, e))
        return -1;
    return read_scope(m, e);
}

/* ---- findings as JSON ---- */

static void write_incident(struct json_w *w, const struct material *m, const struct diagnose_incident *i)
{
    const struct wire_root *root = i->verdict.n_roots ? &i->verdict.roots[0] : NULL;
    json_w_object(w, NULL);
    json_w_str(w, "cluster_id", m->cluster);
    json_w_str(w, "title", i->title);
    json_w_str(w, "title_zh", i->title_zh);
    json_w_str(w, "severity", wire_severity_name(i->severity));
    json_w_str(w, "object", root ? root->object : m->object);
    json_w_str(w, "code", root ? root->code : NULL);
    if (root)
        json_w_real(w, "confidence", root->confidence);
    wire_verdict_write(w, "verdict", &i->verdict);
    json_w_end(w);
}

/* One object: its verdict is an incident unless it is well. */
static int judge_object(const struct material *m, struct arena *a, struct json_w *w, struct err *e)
{
    struct diagnose_incident i = { 0 };
    if (diagnose_bundle(m->text, m->size, a, &i.verdict, e))
        return -1;
    if (i.verdict.outcome == VERDICT_HEALTHY || i.verdict.outcome == VERDICT_RECOVERED)
        return 0;
    if (i.verdict.n_roots > 0) {
        i.title = i.verdict.roots[0].statement;
        i.title_zh = i.verdict.roots[0].statement_zh;
        i.severity = i.verdict.roots[0].severity;
    } else {
        i.title = "Something is wrong here that the rules do not know";
        i.title_zh = "此处有异常，但规则未能识别";
    }
    write_incident(w, m, &i);
    return 0;
}

static int judge_all(const struct material *m, struct arena *a, struct json_w *w, struct err *e)
{
    struct diagnose_incidents found;
    if (diagnose_all(m->text, m->size, a, &found, e))
        return -1;
    for (size_t i = 0; i < found.count; i++)
        write_incident(w, m, &found.items[i]);
    return 0;
}

static struct json_doc *judge(const struct material *m, struct err *e)
{
    struct arena arena;
    arena_init(&arena);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_array(w, "incidents");
    int rc = m->object ? judge_object(m, &arena, w, e) : judge_all(m, &arena, w, e);
    arena_fini(&arena);
    if (rc)
        return NULL;
    size_t size;
    AUTO_FREE char *text = json_w_take(w, &size);
    return json_parse(text, size, &json_list_limits, e);
}

/* ---- for people ---- */

/* What could not be looked at counts as much as what was found, and "nothing" is only worth that: it stands once at the end. */
static void print_not_checked(const struct ctl *c, const struct material *m)
{
    struct err ignored;
    AUTO_JSON struct json_doc *doc = json_parse(m->text, m->size, &json_list_limits, &ignored);
    const json *list = json_get(json_root(doc), "not_checked");
    if (json_count(list) > 0)
        fputc('\n', c->out);
    finding_print_not_checked(c, list);
}

static void print_all(const struct ctl *c, const struct material *m, const json *list)
{
    size_t count = json_count(list);
    enum finding_parts parts = count > 0 && m->object ? FINDING_WHOLE : FINDING_WITHOUT_CHECKS;
    for (struct json_iter i = json_iter(list); json_next(&i);) {
        if (i.index > 0)
            fputc('\n', c->out);
        finding_print(c, i.value, parts, clock_wall_ms());
    }
    if (count == 0) {
        tone_print(c, TONE_GOOD, tr(c, "Nothing is wrong that the rules know of.", "没有发现规则所知的问题。"));
        fputc('\n', c->out);
    }
    if (parts == FINDING_WITHOUT_CHECKS)
        print_not_checked(c, m);
    if (m->collect_ms > 0)
        fprintf(c->out, tr(c, "\n%zu found in %.2f s\n", "\n发现 %zu 个问题，用时 %.2f 秒\n"), count, (double)m->collect_ms / 1000);
}

int cmd_diagnose(struct ctl *c)
{
    struct err e;
    struct material m = { 0 };
    int code = EXIT_FAILED;
    bool from_file = c->options.bundle[0];
    struct json_doc *doc = (from_file ? read_bundle(c, &m, &e) : collect(c, &m, &e)) ? NULL : judge(&m, &e);
    if (!doc) {
        fprintf(stderr, "aetherctl: %s\n", e.text);
    } else {
        const json *list = json_get(json_root(doc), "incidents");
        code = json_count(list) > 0 ? EXIT_FOUND : EXIT_FINE;
        if (ctl_is_data(c))
            show_data(c, json_root(doc));
        else
            print_all(c, &m, list);
    }
    json_doc_free(doc);
    material_fini(&m);
    return code;
}
