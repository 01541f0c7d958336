/* On to what others say they cannot reach: when all else is read, the Services of the namespace that have nobody behind them and that a
 * log or a variable names, and those of which a log says that they refuse, are followed to their Pods and to what makes them.  A cause is
 * often there and not where it shows. */
#include "evidence/scope_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define FOLLOWED_MOST 3    /* Services, in one go                            */
#define LINE_MOST     4096 /* bytes of a line that are looked at            */
#define ROUNDS_MOST   2    /* a caller, whom it calls, and whom that one calls */

static bool is_in_a_name(char c)
{
    return isalnum((unsigned char)c) || c == '-';
}

/* The name as a word of its own: "db" in "db:5432" and "db.shop.svc", not in "db-2" or "tdb". */
static bool holds(const char *text, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = text; size && (at = strstr(at, name)); at++)
        if ((at == text || (!is_in_a_name(at[-1]) && at[-1] != '.')) && !is_in_a_name(at[size]))
            return true;
    return false;
}

/* A line that says of this name that it refused. */
static bool holds_refusal(const char *text, const char *name)
{
    for (const char *line = text; *line; line += strspn(line, "\n")) {
        size_t size = strcspn(line, "\n");
        AUTO_FREE char *one = size < LINE_MOST ? str_ndup(line, size) : NULL;
        if (one && strcasestr(one, "refused") && holds(one, name))
            return true;
        line += size;
    }
    return false;
}

static bool has_ready(const json *slice)
{
    for (struct json_iter i = json_iter(json_get(slice, "endpoints")); json_next(&i);)
        if (json_bool(json_at(i.value, "conditions.ready"), true))
            return true;
    return false;
}

void scope_note_slice(void *arg, const struct kube_kind *kind, json *slice)
{
    struct scope *s = arg;
    collection_object(s->into, kind, slice, RANK_CONTEXT);
    for (struct json_iter i = json_iter(json_at(slice, "metadata.labels")); json_next(&i);)
        if (str_eq(i.key, "kubernetes.io/service-name") && json_is_string(i.value) && has_ready(slice))
            *ref_table_put(&s->served, json_str(i.value)) = 1;
}

void scope_note_service(void *arg, const struct kube_kind *kind, json *service)
{
    struct scope *s = arg;
    const json *selector = json_at(service, "spec.selector");
    collection_object(s->into, kind, service, RANK_CONTEXT);
    if (s->n_services == SERVICES_MOST || !json_is_object(selector) || json_count(selector) == 0)
        return;
    s->services[s->n_services++] =
        (struct scope_service){ str_dup(name_of(service)), json_text(selector, NULL), false };
}

void scope_note_env(struct scope *s, const json *pod)
{
    for (struct json_iter c = json_iter(json_at(pod, "spec.containers")); json_next(&c);)
        for (struct json_iter e = json_iter(json_get(c.value, "env")); json_next(&e);)
            if (json_get_str(e.value, "value") && s->env.size < ENV_MOST)
                buf_printf(&s->env, "%.512s\n", json_get_str(e.value, "value"));
}

/* Deployments and their kin whose Pods a followed Service would take. */
static void take_maker(void *arg, const struct kube_kind *kind, json *maker)
{
    struct scope *s = arg;
    json *template_ = json_at(maker, "spec.template");
    for (size_t i = 0; i < s->n_services; i++) {
        if (!s->services[i].followed)
            continue;
        AUTO_JSON struct json_doc *selector =
            json_parse(s->services[i].selector, strlen(s->services[i].selector), &json_wire_limits, NULL);
        if (!refs_selects(json_root(selector), template_, NULL))
            continue;
        collection_object(s->into, kind, maker, RANK_OWNER);
        scope_want_events_of(s, kind->kind, name_of(maker));
        return;
    }
}

static void ask_for_makers(struct scope *s)
{
    static const char *const kinds[] = { "deployment", "statefulset", "daemonset" };
    for (size_t i = 0; i < COUNT(kinds); i++)
        fetch_all(s->fetch,
                  &(struct fetch_list){ .kind = kube_kind_find(kinds[i]),
                                        .namespace_ = s->ref.namespace_,
                                        .pages_max = 1,
                                        .quiet = true,
                                        .item = take_maker },
                  s);
}

static void ask_for_pods_of(struct scope *s, const struct scope_service *service)
{
    AUTO_JSON struct json_doc *selector =
        json_parse(service->selector, strlen(service->selector), &json_wire_limits, NULL);
    AUTO_BUF struct buf query = { 0 };
    if (refs_selector_query(json_root(selector), &query))
        scope_ask_for_pods(s, s->ref.namespace_, buf_text(&query));
}

static bool is_wanted(const struct scope *s, const struct scope_service *service)
{
    bool itself = !strcmp(s->ref.kind, "service") && !strcmp(s->ref.name, service->name);
    if (service->followed)
        return false;
    if (ref_table_get(&s->served, service->name) != REF_TABLE_NONE)
        return collection_log_holds(s->into, holds_refusal, service->name);
    return itself || holds(buf_text(&s->env), service->name) || collection_log_holds(s->into, holds, service->name);
}

bool scope_follow(struct scope *s)
{
    size_t n = 0;
    if (s->rounds == ROUNDS_MOST)
        return false;
    s->rounds++;
    for (size_t i = 0; i < s->n_services && n < FOLLOWED_MOST; i++)
        if (is_wanted(s, &s->services[i])) {
            s->services[i].followed = true;
            ask_for_pods_of(s, &s->services[i]);
            n++;
        }
    if (n > 0)
        ask_for_makers(s);
    return n > 0;
}
