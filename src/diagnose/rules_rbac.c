/* What a program may not do at the API server, from its own log. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"

#define ACCOUNT "system:serviceaccount:"
#define TOKENS  "/var/run/secrets/kubernetes.io/serviceaccount"

/* "shop", "lister" of system:serviceaccount:shop:lister, whatever follows. */
static bool account_of(struct arena *a, const char *line, const char **namespace_, const char **name)
{
    const char *at = strstr(line, ACCOUNT);
    if (!at)
        return false;
    at += strlen(ACCOUNT);
    const char *colon = strchr(at, ':');
    size_t size = colon ? strspn(colon + 1, "abcdefghijklmnopqrstuvwxyz0123456789.-") : 0;
    if (size == 0)
        return false;
    *namespace_ = arena_strndup(a, at, (size_t)(colon - at));
    *name = arena_strndup(a, colon + 1, size);
    return str_is_dns_label(*namespace_) && str_is_dns_name(*name);
}

/* A word of the API's own vocabulary; anything else stays out of commands. */
static const char *vocabulary(const char *word)
{
    size_t size = word ? strlen(word) : 0;
    bool ok = size > 0 && size <= 128 && strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789./-") == size;
    return ok ? word : NULL;
}

struct finding *rules_forbidden(struct run *r, const struct pod *p, const struct container *c,
                                const struct reason_line *line)
{
    const char *namespace_, *name;
    if (!account_of(r->a, line->text, &namespace_, &name))
        return NULL;
    const char *verb = vocabulary(extract_word(r->a, line->text, " cannot ", "\"\\"));
    const char *resource = vocabulary(extract_quoted(r->a, line->text, " resource "));
    if (!verb || !resource)
        return NULL;
    struct finding *f = finding_of_pod(r, "rbac.app-forbidden", INFERRED, p, c);
    const char *id = facts_id(r->a, "serviceaccount", namespace_, name);
    finding_blame(r, f, id);
    finding_setf(r, f, "account", "%s/%s", namespace_, name);
    finding_set(f, "ref_name", name);
    finding_set(f, "verb", verb);
    finding_set(f, "resource", resource);
    const char *where = vocabulary(extract_quoted(r->a, line->text, "in the namespace "));
    finding_set(f, "value", where);
    finding_set(f, "policy", where ? "Role" : "ClusterRole");
    finding_set(f, "line", line->text);
    finding_quote_log(r, f, line->log, line->text);
    const struct object *account = facts_get(r->f, id);
    if (account)
        finding_quote(r, f, p->object->id, arena_printf(r->a, "\"serviceAccountName\":\"%s\"", name), 0);
    note_victim(r, f, NOTE_SHOWS_IT);
    return f;
}

static bool has_token(const struct container *c)
{
    const json *mounts = json_get(c->spec, "volumeMounts");
    for (struct json_iter i = json_iter(json_is_array(mounts) ? mounts : NULL); json_next(&i);)
        if (str_eq(json_get_str(i.value, "mountPath"), TOKENS))
            return true;
    return false;
}

bool rules_token_absent(struct run *r, const struct pod *p, const struct container *c, const struct reason_line *line)
{
    /* kubectl, like other clients, tries localhost:8080 where it finds neither configuration nor token. */
    static const char *const lines[] = { TOKENS, "in-cluster config", "KUBERNETES_SERVICE_HOST", "localhost:8080/api" };
    const json *automount = json_get(p->object->spec, "automountServiceAccountToken");
    bool said = false;
    for (size_t i = 0; i < COUNT(lines); i++)
        said |= strcasestr(line->text, lines[i]) != NULL;
    if (!said || has_token(c))
        return false;
    struct finding *f = finding_of_pod(r, "rbac.token-absent", SHOWN, p, c);
    const char *account = json_get_str(p->object->spec, "serviceAccountName");
    finding_setf(r, f, "account", "%s/%s", p->object->namespace_, account ? account : "default");
    finding_set(f, "line", line->text);
    finding_quote_log(r, f, line->log, line->text);
    if (json_is_bool(automount) && !json_bool(automount, true)) {
        finding_set(f, "field", "automountServiceAccountToken");
        finding_quote(r, f, p->object->id, "\"automountServiceAccountToken\":false", 0);
    } else {
        AUTO_FREE char *mounts = json_text(json_get(c->spec, "volumeMounts"), NULL);
        finding_quote(r, f, p->object->id, arena_printf(r->a, "\"volumeMounts\":%.300s", mounts ? mounts : "[]"), 0);
    }
    return true;
}
