/* Containers whose configuration cannot be put together: ConfigMaps, Secrets and keys that are not there. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"

struct source {
    const char *kind, *name, *key; /* key NULL: the whole object */
    bool optional;
};

struct setup {
    struct run *r;
    const struct pod *p;
    const struct container *c;
    const char *message; /* the kubelet's words, "" when it has said nothing yet */
    const struct event *event;
    const char *wanted; /* the key that is looked for in the spec              */
};

static struct finding *found(struct setup *s, const char *code, enum strength strength)
{
    struct finding *f = finding_of_pod(s->r, code, strength, s->p, s->c);
    finding_set(f, "message", s->message);
    f->since = s->event ? s->event->first : s->p->object->created;
    finding_quote(s->r, f, s->p->object->id, s->c ? s->c->waiting_message : NULL, 0);
    finding_quote_event(s->r, f, s->event);
    return f;
}

static const char *code_for(const char *kind)
{
    return strcmp(kind, "secret") == 0 ? "config.secret-missing" : "config.configmap-missing";
}

static void object_missing(struct setup *s, const char *kind, const char *name, enum strength strength)
{
    const char *namespace_ = s->p->object->namespace_;
    struct finding *f = found(s, code_for(kind), strength);
    const char *id = facts_id(s->r->a, kind, namespace_, name);
    finding_blame(s->r, f, id);
    finding_set_ref(s->r, f, kind, namespace_, name);
    finding_set(f, "nearest", facts_nearest(s->r->f, kind, namespace_, name));
    if (facts_presence(s->r->f, kind, namespace_, name) == ABSENT)
        finding_quote(s->r, f, id, "not found", 0);
    note_victim(s->r, f, NOTE_MOUNTS);
}

/* The key of the object that is written most like the one asked for. */
static const char *nearest_key(const struct object *o, const char *key)
{
    const char *keys[256];
    size_t n = 0;
    const json *list = json_get(o->value, "keys");
    for (struct json_iter i = json_iter(json_is_array(list) ? list : NULL); json_next(&i) && n < COUNT(keys);)
        if (json_is_string(i.value))
            keys[n++] = json_str(i.value);
    return n > 0 ? str_nearest(key, keys, n) : NULL;
}

static void key_missing(struct setup *s, const char *kind, const char *name, const char *key, enum strength strength)
{
    const char *namespace_ = s->p->object->namespace_;
    struct finding *f = found(s, "config.key-missing", strength);
    const char *id = facts_id(s->r->a, kind, namespace_, name);
    finding_blame(s->r, f, id);
    finding_set_ref(s->r, f, kind, namespace_, name);
    finding_set(f, "key", key);
    const struct object *o = facts_get(s->r->f, id);
    if (o && json_is_array(json_get(o->value, "keys"))) {
        finding_set(f, "nearest", nearest_key(o, key));
        AUTO_FREE char *text = json_text(json_get(o->value, "keys"), NULL);
        finding_quote(s->r, f, id, arena_printf(s->r->a, "\"keys\":%s", text), 0);
    }
    note_victim(s->r, f, NOTE_MOUNTS);
}

/* What the spec refers to. */

/* Visits every reference of the container's environment and of the Pod's volumes until one is not satisfied. */
typedef bool visit(struct setup *s, const struct source *source);

static struct source source_of(const json *ref, const char *kind, const char *name_key, const char *key)
{
    return (struct source){ kind, json_get_str(ref, name_key), key, json_get_bool(ref, "optional", false) };
}

static bool visit_env(struct setup *s, const json *container, visit *look)
{
    const json *env = json_get(container, "env"), *from = json_get(container, "envFrom");
    for (struct json_iter i = json_iter(json_is_array(env) ? env : NULL); json_next(&i);) {
        const json *map = json_at(i.value, "valueFrom.configMapKeyRef"),
                   *secret = json_at(i.value, "valueFrom.secretKeyRef");
        const struct source source = map ? source_of(map, "configmap", "name", json_get_str(map, "key"))
                                         : source_of(secret, "secret", "name", json_get_str(secret, "key"));
        if ((map || secret) && look(s, &source))
            return true;
    }
    for (struct json_iter i = json_iter(json_is_array(from) ? from : NULL); json_next(&i);) {
        const json *map = json_get(i.value, "configMapRef"), *secret = json_get(i.value, "secretRef");
        const struct source source =
            map ? source_of(map, "configmap", "name", NULL) : source_of(secret, "secret", "name", NULL);
        if ((map || secret) && look(s, &source))
            return true;
    }
    return false;
}

/* A volume's object, then each key that it takes from it by name. */
static bool visit_volume(struct setup *s, const json *volume, const char *kind, const char *name_key, visit *look)
{
    const struct source whole = source_of(volume, kind, name_key, NULL);
    if (!volume || look(s, &whole))
        return volume != NULL;
    const json *items = json_get(volume, "items");
    for (struct json_iter i = json_iter(json_is_array(items) ? items : NULL); json_next(&i);) {
        struct source one = whole;
        one.key = json_get_str(i.value, "key");
        if (one.key && look(s, &one))
            return true;
    }
    return false;
}

static bool visit_volumes(struct setup *s, visit *look)
{
    const json *volumes = json_get(s->p->object->spec, "volumes");
    for (struct json_iter i = json_iter(json_is_array(volumes) ? volumes : NULL); json_next(&i);) {
        if (visit_volume(s, json_get(i.value, "configMap"), "configmap", "name", look) ||
            visit_volume(s, json_get(i.value, "secret"), "secret", "secretName", look))
            return true;
        const json *sources = json_at(i.value, "projected.sources");
        for (struct json_iter k = json_iter(json_is_array(sources) ? sources : NULL); json_next(&k);)
            if (visit_volume(s, json_get(k.value, "configMap"), "configmap", "name", look) ||
                visit_volume(s, json_get(k.value, "secret"), "secret", "name", look))
                return true;
    }
    return false;
}

static bool has_key(const struct object *o, const char *key)
{
    const json *keys = json_get(o->value, "keys");
    if (!json_is_array(keys))
        return true; /* not known, so not missing */
    for (struct json_iter i = json_iter(keys); json_next(&i);)
        if (str_eq(json_str(i.value), key))
            return true;
    return false;
}

/* The reference is known not to be satisfied. */
static bool find_unsatisfied(struct setup *s, const struct source *source)
{
    const char *namespace_ = s->p->object->namespace_;
    if (source->optional || !facts_name_is_sound(source->name) || strcmp(source->name, "kube-root-ca.crt") == 0)
        return false;
    enum presence there = facts_presence(s->r->f, source->kind, namespace_, source->name);
    if (there == ABSENT) {
        object_missing(s, source->kind, source->name, s->message && *s->message ? STATED : SHOWN);
        return true;
    }
    const struct object *o = facts_find(s->r->f, source->kind, namespace_, source->name);
    if (!o || !source->key || has_key(o, source->key))
        return false;
    key_missing(s, source->kind, source->name, source->key, s->message && *s->message ? STATED : SHOWN);
    return true;
}

/* What the kubelet says. */

static bool says_missing(struct setup *s, const char *word, const char *kind)
{
    const char *name = extract_name(s->r->a, s->message, word);
    if (!name || !strcasestr(s->message, "not found"))
        return false;
    object_missing(s, kind, name, STATED);
    return true;
}

/* "couldn't find key DB_URL in ConfigMap shop/cart-config" */
static bool says_key(struct setup *s)
{
    struct arena *a = s->r->a;
    const char *key = extract_word(a, s->message, "couldn't find key ", "");
    const char *kind = strstr(s->message, " in Secret ") ? "secret" : "configmap";
    const char *place =
        extract_word(a, s->message, strcmp(kind, "secret") == 0 ? " in Secret " : " in ConfigMap ", ":,");
    const char *slash = place ? strchr(place, '/') : NULL;
    if (!key || !slash || !facts_name_is_sound(slash + 1))
        return false;
    key_missing(s, kind, slash + 1, key, STATED);
    return true;
}

/* "references non-existent config key: x" of a volume; whose key it is stands in the spec. */
static bool find_wanted(struct setup *s, const struct source *source)
{
    if (!str_eq(source->key, s->wanted) || !facts_name_is_sound(source->name))
        return false;
    key_missing(s, source->kind, source->name, source->key, STATED);
    return true;
}

static bool says_key_of_volume(struct setup *s)
{
    const char *word = strstr(s->message, "secret key: ") ? "secret key: " : "config key: ";
    s->wanted = strstr(s->message, "references non-existent") ? extract_word(s->r->a, s->message, word, ",;\"") : NULL;
    return s->wanted && visit_volumes(s, find_wanted);
}

static bool says_what_is_missing(struct setup *s)
{
    return says_key(s) || says_key_of_volume(s) || says_missing(s, "configmap", "configmap") ||
           says_missing(s, "secret", "secret");
}

static bool is_nonroot(const char *message)
{
    return strstr(message, "runAsNonRoot") || strstr(message, "non-root");
}

bool rules_config(struct run *r, const struct pod *p, const struct container *c)
{
    if (!c->waiting || strcmp(c->waiting, "CreateContainerConfigError") != 0)
        return false;
    const struct event *ev = facts_event(r->f, p->object->id, "Failed", c->name);
    struct setup s = { .r = r, .p = p, .c = c, .event = ev };
    s.message = *c->waiting_message ? c->waiting_message : ev ? ev->message : "";
    if (s.event && !strstr(s.event->message, s.message))
        s.event = NULL; /* of an earlier trouble */
    if (says_what_is_missing(&s) || visit_env(&s, c->spec, find_unsatisfied))
        return true;
    if (is_nonroot(s.message)) {
        struct finding *f = found(&s, "start.runasnonroot", STATED);
        /* "(pod: "x_shop(uid)", container: c)" is known already */
        const char *tail = strstr(s.message, " (pod: ");
        finding_set(f, "message", tail ? arena_strndup(r->a, s.message, (size_t)(tail - s.message)) : s.message);
        return true;
    }
    found(&s, "config.error", STATED);
    return true;
}

bool rules_config_mount(struct run *r, const struct pod *p, const struct event *ev)
{
    struct setup s = { .r = r, .p = p, .event = ev, .message = ev ? ev->message : "" };
    return (ev && says_what_is_missing(&s)) || visit_volumes(&s, find_unsatisfied);
}
