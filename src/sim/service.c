#include "sim/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/node.h"
#include "sim/oracle.h"
#include "sim/pod.h"
#include "sim/stamp.h"

#define LOOK_MS  30
#define DOUBT_MS 1500 /* a selector may come before its pods */

static void write_address(struct json_w *j, int number)
{
    char ip[20];
    snprintf(ip, sizeof ip, "10.96.%d.%d", number >> 8 & 0xff, number & 0xff);
    json_w_str(j, "clusterIP", ip);
    json_w_array(j, "clusterIPs");
    json_w_str(j, NULL, ip);
    json_w_end(j);
}

static void write_spec(struct json_w *j, const struct service *s)
{
    json_w_object(j, "spec");
    json_w_array(j, "ports");
    json_w_object(j, NULL);
    json_w_str(j, "protocol", "TCP");
    json_w_int(j, "port", s->port);
    json_w_int(j, "targetPort", s->target);
    json_w_end(j);
    json_w_end(j);
    if (s->selector.name) {
        json_w_object(j, "selector");
        json_w_str(j, s->selector.name, s->selector.value);
        json_w_end(j);
    }
    write_address(j, s->cluster_ip);
    json_w_str(j, "type", "ClusterIP");
    json_w_str(j, "sessionAffinity", "None");
    stamp_json(j, "ipFamilies", "[\"IPv4\"]");
    json_w_str(j, "ipFamilyPolicy", "SingleStack");
    json_w_str(j, "internalTrafficPolicy", "Cluster");
    json_w_end(j);
}

static void publish(struct service *s)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = s->object });
    json_w_end(j);
    write_spec(j, s);
    stamp_json(j, "status", "{\"loadBalancer\":{}}");
    json_w_end(j);
    world_store(s->world, s->object, j);
}

static const char *label_of(const struct pod *p, const char *key)
{
    const struct plan *plan = &p->template->plan;
    if (str_eq(key, "app"))
        return p->app;
    for (size_t i = 0; i < plan->n_labels; i++)
        if (str_eq(plan->labels[i].name, key))
            return plan->labels[i].value;
    return NULL;
}

static bool selects(const struct service *s, const struct pod *p)
{
    const char *value = label_of(p, s->selector.name);
    return p->ip > 0 && !pod_over(p) && str_eq(p->object->namespace, s->object->namespace) && value &&
           str_eq(value, s->selector.value);
}

static void write_endpoint(struct json_w *j, const struct pod *p)
{
    char ip[20];
    pod_ip(p, ip);
    bool ready = pod_ready(p);
    json_w_object(j, NULL);
    json_w_array(j, "addresses");
    json_w_str(j, NULL, ip);
    json_w_end(j);
    json_w_object(j, "conditions");
    json_w_bool(j, "ready", ready);
    json_w_bool(j, "serving", ready);
    json_w_bool(j, "terminating", p->deleted_ms > 0);
    json_w_end(j);
    json_w_object(j, "targetRef");
    json_w_str(j, "kind", "Pod");
    json_w_str(j, "namespace", p->object->namespace);
    json_w_str(j, "name", p->object->name);
    json_w_str(j, "uid", p->object->uid);
    json_w_end(j);
    json_w_str(j, "nodeName", p->node->name);
    json_w_end(j);
}

static void write_endpoints(struct json_w *j, const struct service *s)
{
    bool any = false;
    for (const struct pod *p = s->world->pods; p; p = p->next) {
        if (!selects(s, p))
            continue;
        if (!any)
            json_w_array(j, "endpoints");
        any = true;
        write_endpoint(j, p);
    }
    if (!any) { /* null, as the real one writes it */
        json_w_null(j, "endpoints");
        json_w_null(j, "ports");
        return;
    }
    json_w_end(j);
    json_w_array(j, "ports");
    json_w_object(j, NULL);
    json_w_str(j, "name", "");
    json_w_str(j, "protocol", "TCP");
    json_w_int(j, "port", s->target);
    json_w_end(j);
    json_w_end(j);
}

static void on_look(void *arg)
{
    struct service *s = arg;
    AUTO_FREE char *generate = str_printf("%s-", s->object->name);
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = s->slice, .generate_name = generate, .generation = 1 });
    json_w_object(j, "labels");
    json_w_str(j, "endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io");
    json_w_str(j, "kubernetes.io/service-name", s->object->name);
    json_w_end(j);
    world_write_owner(j, &(struct owner){ .kind = KIND_SERVICE, .name = s->object->name, .uid = s->object->uid });
    json_w_end(j);
    json_w_str(j, "addressType", "IPv4");
    write_endpoints(j, s);
    json_w_end(j);
    world_store(s->world, s->slice, j);
}

static void on_doubt(void *arg)
{
    struct service *s = arg;
    for (const struct pod *p = s->world->pods; p; p = p->next) {
        const char *value = label_of(p, s->selector.name);
        if (str_eq(p->object->namespace, s->object->namespace) && value && str_eq(value, s->selector.value))
            return;
    }
    AUTO_FREE char *object = str_printf("service/%s/%s", s->object->namespace, s->object->name);
    if (!s->told)
        oracle_failure(s->world->oracle, "svc.selector", object, NULL, s->world->now_ms);
    s->told = true;
}

struct service *service_find(const struct world *w, const char *namespace, const char *name)
{
    struct service *s = w->services;
    while (s && !(str_eq(s->object->namespace, namespace) && str_eq(s->object->name, name)))
        s = s->next;
    return s;
}

struct service *service_make(struct world *w, const char *namespace, const char *name, const struct plan_pair *selector,
                             int target)
{
    struct service *s = service_find(w, namespace, name);
    if (!s) {
        world_namespace(w, namespace);
        s = ARENA_NEW(&w->arena, struct service);
        char suffix[6];
        stamp_suffix(suffix, 5, &w->dice);
        AUTO_FREE char *slice = str_printf("%s-%s", name, suffix);
        *s = (struct service){
            .next = w->services, .world = w, .port = 80, .cluster_ip = (int)(world_roll(w) % 60000 + 300)
        };
        s->object = history_object(w->history, KIND_SERVICE, namespace, name, w->now_ms);
        s->slice = history_object(w->history, KIND_ENDPOINT_SLICE, namespace, slice, w->now_ms);
        w->services = s;
    }
    if (selector)
        s->selector = *selector;
    s->target = target;
    publish(s);
    s->told = false;
    world_after(w, &s->look, LOOK_MS, on_look, s);
    if (s->selector.name)
        world_after(w, &s->doubt, DOUBT_MS, on_doubt, s);
    return s;
}

void service_delete(struct service *s)
{
    struct service **link = &s->world->services;
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    agenda_clear(&s->world->agenda, &s->look);
    agenda_clear(&s->world->agenda, &s->doubt);
    history_delete(s->world->history, s->object);
    if (s->slice->newest)
        history_delete(s->world->history, s->slice);
}

void service_pods_changed(struct world *w)
{
    for (struct service *s = w->services; s; s = s->next)
        if (!s->look.place && s->selector.name)
            world_after(w, &s->look, LOOK_MS, on_look, s);
}

void service_kubernetes(struct world *w)
{
    struct service *s = ARENA_NEW(&w->arena, struct service);
    *s = (struct service){ .world = w, .port = 443, .target = 6443, .cluster_ip = 1 };
    s->object = history_object(w->history, KIND_SERVICE, "default", "kubernetes", w->now_ms);
    publish(s);
    s->slice = history_object(w->history, KIND_ENDPOINT_SLICE, "default", "kubernetes", w->now_ms);
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = s->slice, .generation = 1 });
    stamp_json(j, "labels", "{\"kubernetes.io/service-name\":\"kubernetes\"}");
    json_w_end(j);
    json_w_str(j, "addressType", "IPv4");
    stamp_json(j, "endpoints", "[{\"addresses\":[\"10.0.0.1\"],\"conditions\":{\"ready\":true}}]");
    stamp_json(j, "ports", "[{\"name\":\"https\",\"protocol\":\"TCP\",\"port\":6443}]");
    json_w_end(j);
    world_store(w, s->slice, j);
}
