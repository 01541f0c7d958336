#include "diagnose/action.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/revision.h"

#define COMMAND_MAX 1000

/* A value may stand in a command only as one plain word: names and quantities are, what a hostile message smuggled in is not. */
static bool is_plain(const char *value)
{
    return value[0] != '-' &&
           strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/:=,@") == strlen(value);
}

/* The name in capitals, for what the reader must put in. */
static const char *blank(struct arena *a, const char *name)
{
    char *text = arena_strdup(a, name);
    for (char *p = text; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return text;
}

static size_t command_params(const struct finding *f, struct arena *a, struct catalog_param out[FINDING_PARAMS_MAX])
{
    size_t n = finding_params(f, false, out);
    for (size_t i = 0; i < n; i++)
        if (!is_plain(out[i].value))
            out[i].value = blank(a, out[i].name);
    return n;
}

static const char *render(struct arena *a, const char *template_, const struct catalog_param *params, size_t n)
{
    char text[COMMAND_MAX];
    return catalog_render(template_, params, n, text, sizeof text) == 0 ? arena_strdup(a, text) : "";
}

/* There is something to go back to only when there was another revision. */
static bool can_undo(const struct run *r, const struct finding *f)
{
    struct revision revision;
    if (revision_newest(r, f->workload, &revision))
        return revision.previous != NULL;
    const struct object *o = facts_get(r->f, f->workload);
    const char *number = o ? json_get_str(json_get(o->meta, "annotations"), "deployment.kubernetes.io/revision") : NULL;
    return number && strcmp(number, "1") != 0 && strcmp(number, "0") != 0;
}

/* What somebody can do by hand where Aetherius cannot: a Pod without an owner is not patched but made anew. */
static bool is_only_advice(const struct catalog_action *action, const struct catalog_param *params, size_t n)
{
    return str_starts(action->type, "patch-") && !catalog_complete(action->object, params, n);
}

static bool is_possible(const struct run *r, const struct finding *f, const struct catalog_action *action,
                        const struct catalog_param *params, size_t n)
{
    if (strcmp(action->type, "rollout-undo") == 0 && !can_undo(r, f))
        return false;
    if (!catalog_complete(action->text.en, params, n))
        return false;
    if (is_only_advice(action, params, n))
        return true;
    /* A command that would hold a blank of ours is no proposal of ours either. */
    bool proposed = strcmp(action->class_, "none") != 0;
    return catalog_complete(action->object, params, n) && (!proposed || catalog_complete(action->command, params, n));
}

size_t actions_of(const struct run *r, const struct finding *f, struct arena *a, struct wire_action **out)
{
    struct catalog_param params[FINDING_PARAMS_MAX], words[FINDING_PARAMS_MAX], zh[FINDING_PARAMS_MAX];
    size_t n = finding_params(f, false, params), count = 0;
    (void)finding_params(f, true, zh);
    (void)command_params(f, a, words);
    *out = ARENA_ARRAY(a, struct wire_action, f->code->n_actions + 1);
    for (size_t i = 0; i < f->code->n_actions; i++) {
        const struct catalog_action *action = &f->code->actions[i];
        if (!is_possible(r, f, action, params, n))
            continue;
        bool advice = is_only_advice(action, params, n);
        bool runnable = !advice && catalog_complete(action->command, words, n);
        bool about_root = advice || !*action->object;
        (*out)[count++] = (struct wire_action){
            .type = arena_strdup(a, advice ? "advise" : action->type),
            .object = about_root ? arena_strdup(a, f->object) : render(a, action->object, params, n),
            .class_ = arena_strdup(a, advice ? "none" : action->class_),
            .command = runnable ? render(a, action->command, words, n) : "",
            .text = render(a, action->text.en, params, n),
            .text_zh = render(a, action->text.zh, zh, n),
        };
    }
    return count;
}
