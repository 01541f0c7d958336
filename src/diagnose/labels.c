#include "diagnose/labels.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define SHOWN_MAX 8 /* pairs or expressions in a text */

bool labels_match(const json *labels, const json *map)
{
    for (struct json_iter i = json_iter(json_is_object(map) ? map : NULL); json_next(&i);) {
        const char *value = json_get_str(labels, i.key);
        if (!value || !str_eq(value, json_str(i.value)))
            return false;
    }
    return true;
}

static bool among(const json *values, const char *value)
{
    for (struct json_iter i = json_iter(json_is_array(values) ? values : NULL); json_next(&i);)
        if (str_eq(json_str(i.value), value))
            return true;
    return false;
}

static bool greater(const json *values, const char *value, int sign)
{
    const char *bound = json_str(json_at(values, "0"));
    return bound && value && (strtol(value, NULL, 10) - strtol(bound, NULL, 10)) * sign > 0;
}

/* One requirement of a selector: key, operator, values.  What is unknown matches nothing. */
static bool fits(const char *value, const json *expression)
{
    const char *op = str_or_empty(json_get_str(expression, "operator"));
    const json *values = json_get(expression, "values");
    switch (op[0]) {
    case 'I': return value && among(values, value);   /* In           */
    case 'N': return !value || !among(values, value); /* NotIn        */
    case 'E': return value != NULL;                   /* Exists       */
    case 'D': return value == NULL;                   /* DoesNotExist */
    case 'G': return greater(values, value, 1);       /* Gt           */
    case 'L': return greater(values, value, -1);      /* Lt           */
    default: return false;
    }
}

static bool all_fit(const json *labels, const json *expressions)
{
    for (struct json_iter i = json_iter(json_is_array(expressions) ? expressions : NULL); json_next(&i);) {
        const char *key = json_get_str(i.value, "key");
        if (!key || !fits(json_get_str(labels, key), i.value))
            return false;
    }
    return true;
}

bool labels_selected(const json *labels, const json *selector)
{
    return labels_match(labels, json_get(selector, "matchLabels")) &&
           all_fit(labels, json_get(selector, "matchExpressions"));
}

bool labels_node_term(const json *labels, const char *node, const json *term)
{
    const json *expressions = json_get(term, "matchExpressions"), *fields = json_get(term, "matchFields");
    if (json_count(expressions) == 0 && json_count(fields) == 0)
        return false;
    for (struct json_iter i = json_iter(json_is_array(fields) ? fields : NULL); json_next(&i);)
        if (!fits(str_eq(json_get_str(i.value, "key"), "metadata.name") ? node : NULL, i.value))
            return false;
    return all_fit(labels, expressions);
}

bool labels_node_affinity(const json *labels, const char *node, const json *pod_spec)
{
    const json *terms =
        json_at(pod_spec, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
    if (!json_is_array(terms))
        return true;
    for (struct json_iter i = json_iter(terms); json_next(&i);)
        if (labels_node_term(labels, node, i.value))
            return true;
    return false;
}

bool labels_tolerated(const json *tolerations, const json *taint)
{
    const char *key = str_or_empty(json_get_str(taint, "key")), *value = str_or_empty(json_get_str(taint, "value"));
    const char *effect = json_get_str(taint, "effect");
    for (struct json_iter i = json_iter(json_is_array(tolerations) ? tolerations : NULL); json_next(&i);) {
        const char *t_key = str_or_empty(json_get_str(i.value, "key"));
        const char *t_effect = str_or_empty(json_get_str(i.value, "effect"));
        bool exists = str_eq(json_get_str(i.value, "operator"), "Exists");
        if (*t_effect && !str_eq(t_effect, effect))
            continue;
        if (*t_key ? strcmp(t_key, key) != 0 : !exists)
            continue;
        if (exists || strcmp(str_or_empty(json_get_str(i.value, "value")), value) == 0)
            return true;
    }
    return false;
}

const char *labels_taint(struct arena *a, const json *taint)
{
    const char *value = json_get_str(taint, "value"), *effect = json_get_str(taint, "effect");
    return arena_printf(a, "%s%s%s%s%s", str_or_empty(json_get_str(taint, "key")), value && *value ? "=" : "",
                        str_or_empty(value), effect && *effect ? ":" : "", str_or_empty(effect));
}

const char *labels_text(struct arena *a, const json *map)
{
    const char *text = "";
    size_t shown = 0;
    for (struct json_iter i = json_iter(json_is_object(map) ? map : NULL); json_next(&i) && shown < SHOWN_MAX; shown++)
        text = arena_printf(a, "%s%s%.64s=%.64s", text, shown ? "," : "", i.key, str_or_empty(json_str(i.value)));
    return text;
}

static const char *values_text(struct arena *a, const json *values)
{
    const char *text = "";
    size_t shown = 0;
    for (struct json_iter i = json_iter(json_is_array(values) ? values : NULL); json_next(&i) && shown < SHOWN_MAX;
         shown++)
        text = arena_printf(a, "%s%s%.64s", text, shown ? "," : "", str_or_empty(json_str(i.value)));
    return text;
}

const char *labels_expressions(struct arena *a, const json *expressions)
{
    const char *text = "";
    size_t shown = 0;
    for (struct json_iter i = json_iter(json_is_array(expressions) ? expressions : NULL);
         json_next(&i) && shown < SHOWN_MAX; shown++) {
        const char *values = values_text(a, json_get(i.value, "values"));
        text = arena_printf(a, "%s%s%.64s %.16s%s%s%s", text, shown ? ", " : "",
                            str_or_empty(json_get_str(i.value, "key")), str_or_empty(json_get_str(i.value, "operator")),
                            *values ? " (" : "", values, *values ? ")" : "");
    }
    return text;
}
