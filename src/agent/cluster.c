#include "agent/cluster.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"

#define RETRY_MS 10000
#define AGAIN_MS 3600000    /* an upgrade of the cluster is noticed within the hour */

struct cluster {
    struct loop *loop;
    struct kube *kube;
    void (*changed)(void *arg);
    void *arg;
    char *version, *uid;
    struct kube_request *asked;
    struct timer timer;
    bool news;
};

static void ask_version(void *arg);

static void plan(struct cluster *c)
{
    bool news = c->news;
    c->news = false;
    timer_start(&c->timer, c->loop, c->version && c->uid ? AGAIN_MS : RETRY_MS, ask_version, c);
    if (news)
        c->changed(c->arg);
}

static void take(struct cluster *c, char **fact, const char *value)
{
    if (!value || !*value || str_eq(*fact, value))
        return;
    free(*fact);
    *fact = str_dup(value);
    c->news = true;
}

static void on_namespace(void *arg, const struct kube_answer *answer)
{
    struct cluster *c = arg;
    c->asked = NULL;
    if (answer->err)
        log_debug("the cluster's fingerprint is not known", "why=\"%s\"", answer->err->text);
    else
        take(c, &c->uid, json_at_str(answer->object, "metadata.uid"));
    plan(c);
}

static void on_version(void *arg, const struct kube_answer *answer)
{
    struct cluster *c = arg;
    if (!answer->err)
        take(c, &c->version, json_get_str(answer->object, "gitVersion"));
    c->asked = kube_call(c->kube, "/api/v1/namespaces/kube-system", &(struct kube_options){ .partial_metadata = true }, on_namespace, c);
}

static void ask_version(void *arg)
{
    struct cluster *c = arg;
    c->asked = kube_call(c->kube, "/version", NULL, on_version, c);
}

struct cluster *cluster_new(struct loop *l, struct kube *k, void (*changed)(void *arg), void *arg)
{
    struct cluster *c = mem_alloc(sizeof *c);
    *c = (struct cluster){ .loop = l, .kube = k, .changed = changed, .arg = arg };
    timer_start(&c->timer, l, 0, ask_version, c);
    return c;
}

void cluster_free(struct cluster *c)
{
    if (!c)
        return;
    timer_stop(&c->timer);
    kube_cancel(c->asked);
    free(c->version);
    free(c->uid);
    free(c);
}

const char *cluster_version(const struct cluster *c)
{
    return c->version;
}

const char *cluster_uid(const struct cluster *c)
{
    return c->uid;
}
