#include "sim/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypt.h"
#include "base/str.h"

/* The keys live in the object's text alone: it is small, and so there is one truth. */
static struct json_doc *read(const struct object *o)
{
    struct json_doc *doc = o->newest ? json_parse(o->newest->text, o->newest->size, &json_object_limits, NULL) : NULL;
    return doc;
}

static void write_value(struct json_w *j, enum kind kind, const char *key, const char *value)
{
    if (kind != KIND_SECRET) {
        json_w_str(j, key, value);
        return;
    }
    size_t size = strlen(value);
    AUTO_FREE char *encoded = mem_alloc(4 * ((size + 2) / 3) + 1);
    crypt_base64(value, size, encoded);
    json_w_str(j, key, encoded);
}

/* Writes the object anew: its old keys but the one named, then that one if it has a value. */
static void write(struct world *w, struct object *o, const char *key, const char *value)
{
    AUTO_JSON struct json_doc *old = read(o);
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = o });
    json_w_end(j);
    if (o->kind == KIND_SERVICE_ACCOUNT) {
        json_w_end(j);
        world_store(w, o, j);
        return;
    }
    json *data = json_get(json_root(old), "data");
    if (value || json_count(data) > (key && json_get(data, key) ? 1 : 0)) {
        json_w_object(j, "data");
        for (struct json_iter i = json_iter(data); json_next(&i);)
            if (!str_eq(i.key, key))
                json_w_copy(j, i.key, i.value);
        if (value)
            write_value(j, o->kind, key, value);
        json_w_end(j);
    }
    if (o->kind == KIND_SECRET)
        json_w_str(j, "type", "Opaque");
    json_w_end(j);
    world_store(w, o, j);
}

bool config_make(struct world *w, enum kind kind, const char *namespace, const char *name)
{
    if (config_exists(w, kind, namespace, name))
        return false;
    world_namespace(w, namespace);
    write(w, history_object(w->history, kind, namespace, name, w->now_ms), NULL, NULL);
    return true;
}

void config_set(struct world *w, enum kind kind, const char *namespace, const char *name, const char *key,
                const char *value)
{
    config_make(w, kind, namespace, name);
    write(w, history_find(w->history, kind, namespace, name), key, value);
}

void config_unset(struct world *w, enum kind kind, const char *namespace, const char *name, const char *key)
{
    struct object *o = history_find(w->history, kind, namespace, name);
    if (o)
        write(w, o, key, NULL);
}

bool config_delete(struct world *w, enum kind kind, const char *namespace, const char *name)
{
    struct object *o = history_find(w->history, kind, namespace, name);
    if (o)
        history_delete(w->history, o);
    return o != NULL;
}

bool config_exists(const struct world *w, enum kind kind, const char *namespace, const char *name)
{
    return history_find(w->history, kind, namespace, name) != NULL;
}

bool config_has_key(const struct world *w, enum kind kind, const char *namespace, const char *name, const char *key)
{
    const struct object *o = history_find(w->history, kind, namespace, name);
    AUTO_JSON struct json_doc *doc = o ? read(o) : NULL;
    return json_get(json_get(json_root(doc), "data"), key) != NULL;
}

void config_of_namespace(struct world *w, const char *namespace)
{
    config_make(w, KIND_SERVICE_ACCOUNT, namespace, "default");
    config_set(w, KIND_CONFIG_MAP, namespace, "kube-root-ca.crt", "ca.crt",
               "-----BEGIN CERTIFICATE-----\nkubesim\n-----END CERTIFICATE-----\n");
}
