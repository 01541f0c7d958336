/* Volumes that do not get to a Pod that has its node. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"

#define PASSING_MS 60000 /* what the kubelet's view was late for is over by then */

struct mounting {
    struct run *r;
    const struct pod *p;
    const struct event *event;
    const char *volume; /* name of the Pod's volume, or NULL */
};

static struct finding *found(struct mounting *s, const char *code)
{
    struct finding *f = finding_of_pod(s->r, code, STATED, s->p, NULL);
    const char *why = strstr(s->event->message, "\" : "); /* MountVolume.SetUp failed for volume "x" : why */
    finding_set_message(s->r, f, why ? why + 4 : s->event->message);
    finding_set(f, "volume", s->volume ? s->volume : extract_quoted(s->r->a, s->event->message, "volume "));
    f->since = s->event->first;
    finding_quote_event(s->r, f, s->event);
    return f;
}

static const json *volume_named(const struct pod *p, const char *name)
{
    const json *volumes = json_get(p->object->spec, "volumes");
    for (struct json_iter i = json_iter(json_is_array(volumes) ? volumes : NULL); json_next(&i);)
        if (str_eq(json_get_str(i.value, "name"), name))
            return i.value;
    return NULL;
}

static void set_claim(struct mounting *s, struct finding *f)
{
    const char *claim = json_at_str(volume_named(s->p, s->volume), "persistentVolumeClaim.claimName");
    if (!facts_name_is_sound(claim))
        return;
    finding_setf(s->r, f, "claim", "%s/%s", s->p->object->namespace_, claim);
    finding_set(f, "ref_name", claim);
    finding_depends(f, facts_id(s->r->a, "persistentvolumeclaim", s->p->object->namespace_, claim));
}

static void multi_attach(struct mounting *s)
{
    struct finding *f = found(s, "volume.multi-attach");
    const char *volume = extract_quoted(s->r->a, s->event->message, "for volume ");
    finding_set(f, "volume", volume);
    set_claim(s, f);
    const char *by = extract_word(s->r->a, s->event->message, "used by pod(s) ", " ,");
    struct objects attachments = facts_kind(s->r->f, "volumeattachment");
    for (size_t i = 0; volume && i < attachments.count; i++) {
        const char *node = json_get_str(attachments.items[i].spec, "nodeName");
        if (!str_eq(json_at_str(attachments.items[i].spec, "source.persistentVolumeName"), volume) ||
            str_eq(node, s->p->node) || !facts_name_is_sound(node))
            continue;
        by = node;
        finding_depends(f, facts_id(s->r->a, "node", "", node));
        finding_quote(s->r, f, attachments.items[i].id, arena_printf(s->r->a, "\"nodeName\":\"%s\"", node), 0);
    }
    finding_set(f, "peer", by);
}

static void attach_timeout(struct mounting *s)
{
    struct finding *f = found(s, "volume.attach-timeout");
    set_claim(s, f);
    finding_depends(f, *s->p->node ? facts_id(s->r->a, "node", "", s->p->node) : NULL);
}

static void mount_failed(struct mounting *s)
{
    struct finding *f = found(s, "volume.mount-failed");
    set_claim(s, f);
    finding_depends(f, *s->p->node ? facts_id(s->r->a, "node", "", s->p->node) : NULL);
}

static const char *claim_named(struct mounting *s)
{
    const char *name = extract_name(s->r->a, s->event->message, "persistentvolumeclaim ");
    return name ? name : json_at_str(volume_named(s->p, s->volume), "persistentVolumeClaim.claimName");
}

static void claim_missing(struct mounting *s)
{
    const char *name = claim_named(s);
    if (!facts_name_is_sound(name)) {
        mount_failed(s);
        return;
    }
    struct finding *f = found(s, "pvc.missing");
    finding_blame(s->r, f, facts_id(s->r->a, "persistentvolumeclaim", s->p->object->namespace_, name));
    finding_setf(s->r, f, "claim", "%s/%s", s->p->object->namespace_, name);
    finding_set(f, "nearest", facts_nearest(s->r->f, "persistentvolumeclaim", s->p->object->namespace_, name));
}

static const struct {
    const char *class_;
    void (*find)(struct mounting *);
} by_class[] = {
    { "claim-missing", claim_missing },
    { "multi-attach", multi_attach },
    { "timeout", mount_failed },
    { "limit", attach_timeout },
};

/* The newest event that says why; "timed out waiting" and "Unable to attach or mount volumes" only repeat that something does not come. */
static const struct event *reason_event(const struct run *r, const struct pod *p)
{
    struct events all = facts_events(r->f, p->object->id);
    const struct event *vague = NULL;
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        if (strcmp(ev->reason, "FailedMount") != 0 && strcmp(ev->reason, "FailedAttachVolume") != 0 &&
            strcmp(ev->reason, "FailedMapVolume") != 0)
            continue;
        bool repeats = str_starts(ev->message, "Unable to attach or mount") ||
                       strstr(ev->message, "timed out waiting for the condition");
        if (!repeats)
            return ev;
        vague = vague ? vague : ev;
    }
    return vague;
}

/* Does the Pod wait for its volumes: no container has come further? */
static bool waits(const struct pod *p)
{
    if (strcmp(p->phase, "Pending") != 0 || !*p->node)
        return false;
    for (size_t i = 0; i < p->n_containers; i++) {
        const struct container *c = &p->containers[i];
        bool early = !c->status || (c->waiting && (strcmp(c->waiting, "ContainerCreating") == 0 ||
                                                   strcmp(c->waiting, "PodInitializing") == 0));
        if (!early)
            return false;
    }
    return true;
}

bool rules_volume(struct run *r, const struct pod *p)
{
    if (!waits(p))
        return false;
    const struct event *ev = reason_event(r, p), *pulling = facts_event(r->f, p->object->id, "Pulling", NULL);
    if (pulling && (!ev || pulling->last >= ev->last))
        return false; /* its volumes are there */
    if (rules_config_mount(r, p, ev))
        return true;
    if (!ev)
        return false;
    struct mounting s = { .r = r, .p = p, .event = ev, .volume = extract_quoted(r->a, ev->message, "for volume ") };
    const char *class_ = str_or_empty(catalog_match("mount", ev->message));
    if (strcmp(class_, "passing") == 0 && r->f->now - ev->first < PASSING_MS)
        return false;
    for (size_t i = 0; i < COUNT(by_class); i++)
        if (strcmp(by_class[i].class_, class_) == 0) {
            by_class[i].find(&s);
            return true;
        }
    if (strcmp(ev->reason, "FailedAttachVolume") == 0)
        attach_timeout(&s);
    else
        mount_failed(&s);
    return true;
}
