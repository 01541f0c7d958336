#include "diagnose/explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define VISITED_MAX 400  /* objects around one finding that are looked at */
#define CHAIN_MAX   32   /* causes of causes                               */
#define DOUBTFUL    0.70 /* a finding less sure than this explains nothing */

#define ALL_EDGES (EDGE_SELF | EDGE_NODE | EDGE_VOLUME | EDGE_CALLS | EDGE_BELOW)

/* Codes that can be explained, the longest fitting prefix counts, and over which first edge.  Over EDGE_SELF (and for Jobs, over EDGE_BELOW)
 * both are about the same workload: there only a smaller tier explains. */
static const struct row {
    const char *code;
    unsigned over;
} rows[] = {
    { "none.inconclusive", ALL_EDGES },
    { "crash.app-error", EDGE_SELF | EDGE_VOLUME | EDGE_CALLS },
    { "crash.init-container", EDGE_SELF | EDGE_VOLUME | EDGE_CALLS },
    { "crash.dependency-unreachable", EDGE_SELF | EDGE_CALLS },
    { "app.dependency-down", EDGE_SELF | EDGE_CALLS | EDGE_NODE },
    { "app.", EDGE_CALLS },
    { "dns.name-unknown", EDGE_SELF | EDGE_CALLS },
    { "dns.coredns", EDGE_BELOW },
    { "probe.", EDGE_SELF | EDGE_NODE | EDGE_VOLUME | EDGE_CALLS },
    { "pod.init-waiting", EDGE_SELF | EDGE_NODE | EDGE_CALLS },
    { "pod.terminating-stuck", EDGE_NODE },
    { "pod.evicted", EDGE_NODE },
    { "start.cni", EDGE_NODE | EDGE_CALLS },
    { "start.sandbox", EDGE_NODE | EDGE_CALLS },
    { "image.registry-unreachable", EDGE_NODE | EDGE_CALLS },
    { "image.pull-slow", EDGE_NODE },
    { "volume.", EDGE_NODE | EDGE_VOLUME | EDGE_CALLS },
    { "pvc.provisioning-failed", EDGE_CALLS },
    { "sched.taint", EDGE_CALLS },
    { "job.", EDGE_BELOW },
    { "svc.no-endpoints", EDGE_BELOW },
    { "svc.missing", EDGE_CALLS },
    { "workload.", EDGE_BELOW | EDGE_SELF },
    { "workload.paused", 0 }, /* somebody's will, whatever else is wrong */
    { "hpa.", EDGE_CALLS },
    { "ingress.backend-missing", EDGE_CALLS },
    { "ingress.backend-down", EDGE_CALLS },
    { "admission.webhook-unreachable", EDGE_CALLS },
    { "cp.aggregated-api-down", EDGE_CALLS },
    { "node.not-ready", EDGE_CALLS },
};

/* What the table's tiers cannot say: the first explains the second although they are of the same workload and its tier is larger. */
static const struct {
    const char *cause, *symptom;
} exceptions[] = {
    { "dns.coredns", "crash." },
    { "dns.coredns", "probe." },
    { "dns.coredns", "app." },
    { "dns.coredns", "none.inconclusive" },
};

struct about {
    const char *id;
    struct finding *finding;
};

struct book {
    struct relations *rel;
    struct about *about; /* by id */
    size_t n_about;
};

static unsigned edges_for(const struct finding *f)
{
    size_t longest = 0;
    unsigned over = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t size = strlen(rows[i].code);
        if (size >= longest && str_starts(f->code->code, rows[i].code)) {
            longest = size;
            over = rows[i].over;
        }
    }
    return over;
}

static int by_id(const void *left, const void *right)
{
    const struct about *a = left, *b = right;
    return strcmp(a->id, b->id);
}

static void open_book(struct book *book, struct relations *rel)
{
    struct run *r = rel->r;
    size_t room = 0;
    for (size_t i = 0; i < r->n_findings; i++)
        room += 3 + r->findings[i]->n_shown;
    *book = (struct book){ .rel = rel, .about = ARENA_ARRAY(r->a, struct about, room + 1) };
    for (size_t i = 0; i < r->n_findings; i++) {
        struct finding *f = r->findings[i];
        const char *ids[] = { f->object, f->subject, f->workload };
        for (size_t k = 0; k < COUNT(ids); k++)
            book->about[book->n_about++] = (struct about){ ids[k], f };
        for (size_t k = 0; k < f->n_shown; k++)
            book->about[book->n_about++] = (struct about){ f->shown[k].id, f };
    }
    qsort(book->about, book->n_about, sizeof *book->about, by_id);
}

static size_t first_about(const struct book *book, const char *id)
{
    size_t low = 0, high = book->n_about;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(book->about[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The look around one finding. */
struct search {
    const struct book *book;
    struct finding *symptom, *best;
    unsigned over;
    const char *queue[VISITED_MAX];
    enum edge first[VISITED_MAX]; /* the edge by which the way there began */
    size_t far[VISITED_MAX];      /* edges to there                        */
    size_t n_queue, at;
    size_t best_far;
};

static bool is_exception(const struct finding *cause, const struct finding *symptom)
{
    for (size_t i = 0; i < COUNT(exceptions); i++)
        if (strcmp(cause->code->code, exceptions[i].cause) == 0 &&
            str_starts(symptom->code->code, exceptions[i].symptom))
            return true;
    return false;
}

static bool is_reverse_exception(const struct finding *cause, const struct finding *symptom)
{
    return is_exception(symptom, cause);
}

/* One container that cannot start does not make another one end, unless that one says that it looked for it. */
static bool is_another_container(const struct finding *cause, const struct finding *symptom)
{
    const char *of_cause = finding_value(cause, "container"), *of_symptom = finding_value(symptom, "container");
    const char *line = finding_value(symptom, "line");
    return str_starts(symptom->code->code, "crash.") && of_cause && of_symptom && strcmp(of_cause, of_symptom) != 0 &&
           !(line && (strstr(line, "localhost") || strstr(line, "127.0.0.1") || strstr(line, "[::1]")));
}

static bool may_explain(const struct finding *cause, const struct finding *symptom, enum edge edge)
{
    if (cause == symptom || cause->minor || strcmp(cause->code->code, "none.inconclusive") == 0 ||
        is_reverse_exception(cause, symptom))
        return false;
    if (finding_confidence(cause) < DOUBTFUL && finding_confidence(cause) < finding_confidence(symptom))
        return false;
    bool same = strcmp(cause->workload, symptom->workload) == 0 || edge == EDGE_SELF;
    if (same && is_another_container(cause, symptom))
        return false;
    return is_exception(cause, symptom) || !same || cause->code->tier < symptom->code->tier;
}

static bool is_better(const struct finding *a, const struct finding *b)
{
    if (!b || a->code->tier != b->code->tier)
        return !b || a->code->tier < b->code->tier;
    double x = finding_confidence(a), y = finding_confidence(b);
    return x > y || (x == y && strcmp(a->object, b->object) < 0);
}

/* Many Pods share a node: only what is wrong with the node itself explains anything there, not what one Pod meets on it. */
static bool is_of_the_node(const struct finding *cause)
{
    return str_starts(cause->code->code, "node.") || str_starts(cause->code->code, "net.");
}

/* What is nearer explains more directly, and is explained itself by what is further down; at the same distance the deeper one counts. */
static void consider(struct search *s, const char *id, enum edge edge, size_t far)
{
    for (size_t i = first_about(s->book, id); i < s->book->n_about && strcmp(s->book->about[i].id, id) == 0; i++) {
        struct finding *cause = s->book->about[i].finding;
        if (!(edge & s->over || is_exception(cause, s->symptom)) || !may_explain(cause, s->symptom, edge))
            continue;
        /* Nor is the node of one replica at fault for what another one meets elsewhere. */
        if (str_starts(id, "node/") && (!is_of_the_node(cause) || edge == EDGE_SELF))
            continue;
        if (!s->best || far < s->best_far || (far == s->best_far && is_better(cause, s->best))) {
            s->best = cause;
            s->best_far = far;
        }
    }
}

static bool enqueue(void *arg, const char *id, enum edge edge)
{
    struct search *s = arg;
    enum edge first = s->at == 0 ? edge : s->first[s->at - 1];
    size_t far = s->at == 0 ? 1 : s->far[s->at - 1] + 1;
    if (s->n_queue == VISITED_MAX || (s->best && far > s->best_far))
        return false;
    /* A node bears many Pods: what another one of them suffers from explains nothing here. */
    if (!(first & s->over) || (s->at > 0 && str_starts(s->queue[s->at - 1], "node/")))
        return true;
    for (size_t i = 0; i < s->n_queue; i++)
        if (strcmp(s->queue[i], id) == 0)
            return true;
    s->queue[s->n_queue] = id;
    s->first[s->n_queue] = first;
    s->far[s->n_queue++] = far;
    consider(s, id, first, far);
    return true;
}

static void search(struct book *book, struct finding *f)
{
    struct search state = { .book = book, .symptom = f, .over = edges_for(f) }, *s = &state;
    /* A workload is made of its Pods and they of it: over both edges it is about the same thing. */
    s->over |= s->over & EDGE_BELOW ? EDGE_SELF : 0;
    /* A Pod that says nothing and whose node is lost has its reason there, whatever another replica meets. */
    for (size_t i = 0; i < f->n_depends; i++)
        if (str_starts(f->depends[i], "node/"))
            consider(s, f->depends[i], EDGE_NODE, 0);
    consider(s, f->subject, EDGE_SELF, 0);
    consider(s, f->workload, EDGE_SELF, 0);
    consider(s, f->object, EDGE_SELF, 0);
    for (size_t i = 0; i < f->n_depends; i++)
        (void)enqueue(s, f->depends[i], EDGE_CALLS);
    const char *own[] = { f->subject, f->object };
    for (size_t i = 0; i < COUNT(own); i++)
        relations_of(book->rel, own[i], enqueue, s);
    for (s->at = 1; s->at <= s->n_queue && (!s->best || s->far[s->at - 1] < s->best_far); s->at++)
        relations_of(book->rel, s->queue[s->at - 1], enqueue, s);
    f->cause = s->best;
}

/* Two that explain each other explain nothing: the one deeper down becomes the root. */
static void break_circles(struct run *r)
{
    for (size_t i = 0; i < r->n_findings; i++) {
        struct finding *slow = r->findings[i], *fast = r->findings[i];
        while (fast && fast->cause) {
            slow = slow->cause;
            fast = fast->cause->cause;
            if (slow != fast || !fast)
                continue;
            struct finding *deepest = slow;
            for (struct finding *f = slow->cause; f != slow; f = f->cause)
                if (is_better(f, deepest))
                    deepest = f;
            deepest->cause = NULL;
            break;
        }
    }
}

void explain(struct relations *rel)
{
    struct book book;
    open_book(&book, rel);
    for (size_t i = 0; i < rel->r->n_findings; i++)
        search(&book, rel->r->findings[i]);
    break_circles(rel->r);
}

struct finding *explain_root(struct finding *f)
{
    for (int step = 0; step < CHAIN_MAX && f->cause; step++)
        f = f->cause;
    return f;
}

bool explain_is_about(const struct finding *f, const char *id)
{
    bool about = strcmp(f->object, id) == 0 || strcmp(f->subject, id) == 0 || strcmp(f->workload, id) == 0;
    for (size_t i = 0; i < f->n_shown && !about; i++)
        about = strcmp(f->shown[i].id, id) == 0;
    return about;
}
