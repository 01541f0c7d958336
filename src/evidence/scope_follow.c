/* On to what others say they cannot reach: when all else is read, the Services of the namespace that have nobody behind them and that a
 * log or a variable names, and those of which a log says that they refuse, are followed to their Pods and to what makes them.  A cause is
 * often there and not where it shows.
 *
 * Services of other namespaces are asked for when somebody names them in full ("db.data.svc"), and the cluster's DNS when a log says that
 * names are not resolved; then they are followed like those of the namespace. */
#include "evidence/scope_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "http/client.h"

#define FOLLOWED_MOST 3    /* Services, in one go                            */
#define LINE_MOST     4096 /* bytes of a line that are looked at            */
#define ROUNDS_MOST                                                                                                    \
    3                /* a caller, whom it calls, and whom that one calls; one more to find out about other namespaces */
#define FAR_MOST  3  /* Services of other namespaces                  */
#define NAME_MOST 63 /* bytes of a label of a host name               */

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

/* What a Service is called in the tables of the scope. */
static char *key_of(const struct scope *s, const char *namespace_, const char *name)
{
    bool far = namespace_ && strcmp(namespace_, s->ref.namespace_) != 0;
    return far ? str_printf("%s/%s", namespace_, name) : str_dup(name);
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
        if (str_eq(i.key, "kubernetes.io/service-name") && json_is_string(i.value) && has_ready(slice)) {
            AUTO_FREE char *key = key_of(s, json_at_str(slice, "metadata.namespace"), json_str(i.value));
            *ref_table_put(&s->served, key) = 1;
        }
}

static void add_service(struct scope *s, const char *namespace_, const json *service)
{
    const json *selector = json_at(service, "spec.selector");
    if (s->n_services == SERVICES_MOST || !json_is_object(selector) || json_count(selector) == 0)
        return;
    s->services[s->n_services++] =
        (struct scope_service){ namespace_ ? str_dup(namespace_) : NULL, str_dup(name_of(service)),
                                json_text(selector, NULL), false };
}

void scope_note_service(void *arg, const struct kube_kind *kind, json *service)
{
    struct scope *s = arg;
    collection_object(s->into, kind, service, RANK_CONTEXT);
    add_service(s, NULL, service);
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
        const char *in = s->services[i].namespace_ ? s->services[i].namespace_ : s->ref.namespace_;
        if (!s->services[i].followed || !str_eq(json_at_str(maker, "metadata.namespace"), in))
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

static void ask_for_makers(struct scope *s, const char *namespace_)
{
    static const char *const kinds[] = { "deployment", "statefulset", "daemonset" };
    for (size_t i = 0; i < COUNT(kinds); i++)
        fetch_all(s->fetch,
                  &(struct fetch_list){ .kind = kube_kind_find(kinds[i]),
                                        .namespace_ = namespace_,
                                        .pages_max = 1,
                                        .quiet = true,
                                        .item = take_maker },
                  s);
}

/* The events of another namespace, once, unless they are a flood. */
static void ask_for_events_in(struct scope *s, const char *namespace_)
{
    size_t *asked = ref_table_put(&s->far, namespace_);
    if (*asked != REF_TABLE_NONE)
        return;
    *asked = 1;
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("event"),
                                    .namespace_ = namespace_,
                                    .pages_max = 1,
                                    .quiet = true,
                                    .one_page = true,
                                    .item = scope_on_event },
              s);
}

static void ask_for_pods_of(struct scope *s, const struct scope_service *service)
{
    AUTO_JSON struct json_doc *selector =
        json_parse(service->selector, strlen(service->selector), &json_wire_limits, NULL);
    AUTO_BUF struct buf query = { 0 };
    if (refs_selector_query(json_root(selector), &query))
        scope_ask_for_pods(s, service->namespace_ ? service->namespace_ : s->ref.namespace_, buf_text(&query));
}

/* --- other namespaces ------------------------------------------------------------------------------------------- */

static void found_far(void *arg, const struct kube_kind *kind, json *service)
{
    (void)kind;
    struct scope *s = arg;
    add_service(s, json_at_str(service, "metadata.namespace"), service);
}

static void ask_for_far(struct scope *s, const char *namespace_, const char *name)
{
    AUTO_FREE char *key = str_printf("%s/%s", namespace_, name);
    if (!strcmp(namespace_, s->ref.namespace_) || s->n_far == FAR_MOST)
        return;
    size_t *asked = ref_table_put(&s->far, key);
    if (*asked != REF_TABLE_NONE)
        return;
    *asked = 1;
    s->n_far++;
    AUTO_FREE char *selector = str_printf("kubernetes.io/service-name=%s", name);
    AUTO_FREE char *escaped = http_escape(selector);
    AUTO_FREE char *query = str_printf("labelSelector=%s", escaped);
    fetch_get(s->fetch,
              &(struct fetch_object){ .kind = kube_kind_find("service"),
                                      .namespace_ = namespace_,
                                      .name = name,
                                      .rank = RANK_REFERENCED,
                                      .found = found_far },
              s);
    fetch_all(s->fetch,
              &(struct fetch_list){ .kind = kube_kind_find("endpointslice"),
                                    .namespace_ = namespace_,
                                    .query = query,
                                    .pages_max = 1,
                                    .item = scope_note_slice },
              s);
}

/* The label that ends before `end`, in lower case as names are; returns where it begins, or NULL when it is none. */
static const char *label_before(const char *text, const char *end, char out[NAME_MOST + 1])
{
    const char *at = end;
    while (at > text && is_in_a_name(at[-1]) && end - at <= NAME_MOST)
        at--;
    size_t size = (size_t)(end - at);
    if (size == 0 || size > NAME_MOST)
        return NULL;
    memcpy(out, at, size);
    out[size] = '\0';
    return str_is_dns_label(out) ? at : NULL;
}

/* Each "name.namespace.svc" of a text. */
static void see_names(void *arg, const char *text)
{
    static const char suffix[] = ".svc";
    struct scope *s = arg;
    char name[NAME_MOST + 1], namespace_[NAME_MOST + 1];
    for (const char *at = text; (at = strstr(at, suffix)); at += strlen(suffix)) {
        const char *begin = is_in_a_name(at[strlen(suffix)]) ? NULL : label_before(text, at, namespace_);
        if (begin && begin > text && begin[-1] == '.' && label_before(text, begin - 1, name))
            ask_for_far(s, namespace_, name);
    }
}

/* What a program says when the name server, not the name, is at fault. */
static bool holds_unresolved(const char *text, const char *unused)
{
    static const char *const words[] = {
        "Temporary failure in name resolution", "EAI_AGAIN",        "server misbehaving",           "SERVFAIL",
        "Temporary failure resolving",          ":53: i/o timeout", ":53: read: connection refused"
    };
    (void)unused;
    for (size_t i = 0; i < COUNT(words); i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}

/* True when something was asked for. */
static bool look_beyond(struct scope *s)
{
    size_t before = s->n_far;
    if (collection_log_holds(s->into, holds_unresolved, ""))
        ask_for_far(s, "kube-system", "kube-dns");
    collection_each_log(s->into, see_names, s);
    see_names(s, buf_text(&s->env));
    return s->n_far > before;
}

/* --- on to them ------------------------------------------------------------------------------------------------- */

static bool is_wanted(const struct scope *s, const struct scope_service *service)
{
    const char *far = service->namespace_;
    bool itself = !far && !strcmp(s->ref.kind, "service") && !strcmp(s->ref.name, service->name);
    AUTO_FREE char *key = key_of(s, far, service->name);
    AUTO_FREE char *host = far ? str_printf("%s.%s", service->name, far) : str_dup(service->name);
    if (service->followed)
        return false;
    if (ref_table_get(&s->served, key) != REF_TABLE_NONE)
        return collection_log_holds(s->into, holds_refusal, host);
    /* One of another namespace is only here because somebody names it. */
    return itself || far || holds(buf_text(&s->env), host) || collection_log_holds(s->into, holds, host);
}

bool scope_follow(struct scope *s)
{
    size_t n = 0;
    bool own = false;
    if (s->rounds == ROUNDS_MOST)
        return false;
    s->rounds++;
    for (size_t i = 0; i < s->n_services && n < FOLLOWED_MOST; i++) {
        struct scope_service *service = &s->services[i];
        if (!is_wanted(s, service))
            continue;
        service->followed = true;
        ask_for_pods_of(s, service);
        own |= !service->namespace_;
        if (service->namespace_) {
            ask_for_makers(s, service->namespace_);
            ask_for_events_in(s, service->namespace_);
        }
        n++;
    }
    if (own)
        ask_for_makers(s, s->ref.namespace_);
    bool beyond = s->rounds < ROUNDS_MOST && look_beyond(s);
    return n > 0 || beyond;
}
