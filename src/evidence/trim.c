#include "evidence/trim.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "evidence/redact.h"

#define REDACTED "[redacted:setting]"

struct trim {
    struct json_w *w;
    struct buf text; /* room for the redaction of one string */
    int64_t redactions;
};

static void copy_value(struct trim *t, const char *key, const json *value);

/* Members of what ought to be an object; nothing else has any. */
static struct json_iter members(const json *object)
{
    return json_iter(json_is_object(object) ? object : NULL);
}

static bool is_one_of(const char *key, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(key, keys[i]))
            return true;
    return false;
}

/* Names by which objects find each other: they are compared, so they stay letter for letter. */
static bool is_identity(const char *key)
{
    static const char *const keys[] = { "labels",       "matchLabels",     "selector",
                                        "nodeSelector", "ownerReferences", "finalizers" };
    return is_one_of(key, keys, COUNT(keys));
}

static void copy_secret(struct trim *t, const char *key)
{
    json_w_str(t->w, key, REDACTED);
    t->redactions++;
}

static void copy_text(struct trim *t, const char *key, const json *value)
{
    const char *text = json_str(value);
    size_t size = json_str_size(value);
    if (key && size && redact_name_is_secret(key)) {
        copy_secret(t, key);
        return;
    }
    buf_reset(&t->text);
    t->redactions += redact_text(&t->text, text, size);
    json_w_strn(t->w, key, buf_text(&t->text), t->text.size);
}

/* {name, value}: an environment variable, a header of a probe. */
static bool has_secret_value(const json *object)
{
    const char *value = json_get_str(object, "value");
    return value && *value && redact_name_is_secret(json_get_str(object, "name"));
}

static void copy_members(struct trim *t, const json *object)
{
    bool secret = has_secret_value(object);
    for (struct json_iter i = members(object); json_next(&i);) {
        if (secret && !strcmp(i.key, "value"))
            copy_secret(t, i.key);
        else
            copy_value(t, i.key, i.value);
    }
}

static void copy_value(struct trim *t, const char *key, const json *value)
{
    if (is_identity(key)) {
        json_w_copy(t->w, key, value);
    } else if (json_is_string(value)) {
        copy_text(t, key, value);
    } else if (json_is_object(value)) {
        json_w_object(t->w, key);
        copy_members(t, value);
        json_w_end(t->w);
    } else if (json_is_array(value)) {
        json_w_array(t->w, key);
        for (struct json_iter i = json_iter(value); json_next(&i);)
            copy_value(t, NULL, i.value);
        json_w_end(t->w);
    } else {
        json_w_copy(t->w, key, value);
    }
}

static void copy_annotations(struct trim *t, const json *annotations)
{
    json_w_object(t->w, "annotations");
    for (struct json_iter i = members(annotations); json_next(&i);)
        if (strcmp(i.key, "kubectl.kubernetes.io/last-applied-configuration") &&
            json_str_size(i.value) <= TRIM_ANNOTATION_MAX)
            copy_value(t, i.key, i.value);
    json_w_end(t->w);
}

static void copy_metadata(struct trim *t, const json *metadata)
{
    json_w_object(t->w, "metadata");
    for (struct json_iter i = members(metadata); json_next(&i);) {
        if (!strcmp(i.key, "annotations"))
            copy_annotations(t, i.value);
        else if (strcmp(i.key, "managedFields") && strcmp(i.key, "selfLink"))
            json_w_copy(t->w, i.key, i.value);
    }
    json_w_end(t->w);
}

/* --- kinds of their own ----------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void copy_config_map(struct trim *t, const json *object)
{
    const json *data = json_get(object, "data"), *binary = json_get(object, "binaryData");
    size_t count = 0;
    const char **keys = mem_alloc((json_count(data) + json_count(binary) + 1) * sizeof *keys);
    for (struct json_iter i = members(data); json_next(&i);)
        keys[count++] = i.key;
    for (struct json_iter i = members(binary); json_next(&i);)
        keys[count++] = i.key;
    qsort(keys, count, sizeof *keys, by_text);
    json_w_array(t->w, "keys");
    for (size_t i = 0; i < count; i++)
        json_w_str(t->w, NULL, keys[i]);
    json_w_end(t->w);
    free(keys);
}

static void copy_node(struct trim *t, const json *object)
{
    copy_value(t, "spec", json_get(object, "spec"));
    json_w_object(t->w, "status");
    for (struct json_iter i = members(json_get(object, "status")); json_next(&i);)
        if (strcmp(i.key, "images"))
            copy_value(t, i.key, i.value);
    json_w_end(t->w);
}

/* Those that are not ready first: they are what one looks for. */
static void copy_endpoints(struct trim *t, const json *object)
{
    const json *endpoints = json_get(object, "endpoints");
    size_t left = TRIM_ENDPOINTS_MAX;
    json_w_array(t->w, "endpoints");
    for (int ready = 0; ready < 2; ready++)
        for (struct json_iter i = json_iter(endpoints); left && json_next(&i);)
            if (json_bool(json_at(i.value, "conditions.ready"), true) == (ready == 1)) {
                json_w_copy(t->w, NULL, i.value);
                left--;
            }
    json_w_end(t->w);
    json_w_int(t->w, "endpointsTotal", (int64_t)json_count(endpoints));
    json_w_copy(t->w, "ports", json_get(object, "ports"));
    json_w_copy(t->w, "addressType", json_get(object, "addressType"));
}

static void copy_secret_object(struct trim *t, const json *object)
{
    json_w_copy(t->w, "type", json_get(object, "type"));
    json_w_copy(t->w, "immutable", json_get(object, "immutable"));
}

static const struct special {
    const char *kind, *member; /* only when the object has this member: metadata alone has none */
    void (*copy)(struct trim *t, const json *object);
} specials[] = {
    { "ConfigMap", NULL, copy_config_map },
    { "Secret", NULL, copy_secret_object },
    { "Node", "status", copy_node },
    { "EndpointSlice", "endpoints", copy_endpoints },
};

static bool is_metadata_only(const json *object)
{
    return str_eq(json_get_str(object, "kind"), "PartialObjectMetadata");
}

static void copy_body(struct trim *t, const char *kind, const json *object)
{
    for (size_t i = 0; i < COUNT(specials); i++) {
        if (!str_eq(kind, specials[i].kind) || (specials[i].member && !json_get(object, specials[i].member)))
            continue;
        if (!is_metadata_only(object))
            specials[i].copy(t, object);
        return;
    }
    for (struct json_iter i = members(object); json_next(&i);)
        if (strcmp(i.key, "kind") && strcmp(i.key, "apiVersion") && strcmp(i.key, "metadata"))
            copy_value(t, i.key, i.value);
}

char *trim_object(const struct kube_kind *kind, const json *object, size_t *size, int64_t *redactions)
{
    struct trim t = { .w = json_w_new() };
    const char *name = kind ? kind->kind : str_or_empty(json_get_str(object, "kind"));
    json_w_object(t.w, NULL);
    json_w_str(t.w, "kind", name);
    if (kind) {
        AUTO_FREE char *version =
            *kind->group ? str_printf("%s/%s", kind->group, kind->version) : str_dup(kind->version);
        json_w_str(t.w, "apiVersion", version);
    } else {
        json_w_str(t.w, "apiVersion", json_get_str(object, "apiVersion"));
    }
    copy_metadata(&t, json_get(object, "metadata"));
    copy_body(&t, name, object);
    json_w_end(t.w);
    *redactions += t.redactions;
    buf_fini(&t.text);
    char *text = json_w_take(t.w, size);
    json_w_free(t.w);
    return text;
}
