/* How fast does the manager's store take events, and answer lists, with many of them?
 *
 * store_events DIR [EVENTS]: stores EVENTS (default 1,000,000) in transactions of 256 and indexes them behind, as the manager does, then asks for the first
 * page with each kind of filter, and at last deletes half of them slice by slice.  Prints JSON lines, one for each figure.  Beside them the same run fills the same
 * tables without the key that knows an event again, and a floor: a table of one column without an index that takes the same bytes in the same transactions.  CPU times are what to compare: the others tell how busy the machine was.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/events.h"
#include "store/manager_schema.h"

#define BATCH    256
#define CLUSTERS 20
#define QUERIES  100
#define START    INT64_C(1767323045678)

static void must(int rc, const struct err *e)
{
    if (rc < 0) {
        fprintf(stderr, "store_events: %s\n", e->text);
        exit(1);
    }
}

static const char *const reasons[] = { "BackOff", "Scheduled", "Pulled", "Created", "Started", "Killing", "Unhealthy", "FailedScheduling",
                                       "SuccessfulCreate", "ScalingReplicaSet", "FailedMount", "NodeNotReady", "Evicted", "OOMKilling", "Pulling" };

static struct wire_event make(struct arena *a, int64_t i, uint64_t *dice)
{
    unsigned app = (unsigned)(clock_roll(dice) % 200), pod = (unsigned)clock_roll(dice);
    unsigned reason = (unsigned)(clock_roll(dice) % COUNT(reasons));
    struct wire_event event = {
        .type = i % 10 ? EVENT_K8S : EVENT_STATE,
        .source = "kubernetes",
        .cluster_id = "prod-us-west-2",
        .severity = reason % 5 == 0 ? SEVERITY_HIGH : reason % 7 == 0 ? SEVERITY_LOW : SEVERITY_INFO,
        .timestamp = START + i * 10,
        .first_seen = START + i * 10,
        .reason = reasons[reason],
        .count = 1,
        .component = "kubelet",
        .node = "worker-1",
        .uid = arena_printf(a, "%08x-%04x-4b5e-9a55-%012" PRIx64, (unsigned)clock_roll(dice), (unsigned)(clock_roll(dice) & 0xffff),
                            clock_roll(dice) >> 16),
        .resource_version = arena_printf(a, "%" PRId64, 48000 + i),
        .namespace_ = arena_printf(a, "team-%u", app % 40),
        .fingerprint = "9a1f0c3e77d2b410",
        .epoch = 1767323045678,
        .seq = (uint64_t)i + 1,
    };
    event.id = arena_printf(a, "%s.%s", event.uid, event.resource_version);
    event.involved = (struct wire_object){ .kind = "Pod", .namespace_ = event.namespace_, .name = arena_printf(a, "app-%u-%08x", app, pod),
                                           .uid = event.uid, .api_version = "v1", .field_path = "spec.containers{web}" };
    event.message = arena_printf(a, "%s: container web of pod %s_%s(%s), attempt %u", event.reason, event.involved.name, event.namespace_,
                                 event.uid, pod % 1000);
    return event;
}

static double seconds_since(int64_t us)
{
    return (double)(clock_mono_us() - us) / 1e6;
}

static double cpu_seconds(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* ---- storing ---------------------------------------------------------------------------------------------------- */

/* Behind the inserts, as the manager does. */
static void index_blocks(struct db *d, double *cpu)
{
    struct err e;
    double begun = cpu_seconds();
    must(db_begin(d, &e), &e);
    must(events_index(d, 2, &e), &e);
    must(db_commit(d, &e), &e);
    *cpu += cpu_seconds() - begun;
}

/* What a transaction stores: once into the events, once where no key knows an event again, once into the floor. */
struct sink {
    struct db *events, *unkeyed, *floor;
    double events_cpu, indexing_cpu, unkeyed_cpu, floor_cpu;
    int64_t events_us, floor_us;
};

/* Returns CPU seconds. */
static double store_batch(struct db *d, struct arena *a, const struct wire_event *batch, const int64_t *clusters, char **bodies, int count)
{
    struct err e;
    double cpu = cpu_seconds();
    must(db_begin(d, &e), &e);
    for (int i = 0; i < count; i++) {
        struct event_stored stored;
        must(events_insert(d, clusters[i], &batch[i], batch[i].timestamp + 50, a, &stored, &e), &e);
        bodies[i] = stored.body;
    }
    must(db_commit(d, &e), &e);
    return cpu_seconds() - cpu;
}

static void store_floor(struct sink *k, char **bodies, int count)
{
    struct err e;
    int64_t begun = clock_mono_us();
    double cpu = cpu_seconds();
    must(db_begin(k->floor, &e), &e);
    for (int i = 0; i < count; i++) {
        struct db_stmt *s = db_prepare(k->floor, "INSERT INTO floor (body) VALUES (?1)", &e);
        must(s ? 0 : -1, &e);
        db_text(s, 1, bodies[i]);
        must(db_run(s, &e), &e);
    }
    must(db_commit(k->floor, &e), &e);
    k->floor_us += clock_mono_us() - begun;
    k->floor_cpu += cpu_seconds() - cpu;
}

static void show_stored(const struct sink *k, int64_t stored)
{
    double us = (k->events_cpu + k->indexing_cpu) * 1e6 / (double)stored, floor = k->floor_cpu * 1e6 / (double)stored;
    printf("{\"stored\": %" PRId64 ", \"per_second\": %.0f, \"cpu_us_per_event\": %.1f, \"of_it_indexing\": %.1f, \"floor_per_second\": %.0f, "
           "\"floor_cpu_us_per_event\": %.1f, \"to_floor\": %.2f, \"without_key_to_with\": %.2f}\n",
           stored, (double)stored * 1e6 / (double)k->events_us, us, k->indexing_cpu * 1e6 / (double)stored, (double)stored * 1e6 / (double)k->floor_us, floor, us / floor,
           (k->unkeyed_cpu + k->indexing_cpu) / (k->events_cpu + k->indexing_cpu));
    fflush(stdout);
}

static void fill(struct sink *k, int64_t n)
{
    struct arena a = { 0 };
    struct wire_event batch[BATCH];
    int64_t clusters[BATCH];
    char *bodies[BATCH];
    uint64_t dice = 42;
    for (int64_t i = 0; i < n;) {
        int count = 0;
        for (; count < BATCH && i < n; count++, i++) {
            batch[count] = make(&a, i, &dice);
            clusters[count] = i % CLUSTERS + 1;
        }
        k->unkeyed_cpu += store_batch(k->unkeyed, &a, batch, clusters, bodies, count);
        int64_t storing = clock_mono_us();
        k->events_cpu += store_batch(k->events, &a, batch, clusters, bodies, count);
        k->events_us += clock_mono_us() - storing;
        store_floor(k, bodies, count);
        arena_reset(&a);
        if (i % (BATCH * 4) == 0) {
            int64_t begun = clock_mono_us();
            index_blocks(k->events, &k->indexing_cpu);
            k->events_us += clock_mono_us() - begun;
        }
        if (i % (BATCH * 800) == 0)
            show_stored(k, i);
    }
    show_stored(k, n);
    arena_fini(&a);
}

/* ---- asking ------------------------------------------------------------------------------------------------------- */

static void count_row(void *arg, const struct event_row *row)
{
    (void)row;
    ++*(int *)arg;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void ask(struct db *d, const char *name, const struct event_filter *f)
{
    struct err e;
    int64_t times[QUERIES], next;
    int rows = 0;
    double cpu = cpu_seconds();
    for (int i = 0; i < QUERIES; i++) {
        int64_t begun = clock_mono_us();
        rows = 0;
        must(events_list(d, f, 0, 100, count_row, &rows, &next, &e), &e);
        times[i] = clock_mono_us() - begun;
    }
    qsort(times, QUERIES, sizeof times[0], by_time);
    printf("{\"list\": \"%s\", \"rows\": %d, \"cpu_ms\": %.2f, \"p50_ms\": %.2f, \"p99_ms\": %.2f}\n", name, rows,
           (cpu_seconds() - cpu) * 1000 / QUERIES, (double)times[QUERIES / 2] / 1000, (double)times[QUERIES * 99 / 100 - 1] / 1000);
}

static void count(struct db *d, const char *name, const struct event_filter *f, int64_t step_ms)
{
    struct err e;
    struct event_bucket buckets[60];
    int64_t counted_since;
    int64_t begun = clock_mono_us();
    double cpu = cpu_seconds();
    must(events_histogram(d, f, step_ms, buckets, 60, &counted_since, &e), &e);
    printf("{\"histogram\": \"%s\", \"cpu_ms\": %.2f, \"ms\": %.2f}\n", name, (cpu_seconds() - cpu) * 1000, seconds_since(begun) * 1000);
}

/* ---- deleting ----------------------------------------------------------------------------------------------------- */

/* As the manager's sweep does, slice after slice. */
static void sweep(struct db *d, int64_t wanted, double stored_us)
{
    struct err e;
    int64_t swept = 0, longest = 0;
    double cpu = cpu_seconds();
    for (int rows = 1; rows > 0 && swept < wanted; swept += rows) {
        int64_t begun = clock_mono_us();
        must(db_begin(d, &e), &e);
        rows = events_sweep(d, INT64_MAX, 1024, &e);
        must(rows, &e);
        int64_t took = clock_mono_us() - begun;
        longest = took > longest ? took : longest;
        must(db_commit(d, &e), &e);
    }
    double us = (cpu_seconds() - cpu) * 1e6 / (double)swept;
    printf("{\"swept\": %" PRId64 ", \"cpu_us_per_event\": %.1f, \"to_storing\": %.2f, \"longest_slice_ms\": %.1f}\n", swept, us, us / stored_us, (double)longest / 1000);
}

static struct db *open_unkeyed(const char *dir)
{
    struct err e;
    struct db_schema schema = manager_schema;
    schema.name = "unkeyed";
    struct db *d = db_open(dir, &schema, &e);
    must(d ? 0 : -1, &e);
    struct db_stmt *s = db_prepare(d, "DROP INDEX events_revision", &e);
    must(s ? 0 : -1, &e);
    must(db_run(s, &e), &e);
    return d;
}

int main(int argc, char **argv)
{
    struct err e;
    if (argc < 2) {
        fprintf(stderr, "usage: store_events DIR [EVENTS]\n");
        return 2;
    }
    int64_t n = argc > 2 ? strtoll(argv[2], NULL, 10) : 1000000;
    static const char *const floor_tables[] = { "CREATE TABLE floor (n INTEGER PRIMARY KEY, body TEXT NOT NULL)" };
    struct db_schema floor_schema = manager_schema;
    floor_schema.name = "floor";
    floor_schema.migrations = floor_tables;
    floor_schema.n_migrations = 1;
    struct sink sink = { .events = db_open(argv[1], &manager_schema, &e) };
    must(sink.events ? 0 : -1, &e);
    sink.floor = db_open(argv[1], &floor_schema, &e);
    must(sink.floor ? 0 : -1, &e);
    sink.unkeyed = open_unkeyed(argv[1]);
    fill(&sink, n);
    db_close(sink.unkeyed);
    db_close(sink.floor);
    struct db *d = sink.events;
    const struct {
        const char *name;
        struct event_filter filter;
    } lists[] = {
        { "newest", { .type = -1 } },
        { "cluster", { .type = -1, .cluster = 7 } },
        { "namespace", { .type = -1, .namespace_ = "team-7" } },
        { "kind", { .type = -1, .kind = "pod" } },
        { "kind that is not there", { .type = -1, .kind = "CronJob" } },
        { "reason", { .type = -1, .reason = "OOMKilling" } },
        { "name that is not there", { .type = -1, .name = "app-1-x" } },
        { "severity", { .type = -1, .severities = 1u << SEVERITY_HIGH } },
        { "severity that is not there", { .type = -1, .severities = 1u << SEVERITY_CRITICAL } },
        { "cluster and namespace", { .type = -1, .cluster = 7, .namespace_ = "team-7" } },
        { "cluster and reason and namespace", { .type = -1, .cluster = 7, .reason = "BackOff", .namespace_ = "team-7" } },
        { "an hour in the middle", { .type = -1, .since = START + n * 5, .until = START + n * 5 + 3600000 } },
        { "state changes", { .type = EVENT_STATE } },
        { "text", { .type = -1, .text = "attempt 77" } },
        { "rare text", { .type = -1, .text = "app-77-00" } },
        { "text that is not there", { .type = -1, .text = "no such words" } },
        { "short text", { .type = -1, .text = "x7" } },
        { "short text that is not there", { .type = -1, .text = "QZ" } },
    };
    for (size_t i = 0; i < COUNT(lists); i++)
        ask(d, lists[i].name, &lists[i].filter);
    int64_t since = START - START % 60000;
    count(d, "all", &(struct event_filter){ .type = -1, .since = since }, (n * 10 / 60 / 60000 + 1) * 60000);
    count(d, "cluster", &(struct event_filter){ .type = -1, .since = since, .cluster = 7 }, (n * 10 / 60 / 60000 + 1) * 60000);
    count(d, "namespace", &(struct event_filter){ .type = -1, .since = since, .namespace_ = "team-7" }, n * 10 / 60 + 1);
    count(d, "state changes", &(struct event_filter){ .type = EVENT_STATE, .since = since }, n * 10 / 60 + 1);
    count(d, "15 minutes", &(struct event_filter){ .type = -1, .since = START + n * 5 }, 15000);
    sweep(d, n / 2, (sink.events_cpu + sink.indexing_cpu) * 1e6 / (double)n);
    db_close(d);
    return 0;
}
