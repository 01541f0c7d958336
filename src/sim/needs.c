/* What a container needs beside its image: ConfigMaps, Secrets, claims. */
#include <stdio.h>

#include "base/str.h"
#include "sim/claim.h"
#include "sim/config.h"
#include "sim/kubelet.h"

static const struct need_words {
    enum kind kind;
    const char *word;  /* in "configmap \"x\" not found" */
    const char *title; /* in "couldn't find key in ConfigMap" */
    const char *missing_code;
} words[] = {
    [REF_CONFIG_MAP] = { KIND_CONFIG_MAP, "configmap", "ConfigMap", "config.configmap-missing" },
    [REF_SECRET] = { KIND_SECRET, "secret", "Secret", "config.secret-missing" },
};

/* 0 when it is there. */
static int check(const struct container *c, const struct plan_ref *r, struct need *missing)
{
    const struct world *w = c->pod->world;
    const struct need_words *word = &words[r->of];
    const char *namespace = c->pod->object->namespace;
    snprintf(missing->object, sizeof missing->object, "%s/%s/%s", word->word, namespace, r->name);
    if (!config_exists(w, word->kind, namespace, r->name)) {
        missing->code = word->missing_code;
        if (r->mounted)
            snprintf(missing->text, sizeof missing->text,
                     "MountVolume.SetUp failed for volume \"%s\" : %s \"%s\" not found", r->name, word->word, r->name);
        else
            snprintf(missing->text, sizeof missing->text, "%s \"%s\" not found", word->word, r->name);
        return -1;
    }
    if (!r->key || config_has_key(w, word->kind, namespace, r->name, r->key))
        return 0;
    missing->code = "config.key-missing";
    if (r->mounted)
        snprintf(missing->text, sizeof missing->text,
                 "MountVolume.SetUp failed for volume \"%s\" : references non-existent %s key: %s", r->name,
                 r->of == REF_SECRET ? "secret" : "config", r->key);
    else
        snprintf(missing->text, sizeof missing->text, "couldn't find key %s in %s %s/%s", r->key, word->title,
                 namespace, r->name);
    return -1;
}

int needs_check(const struct container *c, enum need_of what, struct need *missing)
{
    const struct plan_container *plan = container_plan(c);
    for (size_t i = 0; i < plan->n_refs; i++)
        if (plan->refs[i].of != REF_CLAIM && plan->refs[i].mounted == (what == NEED_MOUNTS) &&
            check(c, &plan->refs[i], missing) != 0)
            return -1;
    return 0;
}
