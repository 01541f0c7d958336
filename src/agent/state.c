#include "agent/state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/digest.h"
#include "agent/normalise.h"
#include "agent/state_index.h"
#include "agent/state_object.h"
#include "base/clock.h"
#include "base/metric.h"
#include "evidence/redact.h"

struct state {
    struct loop *loop;
    const struct filter *filter;
    struct reporter *reporter;
    struct state_index index;
    uint32_t lists[STATE_KINDS];       /* number of the list under way or the last one       */
    bool listed[STATE_KINDS];
    struct state_object *due;          /* those with due_ms, in no order                     */
    int64_t due_ms;                    /* the earliest; 0: none                              */
    struct timer timer;
    struct arena arena;                /* of one revision                                    */
};

static const struct row {
    const char *kind;                  /* as Kubernetes writes it                            */
    const char *api_version;
    void (*see)(struct state_object *o, json *object, struct state_news *news);
    void (*due)(struct state_object *o, struct state_news *news);
} rows[STATE_KINDS] = {
    [STATE_POD] = { "Pod", "v1", pod_see, pod_due },
    [STATE_NODE] = { "Node", "v1", node_see, node_due },
    [STATE_DEPLOYMENT] = { "Deployment", "apps/v1", deployment_see, workload_due },
    [STATE_STATEFUL_SET] = { "StatefulSet", "apps/v1", set_see, workload_due },
    [STATE_DAEMON_SET] = { "DaemonSet", "apps/v1", set_see, workload_due },
    [STATE_JOB] = { "Job", "batch/v1", job_see, NULL },
    [STATE_CLAIM] = { "PersistentVolumeClaim", "v1", claim_see, claim_due },
    [STATE_SERVICE] = { "Service", "v1", service_see, service_due },
    [STATE_SLICE] = { "EndpointSlice", "discovery.k8s.io/v1", NULL, NULL },
};

enum { OBJECTS, REFUSED, NEWS_LOST };
static struct metric metrics[] = {
    [OBJECTS] = { "aetherius_agent_state_objects", METRIC_GAUGE, NULL, "Objects whose state is followed." },
    [REFUSED] = { "aetherius_agent_state_refused_total", METRIC_COUNTER, "kind", "Objects that are not followed because objects_max is reached." },
    [NEWS_LOST] = { "aetherius_agent_state_news_lost_total", METRIC_COUNTER, NULL, "Changes of one revision beyond the most that are told of it." },
};
METRIC_DECLARE(metrics);

/* --- what the kinds use ------------------------------------------------------------------------------------------ */

void news_add(struct state_news *news, const struct state_piece *piece)
{
    if (news->count < STATE_NEWS_MAX)
        news->pieces[news->count++] = *piece;
    else
        news->refused++;
}

void state_look_at(struct state_object *o, int64_t due_ms)
{
    if (o->due_ms == 0 || due_ms < o->due_ms)
        o->due_ms = due_ms;
}

json *state_condition(const json *object, const char *type)
{
    for (struct json_iter i = json_iter(json_at(object, "status.conditions")); json_next(&i);)
        if (str_eq(json_get_str(i.value, "type"), type))
            return i.value;
    return NULL;
}

bool state_is_true(const json *condition)
{
    return str_eq(json_get_str(condition, "status"), "True");
}

int64_t state_time(const json *object, const char *key)
{
    int64_t at;
    const char *text = json_get_str(object, key);
    return text && clock_parse(text, &at) == 0 && at > 0 ? at : 0;
}

/* --- telling ----------------------------------------------------------------------------------------------------- */

static const char *redacted(const char *text, struct arena *a)
{
    struct buf AUTO_BUF out = { .limit = WIRE_MESSAGE_MAX };
    (void)redact_text(&out, text, strlen(text));
    return arena_strdup(a, buf_text(&out));
}

static void tell(struct state *s, const struct state_object *o, const struct state_piece *piece, struct arena *a)
{
    struct wire_label labels[2];
    bool namespaced = o->namespace_[0] != 0;
    struct wire_event event = {
        .type = EVENT_STATE, .source = "kubernetes", .severity = piece->severity, .reason = piece->reason, .recovery = piece->recovery,
        .message = redacted(piece->message, a), .timestamp = piece->at ? piece->at : loop_wall_ms(s->loop), .count = 1, .delta = 1,
        .uid = o->uid, .resource_version = o->version, .namespace_ = namespaced ? o->namespace_ : NULL, .cluster_scoped = !namespaced,
        .component = "aetherius-agent", .node = o->kind == STATE_NODE ? o->name : o->node[0] ? o->node : NULL,
        .involved = { .kind = rows[o->kind].kind, .namespace_ = namespaced ? o->namespace_ : NULL, .name = o->name, .uid = o->uid,
                      .api_version = rows[o->kind].api_version },
        .labels = labels,
    };
    event.id = arena_printf(a, "%s.%s%s%s.%s", o->uid, o->version, piece->part ? "." : "", str_or_empty(piece->part), piece->reason);
    event.first_seen = event.last_seen = event.timestamp;
    if (piece->part)
        labels[event.n_labels++] = (struct wire_label){ o->kind == STATE_POD ? "container" : "condition", piece->part };
    if (piece->exit_code)
        labels[event.n_labels++] = (struct wire_label){ "exit_code", piece->exit_code };
    state_owner(s, &event.involved, &event.owner_kind, &event.owner_name);
    char fingerprint[17];
    normalise_fingerprint(&event, fingerprint);
    event.fingerprint = fingerprint;
    if (filter_event(s->filter, &event))
        reporter_report(s->reporter, &event);
    else
        reporter_count_filtered();
}

static void begin_news(struct state *s, struct state_news *news)
{
    news->arena = &s->arena;
    news->now_ms = loop_now_ms(s->loop);
    news->wall_ms = loop_wall_ms(s->loop);
    news->count = 0;
    news->refused = 0;
}

static void tell_all(struct state *s, const struct state_object *o, const struct state_news *news)
{
    for (size_t i = 0; i < news->count; i++)
        tell(s, o, &news->pieces[i], &s->arena);
    if (news->refused)
        metric_add(&metrics[NEWS_LOST], NULL, (double)news->refused);
}

/* --- what is due ------------------------------------------------------------------------------------------------- */

static void on_due(void *arg);

static void due_remove(struct state *s, struct state_object *o)
{
    if (!o->in_due)
        return;
    if (o->due_prev)
        o->due_prev->due_next = o->due_next;
    else
        s->due = o->due_next;
    if (o->due_next)
        o->due_next->due_prev = o->due_prev;
    o->due_prev = o->due_next = NULL;
    o->in_due = false;
}

static void due_note(struct state *s, struct state_object *o)
{
    if (o->due_ms == 0) {
        due_remove(s, o);
        return;
    }
    if (!o->in_due) {
        o->due_next = s->due;
        if (s->due)
            s->due->due_prev = o;
        s->due = o;
        o->in_due = true;
    }
    if (s->due_ms && s->due_ms <= o->due_ms)
        return;
    s->due_ms = o->due_ms;
    int64_t wait = o->due_ms - loop_now_ms(s->loop);
    timer_start(&s->timer, s->loop, wait > 0 ? wait : 0, on_due, s);
}

/* Services can be judged only once all their slices are known. */
static bool may_judge(const struct state *s, enum state_kind kind)
{
    return kind != STATE_SERVICE || (s->listed[STATE_SERVICE] && s->listed[STATE_SLICE]);
}

static void look(struct state *s, struct state_object *o, struct state_news *news)
{
    if (!may_judge(s, o->kind)) {
        o->due_ms = news->now_ms + 1000;
        return;
    }
    o->due_ms = 0;
    begin_news(s, news);
    rows[o->kind].due(o, news);
    tell_all(s, o, news);
    arena_reset(&s->arena);
}

static void on_due(void *arg)
{
    struct state *s = arg;
    struct state_news news;
    struct state_object *next;
    begin_news(s, &news);
    s->due_ms = 0;
    for (struct state_object *o = s->due; o; o = next) {
        next = o->due_next;
        if (o->due_ms <= news.now_ms)
            look(s, o, &news);
        due_note(s, o);
    }
}

/* --- names and owners -------------------------------------------------------------------------------------------- */

static const json *controller_of(const json *object)
{
    for (struct json_iter i = json_iter(json_at(object, "metadata.ownerReferences")); json_next(&i);)
        if (json_get_bool(i.value, "controller", false))
            return i.value;
    return NULL;
}

/* A Deployment's ReplicaSet is called after it and the hash that its Pods carry as a label. */
static const char *deployment_of(const char *replica_set, const json *object, struct arena *a)
{
    const char *hash = json_str(json_get(json_at(object, "metadata.labels"), "pod-template-hash"));
    size_t size = strlen(replica_set), tail = hash ? strlen(hash) : 0;
    if (tail == 0 || tail + 1 >= size || strcmp(replica_set + size - tail, hash) != 0 || replica_set[size - tail - 1] != '-')
        return NULL;
    return arena_strndup(a, replica_set, size - tail - 1);
}

static void find_owner(const json *object, struct arena *a, const char **kind, const char **name)
{
    const json *controller = controller_of(object);
    const char *deployment = NULL;
    *kind = str_or_empty(json_get_str(controller, "kind"));
    *name = str_or_empty(json_get_str(controller, "name"));
    if (str_eq(*kind, "ReplicaSet"))
        deployment = deployment_of(*name, object, a);
    if (str_eq(*kind, "Node"))    /* a static Pod is its node's mirror, not its workload */
        *kind = *name = "";
    if (deployment) {
        *kind = "Deployment";
        *name = deployment;
    }
}

/* Takes the names of a revision; only what differs costs memory anew. */
static void take_names(struct state_object *o, const json *object, struct arena *a)
{
    enum { NAMESPACE, NAME, UID, OWNER_KIND, OWNER_NAME, NODE, TEXTS };
    const char *texts[TEXTS] = {
        [NAMESPACE] = json_at_str(object, "metadata.namespace"), [NAME] = json_at_str(object, "metadata.name"),
        [UID] = json_at_str(object, "metadata.uid"), [NODE] = json_at_str(object, "spec.nodeName"),
    };
    const char **places[TEXTS] = { &o->namespace_, &o->name, &o->uid, &o->owner_kind, &o->owner_name, &o->node };
    find_owner(object, a, &texts[OWNER_KIND], &texts[OWNER_NAME]);
    (void)str_copy(o->version, sizeof o->version, str_or_empty(json_at_str(object, "metadata.resourceVersion")));
    size_t size = 0;
    bool same = o->text != NULL;
    for (int i = 0; i < TEXTS; i++) {
        texts[i] = str_or_empty(texts[i]);
        size += strlen(texts[i]) + 1;
        same = same && str_eq(*places[i], texts[i]);
    }
    if (same)
        return;
    char *text = mem_alloc(size), *at = text;
    for (int i = 0; i < TEXTS; i++) {
        size_t length = strlen(texts[i]) + 1;
        memcpy(at, texts[i], length);
        *places[i] = at;
        at += length;
    }
    free(o->text);
    o->text = text;
}

static void owner_of(const struct state *s, const struct state_object *o, const char **kind, const char **name)
{
    if (!o || !o->owner_name[0])
        return;
    *kind = o->owner_kind;
    *name = o->owner_name;
    if (o->kind == STATE_POD && str_eq(o->owner_kind, "Job"))
        owner_of(s, state_find(s, STATE_JOB, o->namespace_, o->owner_name), kind, name);
}

void state_owner(const struct state *s, const struct wire_object *object, const char **kind, const char **name)
{
    if (!object->kind || !object->name)
        return;
    if (str_eq(object->kind, "Pod"))
        owner_of(s, state_find(s, STATE_POD, object->namespace_, object->name), kind, name);
    else if (str_eq(object->kind, "Job"))
        owner_of(s, state_find(s, STATE_JOB, object->namespace_, object->name), kind, name);
    if (!str_eq(object->kind, "ReplicaSet"))
        return;
    const char *dash = strrchr(object->name, '-');
    char deployment[256];
    if (!dash || dash == object->name || str_copy(deployment, sizeof deployment, object->name))
        return;
    deployment[dash - object->name] = 0;
    const struct state_object *o = state_find(s, STATE_DEPLOYMENT, object->namespace_, deployment);
    if (!o)
        return;
    *kind = rows[STATE_DEPLOYMENT].kind;
    *name = o->name;
}

/* --- seeing ------------------------------------------------------------------------------------------------------ */

static uint64_t key_of(enum state_kind kind, const char *namespace_, const char *name)
{
    return digest_object(rows[kind].kind, namespace_ && *namespace_ ? namespace_ : NULL, name);
}

static uint64_t service_key(const json *slice)
{
    const char *service = json_str(json_get(json_at(slice, "metadata.labels"), "kubernetes.io/service-name"));
    return service ? key_of(STATE_SERVICE, json_at_str(slice, "metadata.namespace"), service) : 0;
}

static struct state_object *entry_of(struct state *s, enum state_kind kind, uint64_t key)
{
    struct state_object *o = index_find(&s->index, key);
    if (o)
        return o;
    o = index_add(&s->index, key);
    if (!o) {
        metric_add(&metrics[REFUSED], rows[kind].kind, 1);
        return NULL;
    }
    o->kind = kind;
    o->fresh = true;
    o->namespace_ = o->name = o->uid = o->owner_kind = o->owner_name = o->node = "";
    metric_set(&metrics[OBJECTS], NULL, (double)s->index.count);
    return o;
}

static void count_endpoints(struct state *s, uint64_t service, int32_t by, const char *version);

static void forget(struct state *s, struct state_object *o)
{
    if (o->kind == STATE_SLICE && o->slice.ready)
        count_endpoints(s, o->slice.service, -o->slice.ready, o->version);
    due_remove(s, o);
    index_remove(&s->index, o);
    metric_set(&metrics[OBJECTS], NULL, (double)s->index.count);
}

/* A slice counts for its Service, which may come later than it. */
static void count_endpoints(struct state *s, uint64_t service, int32_t by, const char *version)
{
    struct state_object *o = service && by ? entry_of(s, STATE_SERVICE, service) : NULL;
    struct state_news news;
    if (!o)
        return;
    begin_news(s, &news);
    service_count(o, by, &news);
    if (o->service.there) {
        char own[STATE_VERSION_SIZE];    /* the change is the slice's revision, not the Service's */
        memcpy(own, o->version, sizeof own);
        (void)str_copy(o->version, sizeof o->version, version);
        tell_all(s, o, &news);
        if (o->service.ready > 0)
            memcpy(o->version, own, sizeof own);
        due_note(s, o);
    } else if (o->service.ready == 0) {
        forget(s, o);
    }
}

static void see_slice(struct state *s, struct state_object *o, const json *object)
{
    uint64_t service = service_key(object);
    int32_t ready = slice_ready(object);
    if (o->slice.service != service && o->slice.ready) {
        count_endpoints(s, o->slice.service, -o->slice.ready, o->version);
        o->slice.ready = 0;
    }
    int32_t by = ready - o->slice.ready;
    o->slice = (struct state_slice){ .service = service, .ready = ready };
    count_endpoints(s, service, by, o->version);
}

/* Another object of the same name: what was told of the old one is none of its affair. */
static void begin_anew(struct state_object *o)
{
    int32_t ready = o->kind == STATE_SERVICE ? o->service.ready : 0;
    o->troubles = 0;
    o->due_ms = 0;
    o->fresh = true;
    memset(&o->pod, 0, sizeof *o - offsetof(struct state_object, pod));
    if (o->kind == STATE_SERVICE)
        o->service.ready = ready;
}

void state_see(struct state *s, enum state_kind kind, json *object, bool gone)
{
    const char *name = json_at_str(object, "metadata.name"), *namespace_ = json_at_str(object, "metadata.namespace");
    const char *uid = json_at_str(object, "metadata.uid");
    if (!name || !uid || !filter_namespace(s->filter, namespace_))
        return;
    uint64_t key = key_of(kind, namespace_, name);
    struct state_object *o = gone ? index_find(&s->index, key) : entry_of(s, kind, key);
    if (!o)
        return;
    if (gone) {
        forget(s, o);
        return;
    }
    if (o->uid[0] && !str_eq(o->uid, uid))
        begin_anew(o);
    struct state_news news;
    begin_news(s, &news);
    take_names(o, object, &s->arena);
    o->list = s->lists[kind];
    o->due_ms = 0;
    if (kind == STATE_SLICE)
        see_slice(s, o, object);
    else
        rows[kind].see(o, object, &news);
    o->fresh = false;
    tell_all(s, o, &news);
    due_note(s, o);
    arena_reset(&s->arena);
}

void state_list_began(struct state *s, enum state_kind kind)
{
    s->lists[kind]++;
}

/* Forgets the next one that the list did not bring; removing moves others, so the search begins anew. */
static bool forget_one(struct state *s, enum state_kind kind, size_t *from)
{
    for (; *from < s->index.slots; (*from)++) {
        struct state_object *o = s->index.table[*from];
        if (!o || o->kind != kind || o->list == s->lists[kind])
            continue;
        if (kind == STATE_SERVICE && !o->service.there)
            continue;    /* only its slices are known */
        forget(s, o);
        return true;
    }
    return false;
}

void state_listed(struct state *s, enum state_kind kind)
{
    s->listed[kind] = true;
    bool forgot;
    do {
        size_t from = 0;
        forgot = false;
        while (forget_one(s, kind, &from))
            forgot = true;
    } while (forgot);    /* what moved to the front meanwhile is found in the next round */
}

/* --- life -------------------------------------------------------------------------------------------------------- */

struct state *state_new(struct loop *l, const struct filter *filter, struct reporter *reporter, size_t objects_max)
{
    metric_register(metrics, COUNT(metrics));
    struct state *s = mem_alloc(sizeof *s);
    *s = (struct state){ .loop = l, .filter = filter, .reporter = reporter, .index = { .max = objects_max } };
    return s;
}

void state_free(struct state *s)
{
    if (!s)
        return;
    timer_stop(&s->timer);
    index_fini(&s->index);
    arena_fini(&s->arena);
    free(s);
}

size_t state_count(const struct state *s)
{
    return s->index.count;
}

uint64_t state_refused(const struct state *s)
{
    return s->index.refused;
}

void state_each(const struct state *s, enum state_kind kind, void (*visit)(void *arg, const struct state_object *o), void *arg)
{
    for (size_t at = 0; at < s->index.slots; at++)
        if (s->index.table[at] && s->index.table[at]->kind == kind)
            visit(arg, s->index.table[at]);
}

const struct state_object *state_find(const struct state *s, enum state_kind kind, const char *namespace_, const char *name)
{
    return index_find(&s->index, key_of(kind, namespace_, name));
}
