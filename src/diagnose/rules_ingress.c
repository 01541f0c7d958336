/* Ingresses that nobody serves, or that lead nowhere. */
#include "diagnose/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/endpoints.h"

static void class_missing(struct run *r, const struct object *o)
{
    const char *class_ = json_get_str(o->spec, "ingressClassName");
    if (!facts_name_is_sound(class_) || facts_presence(r->f, "ingressclass", "", class_) != ABSENT)
        return;
    struct finding *f = finding_new(r, "ingress.class-missing", SHOWN, o->id, NULL);
    finding_set(f, "class", class_);
    finding_set(f, "nearest", facts_nearest(r->f, "ingressclass", "", class_));
    finding_quote(r, f, o->id, arena_printf(r->a, "\"ingressClassName\":\"%s\"", class_), 0);
    finding_quote(r, f, facts_id(r->a, "ingressclass", "", class_), "not found", 0);
}

/* Does the Service have that port, by number or name?  A backend without a port names no port. */
static bool has_port(const struct object *service, const json *port)
{
    const char *name = json_get_str(port, "name");
    int64_t number = json_get_int(port, "number", 0);
    const json *ports = json_get(service->spec, "ports");
    for (struct json_iter i = json_iter(json_is_array(ports) ? ports : NULL); json_next(&i);)
        if (name ? str_eq(json_get_str(i.value, "name"), name) : json_get_int(i.value, "port", 0) == number)
            return true;
    return !name && number == 0;
}

/* The Service is there and nobody answers for it: told beside what is wrong with the Service; one that is meant to have nobody is no fault. */
static void nobody_behind(struct run *r, const struct object *o, const struct object *service, const char *path)
{
    if (endpoints_ready(r, service) != 0)
        return;
    struct finding *f = finding_new(r, "ingress.backend-down", SHOWN, o->id, NULL);
    f->minor = true;
    finding_setf(r, f, "service", "%s/%s", service->namespace_, service->name);
    finding_set(f, "path", path);
    finding_depends(f, service->id);
    finding_quote(r, f, service->id, "0 ready endpoints", 0);
}

static void check_backend(struct run *r, const struct object *o, const json *backend, const char *path)
{
    const json *ref = json_get(backend, "service"), *port = json_get(ref, "port");
    const char *name = json_get_str(ref, "name");
    if (!facts_name_is_sound(name))
        return;
    enum presence there = facts_presence(r->f, "service", o->namespace_, name);
    const struct object *service = facts_find(r->f, "service", o->namespace_, name);
    if (service && has_port(service, port)) {
        nobody_behind(r, o, service, path);
        return;
    }
    if (there == UNKNOWN)
        return;
    struct finding *f = finding_new(r, "ingress.backend-missing", SHOWN, o->id, NULL);
    const char *id = facts_id(r->a, "service", o->namespace_, name);
    finding_setf(r, f, "service", "%s/%s", o->namespace_, name);
    finding_set(f, "path", path);
    finding_depends(f, id);
    if (service && json_get_str(port, "name"))
        finding_set(f, "port", json_get_str(port, "name"));
    else if (!service)
        finding_setf(r, f, "missing", "%s/%s", o->namespace_, name);
    else
        finding_setf(r, f, "port", "%lld", (long long)json_get_int(port, "number", 0));
    AUTO_FREE char *text = json_text(backend, NULL);
    finding_quote(r, f, o->id, text, 0);
    AUTO_FREE char *ports = service ? json_text(json_get(service->spec, "ports"), NULL) : NULL;
    finding_quote(r, f, id, service ? ports : "not found", 0);
}

static void check_rules(struct run *r, const struct object *o)
{
    const json *rules = json_get(o->spec, "rules");
    for (struct json_iter i = json_iter(json_is_array(rules) ? rules : NULL); json_next(&i);) {
        const json *paths = json_at(i.value, "http.paths");
        const char *host = str_or_empty(json_get_str(i.value, "host"));
        for (struct json_iter k = json_iter(json_is_array(paths) ? paths : NULL); json_next(&k);)
            check_backend(r, o, json_get(k.value, "backend"),
                          arena_printf(r->a, "%.120s%.120s", host, str_or_empty(json_get_str(k.value, "path"))));
    }
    check_backend(r, o, json_get(o->spec, "defaultBackend"), NULL);
}

static void check_certificates(struct run *r, const struct object *o)
{
    const json *list = json_get(o->spec, "tls");
    for (struct json_iter i = json_iter(json_is_array(list) ? list : NULL); json_next(&i);) {
        const char *name = json_get_str(i.value, "secretName");
        if (!facts_name_is_sound(name) || facts_presence(r->f, "secret", o->namespace_, name) != ABSENT)
            continue;
        struct finding *f = finding_new(r, "ingress.tls-missing", SHOWN, o->id, NULL);
        finding_set_ref(r, f, "secret", o->namespace_, name);
        finding_set(f, "host", json_str(json_at(i.value, "hosts.0")));
        AUTO_FREE char *text = json_text(i.value, NULL);
        finding_quote(r, f, o->id, text, 0);
        finding_quote(r, f, facts_id(r->a, "secret", o->namespace_, name), "not found", 0);
        return;
    }
}

void rules_ingress(struct run *r, const struct object *o)
{
    class_missing(r, o);
    check_rules(r, o);
    check_certificates(r, o);
}
