/* What stands behind a host name: a Service of the cluster, there or not, with endpoints or without. */
#include "diagnose/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/endpoints.h"

#define CLUSTER_DOMAIN ".svc.cluster.local"

static bool is_address(const char *name)
{
    return strspn(name, "0123456789.") == strlen(name);
}

static const char *by_address(struct run *r, const char *address)
{
    struct objects services = facts_kind(r->f, "service");
    for (size_t i = 0; i < services.count; i++)
        if (str_eq(json_get_str(services.items[i].spec, "clusterIP"), address))
            return services.items[i].id;
    return NULL;
}

static bool is_namespace(const struct run *r, const char *name)
{
    return facts_find(r->f, "namespace", "", name) || facts_in(r->f, "service", name).count > 0 ||
           facts_in(r->f, "pod", name).count > 0;
}

const char *rules_service_of(struct run *r, const char *namespace_, const struct host *host, enum presence *presence)
{
    *presence = UNKNOWN;
    if (is_address(host->name)) {
        const char *id = by_address(r, host->name);
        *presence = id ? PRESENT : UNKNOWN;
        return id;
    }
    if (strcmp(host->name, "localhost") == 0)
        return NULL;
    /* service, service.namespace, service.namespace.svc[.cluster.local] */
    char *name = arena_strdup(r->a, host->name);
    char *dot = strchr(name, '.');
    const char *where = namespace_;
    if (dot) {
        *dot = '\0';
        char *end = strchr(dot + 1, '.');
        bool inside = end && (strcmp(end, ".svc") == 0 || str_starts(end, CLUSTER_DOMAIN) || str_starts(end, ".svc."));
        if (end)
            *end = '\0';
        where = dot + 1;
        if (!inside && !(end == NULL && is_namespace(r, where)))
            return NULL;
    }
    if (!str_is_dns_label(name) || !str_is_dns_label(where))
        return NULL;
    *presence = facts_presence(r->f, "service", where, name);
    return facts_id(r->a, "service", where, name);
}

static bool offers(const struct object *service, const char *port)
{
    const json *ports = json_get(service->spec, "ports");
    for (struct json_iter i = json_iter(json_is_array(ports) ? ports : NULL); json_next(&i);) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)json_get_int(i.value, "port", 0));
        if (strcmp(text, port) == 0)
            return true;
    }
    return false;
}

static const char *first_port(struct run *r, const struct object *service)
{
    int64_t port = json_int(json_at(service->spec, "ports.0.port"), 0);
    return port > 0 ? arena_printf(r->a, "%lld", (long long)port) : NULL;
}

void rules_name_target(struct run *r, struct finding *f, const char *namespace_, const struct host *host)
{
    enum presence presence;
    const char *id = rules_service_of(r, namespace_, host, &presence), *text = extract_host_text(r->a, host);
    finding_set(f, "host", text);
    if (!id)
        return;
    const char *name = id + strlen("service/");
    if (is_address(host->name))
        finding_setf(r, f, "host", "%s (Service %s)", text, name);
    finding_depends(f, id);
    if (presence == ABSENT) {
        finding_set(f, "missing", name);
        const char *slash = strchr(name, '/');
        finding_set(f, "nearest",
                    facts_nearest(r->f, "service", arena_strndup(r->a, name, (size_t)(slash - name)), slash + 1));
        finding_quote(r, f, id, "not found", 0);
        return;
    }
    const struct object *service = facts_get(r->f, id);
    if (!service)
        return;
    const struct catalog_param params[] = { { "service", name } };
    note_add(r, NOTE_SERVICE_THERE, f->subject, params, 1);
    if (*host->port && !offers(service, host->port)) {
        finding_set(f, "service", name);
        finding_set(f, "serves", first_port(r, service));
        AUTO_FREE char *ports = json_text(json_get(service->spec, "ports"), NULL);
        finding_quote(r, f, id, arena_printf(r->a, "\"ports\":%.400s", str_or_empty(ports)), 0);
    }
    long ready = endpoints_ready(r, service);
    if (ready > 0) {
        const struct catalog_param some[] = { { "service", name }, { "count", arena_printf(r->a, "%ld", ready) } };
        note_add(r, NOTE_SERVICE_ENDPOINTS, f->subject, some, 2);
    }
}
