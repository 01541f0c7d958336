/* Claims that no volume is bound to, and such that do not grow. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"
#include "diagnose/labels.h"
#include "diagnose/amount.h"
#include "diagnose/relation.h"

#define PATIENCE_MS (5 * 60000) /* for an external provisioner, and for an expansion */

struct claim {
    struct run *r;
    const struct object *o;
    const char *class_;        /* "" when it asks for none                   */
    const struct event *event; /* what the controller said last, or NULL     */
};

static struct finding *found(struct claim *s, const char *code, enum strength strength)
{
    struct finding *f = finding_new(s->r, code, strength, s->o->id, NULL);
    finding_setf(s->r, f, "claim", "%s/%s", s->o->namespace_, s->o->name);
    finding_set(f, "ref_name", s->o->name);
    finding_set(f, "class", s->class_);
    finding_set_message(s->r, f, s->event ? s->event->message : NULL);
    f->since = s->o->created;
    finding_quote_event(s->r, f, s->event);
    return f;
}

/* Volumes */

static bool has_modes(const json *wanted, const json *offered)
{
    for (struct json_iter i = json_iter(json_is_array(wanted) ? wanted : NULL); json_next(&i);) {
        bool some = false;
        for (struct json_iter k = json_iter(json_is_array(offered) ? offered : NULL); json_next(&k);)
            some |= str_eq(json_str(i.value), json_str(k.value));
        if (!some)
            return false;
    }
    return true;
}

/* What keeps a volume from serving the claim; field NULL: nothing. */
struct mismatch {
    int weight; /* how near it is: smaller is nearer */
    const char *field, *value, *wanted;
};

static struct mismatch compare(struct claim *s, const struct object *pv)
{
    struct arena *a = s->r->a;
    const json *size = json_at(s->o->spec, "resources.requests.storage"),
               *capacity = json_at(pv->spec, "capacity.storage");
    const json *modes = json_get(s->o->spec, "accessModes"), *offered = json_get(pv->spec, "accessModes");
    const char *class_ = str_or_empty(json_get_str(pv->spec, "storageClassName"));
    const json *selector = json_get(s->o->spec, "selector");
    struct mismatch m = { 0 };
    if (strcmp(class_, s->class_) != 0)
        m = (struct mismatch){ 3, "storageClassName", *class_ ? class_ : "\"\"", *s->class_ ? s->class_ : "\"\"" };
    if (selector && !labels_selected(json_get(pv->meta, "labels"), selector))
        m = (struct mismatch){ m.weight + 3, "labels", labels_text(a, json_get(pv->meta, "labels")),
                               labels_text(a, json_get(selector, "matchLabels")) };
    if (!has_modes(modes, offered))
        m = (struct mismatch){ m.weight + 2, "accessModes", str_or_empty(json_str(json_at(offered, "0"))),
                               str_or_empty(json_str(json_at(modes, "0"))) };
    if (amount_of(capacity, 0) < amount_of(size, 0))
        m = (struct mismatch){ m.weight + 2, "capacity", str_or_empty(json_str(capacity)),
                               str_or_empty(json_str(size)) };
    return m;
}

static bool is_held(const struct claim *s, const struct object *pv)
{
    const json *ref = json_get(pv->spec, "claimRef");
    if (!json_is_object(ref))
        return false;
    return !str_eq(json_get_str(ref, "name"), s->o->name) ||
           !str_eq(json_get_str(ref, "namespace"), s->o->namespace_) ||
           str_eq(json_get_str(pv->status, "phase"), "Released");
}

/* The volume that fits best among those that are free, respectively held. */
static const struct object *nearest_volume(struct claim *s, bool held, struct mismatch *why)
{
    struct objects all = facts_kind(s->r->f, "persistentvolume");
    const struct object *best = NULL;
    for (size_t i = 0; i < all.count; i++) {
        if (is_held(s, &all.items[i]) != held)
            continue;
        struct mismatch m = compare(s, &all.items[i]);
        if (!best || m.weight < why->weight) {
            best = &all.items[i];
            *why = m;
        }
    }
    return best;
}

static bool occupied(struct claim *s)
{
    const char *wanted = json_get_str(s->o->spec, "volumeName");
    const struct object *pv = facts_find(s->r->f, "persistentvolume", "", wanted);
    struct mismatch why;
    if (!pv && !wanted) {
        pv = nearest_volume(s, true, &why);
        struct mismatch other;
        const struct object *free_ = nearest_volume(s, false, &other);
        if (!pv || why.field || (free_ && !other.field))
            return false;
    }
    if (!pv || !is_held(s, pv))
        return false;
    const json *ref = json_get(pv->spec, "claimRef");
    struct finding *f = found(s, "pvc.pv-occupied", SHOWN);
    finding_set(f, "volume", pv->name);
    finding_setf(s->r, f, "peer", "persistentvolumeclaim/%.63s/%.253s", str_or_empty(json_get_str(ref, "namespace")),
                 str_or_empty(json_get_str(ref, "name")));
    AUTO_FREE char *text = json_text(ref, NULL);
    finding_quote(s->r, f, pv->id, arena_printf(s->r->a, "\"claimRef\":%.400s", text), 0);
    return true;
}

static void no_volume(struct claim *s)
{
    struct finding *f = found(s, "pvc.no-matching-pv", s->event ? STATED : SHOWN);
    struct mismatch why;
    const struct object *pv = nearest_volume(s, false, &why);
    AUTO_FREE char *spec = json_text(json_get(s->o->spec, "resources"), NULL);
    finding_quote(s->r, f, s->o->id, spec, 0);
    if (!pv || !why.field)
        return;
    finding_set(f, "nearest", pv->name);
    finding_set(f, "field", why.field);
    finding_set(f, "value", why.value);
    finding_set(f, "wanted", why.wanted);
    AUTO_FREE char *offer = json_text(json_get(pv->spec, "capacity"), NULL);
    finding_quote(s->r, f, pv->id, offer, 0);
}

/* Storage classes */

static bool some_volume_has(const struct claim *s)
{
    struct objects all = facts_kind(s->r->f, "persistentvolume");
    for (size_t i = 0; i < all.count; i++)
        if (str_eq(json_get_str(all.items[i].spec, "storageClassName"), s->class_))
            return true;
    return false;
}

static bool class_missing(struct claim *s)
{
    struct arena *a = s->r->a;
    bool said = s->event && strstr(s->event->message, "storageclass") && strstr(s->event->message, "not found");
    const char *named = said ? extract_name(a, s->event->message, NULL) : NULL;
    const char *class_ = *s->class_ ? s->class_ : named;
    enum presence there = facts_name_is_sound(class_) ? facts_presence(s->r->f, "storageclass", "", class_) : UNKNOWN;
    /* Old volumes carry the name of a class that nobody needs any more: a class is missing only when nothing else can serve. */
    if (!class_ || there == PRESENT || (!said && there != ABSENT) || json_get_str(s->o->spec, "volumeName"))
        return false;
    s->class_ = class_;
    if (some_volume_has(s)) {
        no_volume(s); /* a name by which volumes made by hand are told apart needs no object */
        return true;
    }
    struct finding *f = found(s, "pvc.storageclass", said ? STATED : SHOWN);
    finding_set(f, "nearest", facts_nearest(s->r->f, "storageclass", "", class_));
    finding_quote(s->r, f, s->o->id, arena_printf(a, "\"storageClassName\":\"%s\"", class_), 0);
    if (there == ABSENT)
        finding_quote(s->r, f, facts_id(a, "storageclass", "", class_), "not found", 0);
    return true;
}

/* Provisioning */

static bool provisioning(struct claim *s)
{
    const struct event *ev = s->event;
    bool failed = ev && strcmp(ev->reason, "ProvisioningFailed") == 0;
    bool waiting = ev && strcmp(ev->reason, "ExternalProvisioning") == 0 && s->r->f->now - s->o->created > PATIENCE_MS;
    if (!failed && !waiting)
        return false;
    struct finding *f = found(s, "pvc.provisioning-failed", STATED);
    const struct object *class_ = facts_find(s->r->f, "storageclass", "", s->class_);
    const char *driver = class_ ? json_get_str(class_->value, "provisioner") : NULL;
    if (driver)
        finding_quote(s->r, f, class_->id, arena_printf(s->r->a, "\"provisioner\":\"%.200s\"", driver), 0);
    return true;
}

/* The newest event of a claim among those that say how its binding goes. */
static const struct event *last_word(const struct run *r, const struct object *o)
{
    static const char *const reasons[] = { "ProvisioningFailed", "FailedBinding", "ExternalProvisioning",
                                           "WaitForFirstConsumer", "VolumeMismatch" };
    struct events all = facts_events(r->f, o->id);
    for (size_t i = 0; i < all.count; i++)
        for (size_t k = 0; k < COUNT(reasons); k++)
            if (strcmp(all.items[i].reason, reasons[k]) == 0)
                return &all.items[i];
    return NULL;
}

/* It names its volume itself, and that is not there. */
static bool volume_missing(struct claim *s)
{
    const char *volume = json_get_str(s->o->spec, "volumeName");
    if (!facts_name_is_sound(volume) || facts_presence(s->r->f, "persistentvolume", "", volume) != ABSENT)
        return false;
    struct finding *f = found(s, "pvc.no-matching-pv", SHOWN);
    finding_set(f, "volume", volume);
    finding_quote(s->r, f, s->o->id, arena_printf(s->r->a, "\"volumeName\":\"%s\"", volume), 0);
    finding_quote(s->r, f, facts_id(s->r->a, "persistentvolume", "", volume), "not found", 0);
    return true;
}

/* A Pod that wants it has been refused for it: the wait for a first consumer is over. */
static bool consumer_waits(struct claim *s)
{
    struct objects pods = facts_in(s->r->f, "pod", s->o->namespace_);
    for (size_t i = 0; i < pods.count; i++) {
        const struct event *ev = facts_event(s->r->f, pods.items[i].id, "FailedScheduling", NULL);
        if (!ev || !strstr(ev->message, "persistent volumes to bind"))
            continue;
        size_t at = 0;
        for (const char *claim; (claim = relation_claim(s->r, &pods.items[i], &at));)
            if (strcmp(claim, s->o->id) == 0)
                return true;
    }
    return false;
}

static void pending(struct claim *s)
{
    if (volume_missing(s) || class_missing(s) || occupied(s) || provisioning(s))
        return;
    bool waits = s->event && (strcmp(s->event->reason, "WaitForFirstConsumer") == 0 ||
                              strcmp(s->event->reason, "ExternalProvisioning") == 0);
    const struct object *class_ = facts_find(s->r->f, "storageclass", "", s->class_);
    bool later = class_ && str_eq(json_get_str(class_->value, "volumeBindingMode"), "WaitForFirstConsumer");
    /* A class with a provisioner makes a volume; only where none does, one must be there already. */
    bool made = class_ && !str_eq(json_get_str(class_->value, "provisioner"), "kubernetes.io/no-provisioner");
    bool said =
        s->event && (strcmp(s->event->reason, "FailedBinding") == 0 || strcmp(s->event->reason, "VolumeMismatch") == 0);
    if (said || (!made && later && consumer_waits(s)) ||
        (!waits && !later && !made && facts_listed(s->r->f, "persistentvolume", "") && *s->class_))
        no_volume(s);
}

static void growing(struct claim *s)
{
    static const char *const reasons[] = { "VolumeResizeFailed", "FileSystemResizeFailed" };
    const struct event *failed = NULL;
    for (size_t i = 0; i < COUNT(reasons) && !failed; i++)
        failed = facts_event(s->r->f, s->o->id, reasons[i], NULL);
    const json *condition = object_condition(s->o, "FileSystemResizePending");
    condition = condition ? condition : object_condition(s->o, "Resizing");
    int64_t since = facts_time(json_get(condition, "lastTransitionTime"));
    const char *used = json_str(json_at(s->o->status, "capacity.storage")),
               *wanted = json_str(json_at(s->o->spec, "resources.requests.storage"));
    bool smaller = amount_of(json_at(s->o->status, "capacity.storage"), 0) <
                   amount_of(json_at(s->o->spec, "resources.requests.storage"), 0);
    bool stuck = str_eq(json_get_str(condition, "status"), "True") && s->r->f->now - since > PATIENCE_MS;
    if (!smaller || (!failed && !stuck))
        return;
    s->event = failed;
    struct finding *f = found(s, "volume.resize-failed", failed ? STATED : SHOWN);
    f->since = failed ? failed->first : since;
    finding_set(f, "used", used);
    finding_set(f, "wanted", wanted);
    if (!failed)
        finding_set(f, "message", json_get_str(condition, "message"));
    finding_quote(s->r, f, s->o->id, json_get_str(condition, "message"), since);
}

void rules_claim(struct run *r, const struct object *o)
{
    const char *phase = str_or_empty(json_get_str(o->status, "phase"));
    struct claim s = { .r = r, .o = o, .event = last_word(r, o) };
    s.class_ = str_or_empty(json_get_str(o->spec, "storageClassName"));
    if (o->deleted)
        return;
    if (strcmp(phase, "Pending") == 0) {
        pending(&s);
    } else if (strcmp(phase, "Lost") == 0) {
        struct finding *f = found(&s, "pvc.no-matching-pv", SHOWN);
        finding_quote(r, f, o->id, "\"phase\":\"Lost\"", 0);
    } else {
        growing(&s);
    }
}
