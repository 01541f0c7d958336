#include "ctl/local_cluster.h"

#include "evidence/evidence.h"
#include "kube/kube.h"

#define COLLECT_MS 60000    /* of a whole cluster; --timeout may be less */

struct kube *local_cluster_open(struct ctl *c, char **name, struct err *e)
{
    struct kube_config config;
    *name = NULL;
    if (kube_config_file(c->options.kubeconfig, c->options.context, &config, e))
        return NULL;
    *name = str_dup(config.context && config.context[0] ? config.context : config.cluster);
    struct kube *k = kube_new(c->loop, &config, "aetherctl/" AETHERIUS_VERSION, e);
    kube_config_fini(&config);
    return k;
}

struct collecting {
    struct ctl *c;
    char *text;
    size_t size;
    struct err err;
};

static void on_bundle(void *arg, const char *text, size_t size, const struct evidence_counts *counts, const struct err *err)
{
    (void)counts;
    struct collecting *w = arg;
    if (err)
        w->err = *err;
    else {
        w->text = str_ndup(text, size);
        w->size = size;
    }
    loop_stop(w->c->loop);
}

int local_cluster_collect(struct ctl *c, char **text, size_t *size, char **name, struct err *e)
{
    struct kube *k = local_cluster_open(c, name, e);
    if (!k)
        return -1;
    const struct ctl_options *o = &c->options;
    struct collecting w = { .c = c };
    evidence_collect(k, c->loop, &(struct evidence_request){ .cluster_id = str_or_empty(*name), .object = o->object[0] ? o->object : NULL, .namespace_ = o->namespace_[0] ? o->namespace_ : NULL,
                                                              .timeout_ms = o->object[0] ? o->timeout_ms : COLLECT_MS }, on_bundle, &w);
    loop_run(c->loop);
    kube_free(k);
    *text = w.text;
    *size = w.size;
    if (w.text)
        return 0;
    *e = w.err;
    return err_wrap(e, "cluster %s", str_or_empty(*name));
}

struct asking {
    struct ctl *c;
    struct json_doc **doc;
    int status;
    struct err err;
};

static void on_answer(void *arg, const struct kube_answer *answer)
{
    struct asking *w = arg;
    struct err ignored;
    w->status = answer->status;
    if (answer->err)
        w->err = *answer->err;
    *w->doc = answer->size ? json_parse(answer->text, answer->size, &json_list_limits, &ignored) : NULL;
    loop_stop(w->c->loop);
}

int local_cluster_ask(struct ctl *c, struct kube *k, const char *path, const char *body, struct json_doc **doc, struct err *e)
{
    struct asking w = { .c = c, .doc = doc };
    struct kube_options options = { .timeout_ms = c->options.timeout_ms, .method = body ? "POST" : NULL, .body = body, .content_type = body ? "application/json" : NULL };
    *doc = NULL;
    kube_call(k, path, &options, on_answer, &w);
    loop_run(c->loop);
    *e = w.err;
    return w.status;
}
