#include "evidence/fetch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "evidence/ref_table.h"
#include "http/client.h"
#include "wire/bundle.h"

#define QUEUE_MAX    4000
#define OBJECT_BYTES ((size_t)4 << 20)
#define PAGE_BYTES   ((size_t)32 << 20)
#define LESS_LINES   20 /* of a log whose last lines are very long */

enum job_type { JOB_VERSION, JOB_OBJECT, JOB_LIST, JOB_LOG };

struct job {
    struct job *next;
    struct fetch *fetch;
    enum job_type type;
    const struct kube_kind *kind;
    char *namespace_, *name, *query;
    union {
        struct fetch_object object;
        struct fetch_list list;
        struct pod_log log;
    };
    void *arg;
    char *token; /* of the next page      */
    int pages, lines;
    size_t items;
    struct kube_request *request;
};

struct fetch {
    struct kube *kube;
    struct loop *loop;
    struct collection *into;
    struct fetch_limits limits;
    fetch_idle idle;
    void *arg;
    struct job *waiting, **last; /* oldest first                                        */
    int n_waiting;
    struct job *running;
    int n_running, calls;
    bool answered;          /* the server has let us in once                       */
    bool over;              /* time is up, or there is no server: nothing more      */
    struct err dead;        /* why it cannot be reached; kind ERR_NONE: it can      */
    struct ref_table asked; /* objects that somebody asked for                     */
    struct timer deadline, turn;
    char version[64];
};

static void pump(struct fetch *f);

/* --- jobs ------------------------------------------------------------------------------------------------------- */

static void job_free(struct job *j)
{
    free(j->namespace_);
    free(j->name);
    free(j->query);
    free(j->token);
    free(j);
}

static const char *resource_of(const struct job *j)
{
    return j->type == JOB_LOG ? "pods/log" : j->kind ? j->kind->plural : NULL;
}

static char *describe(const struct job *j)
{
    const char *in = str_or_empty(j->namespace_), *slash = *in ? "/" : "";
    switch (j->type) {
    case JOB_OBJECT: return str_printf("%s %s%s%s", j->kind->singular, in, slash, j->name);
    case JOB_LIST: return str_printf("%s%s%s", j->kind->plural, *in ? " in " : " of the cluster", in);
    case JOB_LOG:
        return str_printf("%slog of container %s in pod %s%s%s", j->log.previous ? "previous " : "", j->log.container,
                          in, slash, j->name);
    case JOB_VERSION:
    default: return str_dup("version of the API server");
    }
}

static void unchecked(const struct job *j, const char *why)
{
    AUTO_FREE char *what = describe(j);
    const char *verb = j->type == JOB_LIST ? "list" : "get";
    collection_unchecked(j->fetch->into, what, why, verb, resource_of(j), j->namespace_);
}

static struct job *new_job(struct fetch *f, enum job_type type, const struct kube_kind *kind, const char *namespace_,
                           const char *name)
{
    struct job *j = mem_alloc(sizeof *j);
    memset(j, 0, sizeof *j);
    j->fetch = f;
    j->type = type;
    j->kind = kind;
    j->namespace_ = kind && kind->namespaced && namespace_ && *namespace_ ? str_dup(namespace_) : NULL;
    j->name = str_dup(name);
    j->lines = BUNDLE_LOG_LINES;
    return j;
}

/* The end of a list, whatever it was. */
static void end_list(struct job *j, bool whole)
{
    if (j->type == JOB_LIST && j->list.end)
        j->list.end(j->arg, j->kind, whole);
}

static void refuse(struct job *j, const char *why)
{
    unchecked(j, why);
    job_free(j);
}

static void enqueue(struct fetch *f, struct job *j)
{
    if (f->over || f->n_waiting >= QUEUE_MAX) {
        refuse(j, f->over ? "the time for it was over" : "too many things to ask for");
        pump(f); /* who asks on from idle() is told of the end once more */
        return;
    }
    j->next = NULL;
    *f->last = j;
    f->last = &j->next;
    f->n_waiting++;
    pump(f);
}

static struct job *take_waiting(struct fetch *f)
{
    struct job *j = f->waiting;
    f->waiting = j->next;
    if (!f->waiting)
        f->last = &f->waiting;
    f->n_waiting--;
    return j;
}

static void run_job(struct fetch *f, struct job *j)
{
    j->next = f->running;
    f->running = j;
    f->n_running++;
}

static void stop_job(struct fetch *f, struct job *j)
{
    struct job **at = &f->running;
    while (*at != j)
        at = &(*at)->next;
    *at = j->next;
    f->n_running--;
    j->request = NULL;
}

/* --- the end ---------------------------------------------------------------------------------------------------- */

static void on_turn(void *arg)
{
    struct fetch *f = arg;
    if (f->n_running || f->n_waiting)
        return;
    f->idle(f->arg, f->dead.kind ? &f->dead : NULL); /* may ask on, may free f */
}

/* Nothing more is asked; what was under way or waiting has not been checked. */
static void give_up(struct fetch *f, const char *why)
{
    f->over = true;
    while (f->running) {
        struct job *j = f->running;
        kube_cancel(j->request);
        stop_job(f, j);
        refuse(j, why);
    }
    while (f->waiting)
        refuse(take_waiting(f), why);
    timer_start(&f->turn, f->loop, 0, on_turn, f);
}

static void on_deadline(void *arg)
{
    struct fetch *f = arg;
    AUTO_FREE char *why =
        str_printf("not answered within the %lld ms that a collection may take", (long long)f->limits.time_ms);
    if (!f->answered)
        err_set(&f->dead, ERR_TIMEOUT, "%s: no answer within %lld ms", kube_server(f->kube),
                (long long)f->limits.time_ms);
    give_up(f, why);
}

/* --- answers ---------------------------------------------------------------------------------------------------- */

static void take_object(struct job *j, json *object)
{
    struct fetch *f = j->fetch;
    collection_object(f->into, j->kind, object, j->object.rank);
    if (!strcmp(j->kind->kind, "Secret")) {
        AUTO_FREE char *what = str_printf("keys of secret %s/%s", str_or_empty(j->namespace_), j->name);
        collection_unchecked(f->into, what, "reading them would read the values", "get", "secrets", j->namespace_);
    }
    if (j->object.found)
        j->object.found(j->arg, j->kind, object);
}

static void object_failed(struct job *j, const struct kube_answer *answer)
{
    bool absent = answer->status == 404;
    if (!absent)
        unchecked(j, answer->err->text);
    else if (!j->object.quiet)
        collection_absent(j->fetch->into, j->kind->singular, j->namespace_, j->name);
    if (j->object.failed)
        j->object.failed(j->arg, j->kind, j->name, absent);
}

/* True when another page is to be asked for. */
static bool take_page(struct job *j, json *page)
{
    struct fetch *f = j->fetch;
    const char *token = json_at_str(page, "metadata.continue");
    bool more = token && *token;
    if (more && j->list.one_page) {
        end_list(j, false);
        return false;
    }
    for (struct json_iter i = json_iter(json_get(page, "items")); json_next(&i);) {
        j->items++;
        if (j->list.item)
            j->list.item(j->arg, j->kind, i.value);
        else
            collection_object(f->into, j->kind, i.value, j->list.rank);
    }
    if (more && ++j->pages < j->list.pages_max && !str_eq(token, j->token)) {
        free(j->token);
        j->token = str_dup(token);
        return true;
    }
    if (more && !j->list.quiet) {
        AUTO_FREE char *why = str_printf("there are more than the %zu that were read", j->items);
        unchecked(j, why);
    }
    if (!more && j->list.claim)
        collection_listed(f->into, j->kind->singular, j->namespace_, j->items);
    end_list(j, !more);
    return false;
}

/* True when the log is to be asked for again, with fewer lines. */
static bool take_log(struct job *j, const struct kube_answer *answer)
{
    if (str_starts(answer->text, "unable to retrieve container logs") ||
        str_starts(answer->text, "failed to try resolving symlinks in path")) {
        unchecked(j, "the node has removed the container");
        return false;
    }
    /* The limit cuts the end off, which is what matters: better fewer lines. */
    bool cut = answer->truncated || answer->size >= FETCH_LOG_BYTES;
    if (cut && j->lines > LESS_LINES) {
        j->lines = LESS_LINES;
        return true;
    }
    if (answer->size)
        collection_log(j->fetch->into, &(struct collection_log){
                                           .namespace_ = j->namespace_,
                                           .pod = j->name,
                                           .container = j->log.container,
                                           .previous = j->log.previous,
                                           .text = answer->text,
                                           .size = answer->size,
                                           .truncated = cut,
                                       });
    return false;
}

/* What an answer means for its job; true when the job goes on with another call. */
static bool take_answer(struct job *j, const struct kube_answer *answer)
{
    if (answer->err) {
        if (j->type == JOB_OBJECT)
            object_failed(j, answer);
        else if (!(answer->status == 404 && j->type == JOB_LIST && j->list.quiet))
            unchecked(j, answer->err->text);
        end_list(j, false);
        return false;
    }
    switch (j->type) {
    case JOB_OBJECT: take_object(j, answer->object); return false;
    case JOB_LIST: return take_page(j, answer->object);
    case JOB_LOG: return take_log(j, answer);
    case JOB_VERSION:
    default:
        str_copy(j->fetch->version, sizeof j->fetch->version, str_or_empty(json_get_str(answer->object, "gitVersion")));
        return false;
    }
}

static void on_answer(void *arg, const struct kube_answer *answer)
{
    struct job *j = arg;
    struct fetch *f = j->fetch;
    stop_job(f, j);
    bool outside = answer->status == 0 || answer->status == 401;
    if (outside && !f->answered) {
        f->dead = *answer->err;
        job_free(j);
        give_up(f, f->dead.text);
        return;
    }
    f->answered |= !outside;
    bool more = take_answer(j, answer);
    if (more)
        enqueue(f, j);
    else
        job_free(j);
    pump(f);
}

/* --- questions -------------------------------------------------------------------------------------------------- */

static char *list_path(const struct job *j)
{
    AUTO_FREE char *path = kube_path(j->kind, j->namespace_, NULL);
    AUTO_FREE char *token = j->token ? http_escape(j->token) : NULL;
    return path ? str_printf("%s?limit=%d%s%s%s%s", path, FETCH_PAGE_ITEMS, token ? "&continue=" : "",
                             str_or_empty(token), j->query ? "&" : "", str_or_empty(j->query))
                : NULL;
}

static char *log_path(const struct job *j)
{
    AUTO_FREE char *path = kube_path(j->kind, j->namespace_, j->name);
    AUTO_FREE char *container = http_escape(j->log.container);
    return path ? str_printf("%s/log?container=%s&tailLines=%d&limitBytes=%u%s", path, container, j->lines,
                             FETCH_LOG_BYTES, j->log.previous ? "&previous=true" : "")
                : NULL;
}

static char *path_of(const struct job *j)
{
    switch (j->type) {
    case JOB_OBJECT: return kube_path(j->kind, j->namespace_, j->name);
    case JOB_LIST: return list_path(j);
    case JOB_LOG: return log_path(j);
    case JOB_VERSION:
    default: return str_dup("/version");
    }
}

static void ask(struct fetch *f, struct job *j)
{
    AUTO_FREE char *path = path_of(j);
    if (!path || f->calls >= f->limits.calls_max) {
        AUTO_FREE char *why = !path ? str_dup("that is no name Kubernetes allows")
                                    : str_printf("more than the %d calls of a collection", f->limits.calls_max);
        end_list(j, false);
        refuse(j, why);
        return;
    }
    struct kube_options options = {
        .timeout_ms = f->limits.time_ms,
        .size_max = j->type == JOB_LIST ? PAGE_BYTES : OBJECT_BYTES,
        .partial_metadata = j->type == JOB_LIST ? j->list.metadata : j->kind && !strcmp(j->kind->kind, "Secret"),
    };
    f->calls++;
    run_job(f, j);
    j->request = kube_call(f->kube, path, &options, on_answer, j);
}

/* Asks as much as may be asked at once; when nothing is left it is the end. */
static void pump(struct fetch *f)
{
    while (f->waiting && f->n_running < FETCH_PARALLEL && !f->over)
        ask(f, take_waiting(f));
    if (!f->n_running && !f->n_waiting)
        timer_start(&f->turn, f->loop, 0, on_turn, f);
}

/* --- the asker's side ------------------------------------------------------------------------------------------- */

struct fetch *fetch_new(struct kube *k, struct loop *l, struct collection *into, const struct fetch_limits *limits,
                        fetch_idle idle, void *arg)
{
    struct fetch *f = mem_alloc(sizeof *f);
    *f = (struct fetch){ .kube = k, .loop = l, .into = into, .limits = *limits, .idle = idle, .arg = arg };
    f->last = &f->waiting;
    timer_start(&f->deadline, l, limits->time_ms, on_deadline, f);
    return f;
}

void fetch_free(struct fetch *f)
{
    while (f->running) {
        struct job *j = f->running;
        kube_cancel(j->request);
        stop_job(f, j);
        job_free(j);
    }
    while (f->waiting)
        job_free(take_waiting(f));
    timer_stop(&f->deadline);
    timer_stop(&f->turn);
    ref_table_fini(&f->asked);
    free(f);
}

int fetch_calls(const struct fetch *f)
{
    return f->calls;
}

void fetch_version(struct fetch *f)
{
    enqueue(f, new_job(f, JOB_VERSION, NULL, NULL, NULL));
}

const char *fetch_server_version(const struct fetch *f)
{
    return f->version;
}

void fetch_get(struct fetch *f, const struct fetch_object *o, void *arg)
{
    struct job *j = new_job(f, JOB_OBJECT, o->kind, o->namespace_, o->name);
    AUTO_FREE char *key = str_printf("%s/%s/%s", o->kind->singular, str_or_empty(j->namespace_), o->name);
    size_t *place = ref_table_put(&f->asked, key);
    if (*place != REF_TABLE_NONE) {
        job_free(j);
        return;
    }
    *place = 1;
    j->object = *o;
    j->arg = arg;
    enqueue(f, j);
}

void fetch_all(struct fetch *f, const struct fetch_list *l, void *arg)
{
    struct job *j = new_job(f, JOB_LIST, l->kind, l->namespace_, NULL);
    j->list = *l;
    j->query = l->query && *l->query ? str_dup(l->query) : NULL;
    j->arg = arg;
    enqueue(f, j);
}

void fetch_log(struct fetch *f, const char *namespace_, const char *pod, const struct pod_log *log)
{
    struct job *j = new_job(f, JOB_LOG, kube_kind_find("pod"), namespace_, pod);
    j->log = *log;
    enqueue(f, j);
}
