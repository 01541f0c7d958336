#include "evidence/refs.h"

#include <stdlib.h>
#include <string.h>

#include "http/client.h"

static void tell(refs_found found, void *arg, const char *kind, const char *namespace_, const char *name, bool optional)
{
    if (name && *name)
        found(arg, &(struct ref){ kind, str_or_empty(namespace_), name, optional });
}

static bool is_optional(const json *ref)
{
    return json_get_bool(ref, "optional", false);
}

/* --- owners ----------------------------------------------------------------------------------------------------- */

void refs_owners(const json *object, refs_found found, void *arg)
{
    const char *namespace_ = json_at_str(object, "metadata.namespace");
    for (int controller = 1; controller >= 0; controller--)
        for (struct json_iter i = json_iter(json_at(object, "metadata.ownerReferences")); json_next(&i);)
            if (json_get_bool(i.value, "controller", false) == (controller == 1) && json_get_str(i.value, "kind"))
                tell(found, arg, json_get_str(i.value, "kind"), namespace_, json_get_str(i.value, "name"), false);
}

bool refs_owned_by(const json *object, const char *uid)
{
    for (struct json_iter i = json_iter(json_at(object, "metadata.ownerReferences")); json_next(&i);)
        if (uid && str_eq(json_get_str(i.value, "uid"), uid))
            return true;
    return false;
}

/* --- pods ------------------------------------------------------------------------------------------------------- */

struct of_pod {
    refs_found found;
    void *arg;
    const char *namespace_;
};

static void tell_object(const struct of_pod *p, const char *kind, const json *ref, const char *member)
{
    tell(p->found, p->arg, kind, p->namespace_, json_get_str(ref, member), is_optional(ref));
}

static void environment(const struct of_pod *p, const json *container)
{
    for (struct json_iter i = json_iter(json_get(container, "env")); json_next(&i);) {
        tell_object(p, "configmap", json_at(i.value, "valueFrom.configMapKeyRef"), "name");
        tell_object(p, "secret", json_at(i.value, "valueFrom.secretKeyRef"), "name");
    }
    for (struct json_iter i = json_iter(json_get(container, "envFrom")); json_next(&i);) {
        tell_object(p, "configmap", json_get(i.value, "configMapRef"), "name");
        tell_object(p, "secret", json_get(i.value, "secretRef"), "name");
    }
}

/* Every pod has the cluster's CA as a projected ConfigMap: it explains nothing. */
static bool is_root_ca(const json *source)
{
    return str_eq(json_get_str(source, "name"), "kube-root-ca.crt");
}

static void volume(const struct of_pod *p, const json *v, const char *pod_name)
{
    tell_object(p, "configmap", json_get(v, "configMap"), "name");
    tell_object(p, "secret", json_get(v, "secret"), "secretName");
    tell(p->found, p->arg, "persistentvolumeclaim", p->namespace_, json_at_str(v, "persistentVolumeClaim.claimName"),
         false);
    tell_object(p, "secret", json_at(v, "csi.nodePublishSecretRef"), "name");
    if (json_get(v, "ephemeral") && pod_name && json_get_str(v, "name")) {
        AUTO_FREE char *claim = str_printf("%s-%s", pod_name, json_get_str(v, "name"));
        tell(p->found, p->arg, "persistentvolumeclaim", p->namespace_, claim, false);
    }
    for (struct json_iter i = json_iter(json_at(v, "projected.sources")); json_next(&i);) {
        const json *config_map = json_get(i.value, "configMap");
        if (!is_root_ca(config_map))
            tell_object(p, "configmap", config_map, "name");
        tell_object(p, "secret", json_get(i.value, "secret"), "name");
    }
}

void refs_of_pod(const json *pod, refs_found found, void *arg)
{
    static const char *const containers[] = { "initContainers", "containers", "ephemeralContainers" };
    const json *spec = json_get(pod, "spec");
    const char *pod_name = json_at_str(pod, "metadata.name");
    struct of_pod p = { found, arg, json_at_str(pod, "metadata.namespace") };
    tell(found, arg, "serviceaccount", p.namespace_, json_get_str(spec, "serviceAccountName"), false);
    for (size_t list = 0; list < COUNT(containers); list++)
        for (struct json_iter i = json_iter(json_get(spec, containers[list])); json_next(&i);)
            environment(&p, i.value);
    for (struct json_iter i = json_iter(json_get(spec, "volumes")); json_next(&i);)
        volume(&p, i.value, pod_name);
    for (struct json_iter i = json_iter(json_get(spec, "imagePullSecrets")); json_next(&i);)
        tell_object(&p, "secret", i.value, "name");
    tell(found, arg, "priorityclass", "", json_get_str(spec, "priorityClassName"), false);
    tell(found, arg, "runtimeclass", "", json_get_str(spec, "runtimeClassName"), false);
    tell(found, arg, "node", "", json_get_str(spec, "nodeName"), false);
    tell(found, arg, "lease", "kube-node-lease", json_get_str(spec, "nodeName"), false);
}

void refs_of_claim(const json *claim, refs_found found, void *arg)
{
    tell(found, arg, "persistentvolume", "", json_at_str(claim, "spec.volumeName"), false);
    tell(found, arg, "storageclass", "", json_at_str(claim, "spec.storageClassName"), false);
}

void refs_of_ingress(const json *ingress, refs_found found, void *arg)
{
    const json *spec = json_get(ingress, "spec");
    const char *namespace_ = json_at_str(ingress, "metadata.namespace");
    tell(found, arg, "ingressclass", "", json_get_str(spec, "ingressClassName"), false);
    tell(found, arg, "service", namespace_, json_at_str(spec, "defaultBackend.service.name"), false);
    for (struct json_iter i = json_iter(json_get(spec, "tls")); json_next(&i);)
        tell(found, arg, "secret", namespace_, json_get_str(i.value, "secretName"), false);
    for (struct json_iter i = json_iter(json_get(spec, "rules")); json_next(&i);)
        for (struct json_iter j = json_iter(json_at(i.value, "http.paths")); json_next(&j);)
            tell(found, arg, "service", namespace_, json_at_str(j.value, "backend.service.name"), false);
}

void refs_of_webhooks(const json *configuration, refs_found found, void *arg)
{
    for (struct json_iter i = json_iter(json_get(configuration, "webhooks")); json_next(&i);) {
        const json *service = json_at(i.value, "clientConfig.service");
        tell(found, arg, "service", json_get_str(service, "namespace"), json_get_str(service, "name"), false);
    }
}

/* --- selectors -------------------------------------------------------------------------------------------------- */

/* Keys and values of labels: nothing else can be part of a selector, whatever an object says. */
static bool is_label_text(const char *text, bool may_be_empty)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
    return text && (*text || may_be_empty) && strlen(text) <= 317 && strspn(text, allowed) == strlen(text);
}

static bool add_map(struct buf *out, const json *map)
{
    for (struct json_iter i = json_iter(map); json_next(&i);) {
        if (!is_label_text(i.key, false) || !is_label_text(json_str(i.value), true))
            return false;
        buf_printf(out, "%s%s=%s", out->size ? "," : "", i.key, json_str(i.value));
    }
    return true;
}

static const struct operator_text {
    const char *name, *before, *behind; /* around the key */
    bool values;
} operator_texts[] = {
    { "In", "", " in (", true },
    { "NotIn", "", " notin (", true },
    { "Exists", "", "", false },
    { "DoesNotExist", "!", "", false },
};

static bool add_expression(struct buf *out, const json *expression)
{
    const char *key = json_get_str(expression, "key"), *name = json_get_str(expression, "operator");
    for (size_t i = 0; i < COUNT(operator_texts); i++) {
        const struct operator_text *o = &operator_texts[i];
        if (!str_eq(name, o->name) || !is_label_text(key, false))
            continue;
        buf_printf(out, "%s%s%s%s", out->size ? "," : "", o->before, key, o->behind);
        const char *comma = "";
        for (struct json_iter v = json_iter(o->values ? json_get(expression, "values") : NULL); json_next(&v);
             comma = ",") {
            if (!is_label_text(json_str(v.value), true))
                return false;
            buf_printf(out, "%s%s", comma, json_str(v.value));
        }
        if (o->values)
            buf_char(out, ')');
        return true;
    }
    return false;
}

bool refs_selector_query(const json *selector, struct buf *out)
{
    AUTO_BUF struct buf text = { 0 };
    bool plain = !json_get(selector, "matchLabels") && !json_get(selector, "matchExpressions");
    if (!add_map(&text, plain ? selector : json_get(selector, "matchLabels")))
        return false;
    for (struct json_iter i = json_iter(json_get(selector, "matchExpressions")); json_next(&i);)
        if (!add_expression(&text, i.value))
            return false;
    if (!text.size)
        return false;
    AUTO_FREE char *escaped = http_escape(buf_text(&text));
    buf_printf(out, "labelSelector=%s", escaped);
    return true;
}

bool refs_selects(const json *map, const json *object, size_t *some)
{
    const json *labels = json_at(object, "metadata.labels");
    size_t equal = 0;
    for (struct json_iter i = json_iter(json_is_object(map) ? map : NULL); json_next(&i);)
        equal += json_str(i.value) && str_eq(json_get_str(labels, i.key), json_str(i.value));
    if (some)
        *some = equal;
    return equal && equal == json_count(map);
}
