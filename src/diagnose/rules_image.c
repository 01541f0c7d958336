/* Images that do not arrive on the node. */
#include "diagnose/rules.h"

#include <string.h>

#include "base/str.h"
#include "diagnose/extract.h"
#include "diagnose/revision.h"

#define SLOW_MS (5 * 60000) /* a pull that takes longer is worth a word */

struct pull {
    struct run *r;
    const struct pod *p;
    const struct container *c;
    const char *message;       /* what says why, "" when nothing does */
    const struct event *event; /* of the pull, or NULL                */
};

/* Host of the registry that an image reference names. */
static const char *registry_of(struct arena *a, const char *image)
{
    size_t size = strcspn(image, "/");
    const char *host = arena_strndup(a, image, size);
    bool named = image[size] && (strpbrk(host, ".:") || strcmp(host, "localhost") == 0);
    return named ? host : "docker.io";
}

static struct finding *found(struct pull *s, const char *code, enum strength strength)
{
    struct finding *f = finding_of_pod(s->r, code, strength, s->p, s->c);
    finding_set(f, "registry", registry_of(s->r->a, s->c->image));
    finding_set_message(s->r, f, s->message);
    f->since = s->event ? s->event->first : s->p->object->created;
    finding_quote(s->r, f, s->p->object->id, *s->c->waiting_message ? s->c->waiting_message : s->c->waiting, 0);
    finding_quote_event(s->r, f, s->event);
    return f;
}

static void not_found(struct pull *s)
{
    struct finding *f = found(s, "image.not-found", STATED);
    finding_set(f, "good_image", revision_good_image(s->r, s->p, s->c->name));
    const struct catalog_param params[] = { { "registry", registry_of(s->r->a, s->c->image) } };
    note_add(s->r, NOTE_REGISTRY_ANSWERS, s->p->object->id, params, 1);
}

/* The first of the pull secrets that is known not to be there. */
static const char *missing_secret(struct pull *s)
{
    const struct object *account = facts_find(s->r->f, "serviceaccount", s->p->object->namespace_,
                                              json_get_str(s->p->object->spec, "serviceAccountName"));
    json *lists[] = { json_get(s->p->object->spec, "imagePullSecrets"),
                      account ? json_get(account->value, "imagePullSecrets") : NULL };
    for (size_t k = 0; k < COUNT(lists); k++)
        for (struct json_iter i = json_iter(json_is_array(lists[k]) ? lists[k] : NULL); json_next(&i);) {
            const char *name = json_get_str(i.value, "name");
            if (facts_name_is_sound(name) &&
                facts_presence(s->r->f, "secret", s->p->object->namespace_, name) == ABSENT)
                return name;
        }
    return NULL;
}

static void refused(struct pull *s)
{
    /* Registries that hide what exists answer "denied" for a name that is not there, too. */
    bool either = strcasestr(s->message, "does not exist") != NULL;
    struct finding *f = found(s, "image.auth", either ? INFERRED : STATED);
    const char *secret = missing_secret(s);
    finding_set(f, "missing", secret);
    if (either)
        note_add(s->r, NOTE_SAME_ANSWER, s->p->object->id, NULL, 0);
    if (secret)
        finding_quote(s->r, f, facts_id(s->r->a, "secret", s->p->object->namespace_, secret), "not found", 0);
}

static void unreachable(struct pull *s)
{
    struct finding *f = found(s, "image.registry-unreachable", STATED);
    if (strcmp(str_or_empty(catalog_match("log", s->message)), "name-resolution") == 0)
        finding_depends(f, "deployment/kube-system/coredns");
}

static void rate_limited(struct pull *s)
{
    found(s, "image.rate-limited", STATED);
}

static void set_platform(struct pull *s, struct finding *f)
{
    const struct object *node = facts_find(s->r->f, "node", "", s->p->node);
    const char *os = node ? json_at_str(node->status, "nodeInfo.operatingSystem") : NULL;
    const char *arch = node ? json_at_str(node->status, "nodeInfo.architecture") : NULL;
    if (os && arch)
        finding_setf(s->r, f, "platform", "%s/%s", os, arch);
}

static void wrong_arch(struct pull *s)
{
    set_platform(s, found(s, "image.wrong-arch", STATED));
}

static void never_pull(struct pull *s)
{
    found(s, "image.never-pull", STATED);
}

static void invalid_name(struct pull *s)
{
    struct finding *f = found(s, "image.invalid-name", STATED);
    const char *why = strstr(s->message, "invalid reference format");
    finding_set(f, "message", why ? why : s->message);
}

static void disk_full(struct pull *s)
{
    struct finding *f = found(s, "node.disk-pressure", STATED);
    if (*s->p->node)
        finding_blame(s->r, f, facts_id(s->r->a, "node", "", s->p->node));
}

static const struct {
    const char *class_;
    void (*find)(struct pull *);
} by_class[] = {
    { "not-found", not_found },       { "auth", refused },
    { "unreachable", unreachable },   { "tls", unreachable },
    { "rate-limited", rate_limited }, { "wrong-arch", wrong_arch },
    { "never-pull", never_pull },     { "invalid-name", invalid_name },
    { "disk-full", disk_full },
};

/* Waiting reasons that say it all, so that no message needs to be read. */
static const struct {
    const char *waiting, *class_;
} by_reason[] = {
    { "InvalidImageName", "invalid-name" },
    { "ErrImageNeverPull", "never-pull" },
    { "RegistryUnavailable", "unreachable" },
};

static bool waits_for_image(const char *reason)
{
    static const char *const reasons[] = {
        "ErrImagePull",      "ImagePullBackOff",    "InvalidImageName",         "ErrImageNeverPull",
        "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"
    };
    for (size_t i = 0; reason && i < COUNT(reasons); i++)
        if (strcmp(reason, reasons[i]) == 0)
            return true;
    return false;
}

/* The newest event that says why a pull failed ("Error: ErrImagePull" does not). */
static const struct event *failed_pull(const struct run *r, const struct pod *p, const struct container *c)
{
    struct events all = facts_events(r->f, p->object->id);
    for (size_t i = 0; i < all.count; i++) {
        const struct event *ev = &all.items[i];
        bool about = !*ev->container || strcmp(ev->container, c->name) == 0;
        bool why = str_starts(ev->message, "Failed to pull image") || strcmp(ev->reason, "InspectFailed") == 0 ||
                   strcmp(ev->reason, "ErrImageNeverPull") == 0;
        if (about && why)
            return ev;
    }
    return NULL;
}

static const char *class_of(struct pull *s)
{
    for (size_t i = 0; i < COUNT(by_reason); i++)
        if (strcmp(by_reason[i].waiting, s->c->waiting) == 0)
            return by_reason[i].class_;
    /* The image's own name may hold a telling word ("team/not-found"): it is not part of the answer. */
    const char *class_ = catalog_match("pull", s->message);
    const char *again = s->event ? catalog_match("pull", s->event->message) : NULL;
    return class_ ? class_ : again;
}

/* A pull that goes on and on. */
static bool pull_is_slow(struct run *r, const struct pod *p, const struct container *c)
{
    const struct event *pulling = facts_event(r->f, p->object->id, "Pulling", c->name);
    if (!c->waiting || !pulling || strcmp(c->waiting, "ContainerCreating") != 0 || r->f->now - pulling->last < SLOW_MS)
        return false;
    const struct event *pulled = facts_event(r->f, p->object->id, "Pulled", c->name);
    const struct event *failed = facts_event(r->f, p->object->id, "Failed", c->name);
    if ((pulled && pulled->last >= pulling->last) || (failed && failed->last >= pulling->last))
        return false;
    struct finding *f = finding_of_pod(r, "image.pull-slow", SHOWN, p, c);
    finding_set(f, "ago", finding_age(r, r->f->now - pulling->last));
    f->since = pulling->last;
    finding_quote_event(r, f, pulling);
    return true;
}

bool rules_image(struct run *r, const struct pod *p, const struct container *c)
{
    if (!waits_for_image(c->waiting))
        return pull_is_slow(r, p, c);
    struct pull s = { .r = r, .p = p, .c = c, .event = failed_pull(r, p, c) };
    bool telling = *c->waiting_message && catalog_match("pull", c->waiting_message);
    s.message = telling || !s.event ? c->waiting_message : s.event->message;
    const char *class_ = class_of(&s);
    for (size_t i = 0; class_ && i < COUNT(by_class); i++)
        if (strcmp(by_class[i].class_, class_) == 0) {
            by_class[i].find(&s);
            return true;
        }
    struct finding *f = found(&s, "none.inconclusive", WEAK);
    finding_set(f, "candidates", "image.not-found, image.auth, image.registry-unreachable");
    return true;
}
