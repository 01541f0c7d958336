#include "diagnose/netpol.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/endpoints.h"
#include "diagnose/labels.h"

/* One direction of one connection. */
struct path {
    const struct run *r;
    const struct pod *bound;         /* the Pod that policies select              */
    const struct pod *peer;          /* the other one, NULL: not in the cluster   */
    const char *type, *rules, *side; /* "Egress", "egress", "to"; or Ingress      */
    const char *ports[2];            /* of Service and Pod; NULL: not known       */
};

static bool governs(const struct object *policy, const struct path *path)
{
    const json *types = json_get(policy->spec, "policyTypes");
    bool named = json_count(types) == 0 && (strcmp(path->type, "Ingress") == 0 || json_get(policy->spec, path->rules));
    for (struct json_iter i = json_iter(json_is_array(types) ? types : NULL); json_next(&i);)
        named |= str_eq(json_str(i.value), path->type);
    return named && labels_selected(path->bound->labels, json_get(policy->spec, "podSelector"));
}

static bool is_peer(const struct path *path, const struct object *policy, const json *who)
{
    const json *pods = json_get(who, "podSelector"), *spaces = json_get(who, "namespaceSelector");
    if (json_get(who, "ipBlock") || !path->peer)
        return json_get(who, "ipBlock") != NULL;
    if (spaces) {
        const struct object *space = facts_find(path->r->f, "namespace", "", path->peer->object->namespace_);
        if (!space)
            return true; /* its labels are not known */
        if (!labels_selected(json_get(space->meta, "labels"), spaces))
            return false;
    } else if (strcmp(path->peer->object->namespace_, policy->namespace_) != 0) {
        return false;
    }
    return labels_selected(path->peer->labels, pods);
}

static bool has_port(const struct path *path, const json *ports)
{
    if (json_count(ports) == 0 || !path->ports[0])
        return true;
    for (struct json_iter i = json_iter(json_is_array(ports) ? ports : NULL); json_next(&i);) {
        const json *port = json_get(i.value, "port");
        int64_t first = json_int(port, 0), last = json_get_int(i.value, "endPort", first);
        if (!json_is_number(port))
            return true; /* all ports, or one by name */
        for (size_t k = 0; k < COUNT(path->ports); k++) {
            long one = path->ports[k] ? strtol(path->ports[k], NULL, 10) : -1;
            if (one >= first && one <= last)
                return true;
        }
    }
    return false;
}

static bool allows(const struct object *policy, const struct path *path)
{
    const json *rules = json_get(policy->spec, path->rules);
    for (struct json_iter i = json_iter(json_is_array(rules) ? rules : NULL); json_next(&i);) {
        const json *peers = json_get(i.value, path->side);
        bool peer = json_count(peers) == 0;
        for (struct json_iter k = json_iter(json_is_array(peers) ? peers : NULL); json_next(&k);)
            peer |= is_peer(path, policy, k.value);
        if (peer && has_port(path, json_get(i.value, "ports")))
            return true;
    }
    return false;
}

/* Policies add up: what one of them allows is allowed. */
static const struct object *blocking(const struct path *path)
{
    const struct object *first = NULL;
    struct objects all = facts_in(path->r->f, "networkpolicy", path->bound->object->namespace_);
    for (size_t i = 0; i < all.count; i++) {
        if (!governs(&all.items[i], path))
            continue;
        if (allows(&all.items[i], path))
            return NULL;
        first = first ? first : &all.items[i];
    }
    return first;
}

static const struct pod *behind(const struct run *r, const struct object *service)
{
    struct objects all = facts_in(r->f, "pod", service->namespace_);
    for (size_t i = 0; i < all.count; i++)
        if (endpoints_selects(service, run_pod(r, all.items[i].id)))
            return run_pod(r, all.items[i].id);
    return NULL;
}

static const char *target_port(const struct run *r, const struct object *service, const char *port)
{
    const json *ports = json_get(service->spec, "ports");
    for (struct json_iter i = json_iter(json_is_array(ports) ? ports : NULL); json_next(&i);) {
        const json *target = json_get(i.value, "targetPort");
        if (json_get_int(i.value, "port", 0) == strtol(port, NULL, 10) && json_is_number(target))
            return arena_printf(r->a, "%lld", (long long)json_int(target, 0));
    }
    return NULL;
}

const struct object *netpol_blocking(const struct run *r, const struct pod *from, const struct object *service,
                                     const char *port)
{
    const struct pod *to = service ? behind(r, service) : NULL;
    if (service && !to)
        return NULL;
    struct path out = { .r = r, .bound = from, .peer = to, .type = "Egress", .rules = "egress", .side = "to" };
    out.ports[0] = *port ? port : NULL;
    out.ports[1] = service && *port ? target_port(r, service, port) : NULL;
    const struct object *policy = blocking(&out);
    if (policy || !to)
        return policy;
    struct path in = out;
    in.bound = to;
    in.peer = from;
    in.type = "Ingress";
    in.rules = "ingress";
    in.side = "from";
    return blocking(&in);
}

const struct object *netpol_blocking_dns(const struct run *r, const struct pod *from)
{
    const struct object *dns = facts_find(r->f, "service", "kube-system", "kube-dns");
    struct path out = {
        .r = r, .bound = from, .peer = dns ? behind(r, dns) : NULL, .type = "Egress", .rules = "egress", .side = "to"
    };
    out.ports[0] = "53";
    return out.peer ? blocking(&out) : NULL;
}
