#include "base/metric.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX     128    /* bytes of a label value; longer ones are cut */
#define LABEL_BUCKETS 128    /* of a labelled metric's hash table           */
#define OTHER         "other"

/* Upper ends of the histograms' buckets, 1 ms to 60 s; the last bucket has none. */
static const struct { double seconds; const char *text; } ends[] = {
    { 0.001, "0.001" }, { 0.0025, "0.0025" }, { 0.005, "0.005" }, { 0.01, "0.01" }, { 0.025, "0.025" },
    { 0.05, "0.05" },   { 0.1, "0.1" },       { 0.25, "0.25" },   { 0.5, "0.5" },   { 1, "1.0" },
    { 2.5, "2.5" },     { 5, "5.0" },         { 10, "10.0" },     { 30, "30.0" },   { 60, "60.0" },
    { INFINITY, "+Inf" },
};

/* One label value's numbers.  Once published it stays for ever, so readers need no lock. */
struct series {
    char *label;                           /* valid UTF-8; "" without label                       */
    struct series *next_in_bucket;         /* older                                               */
    struct series *next;                   /* younger, in the order they came                     */
    _Atomic uint64_t number;               /* the bits of a double: the value, a histogram's sum  */
    _Atomic uint64_t counts[];             /* a histogram's buckets, each for itself              */
};

struct metric_series {
    struct series *first, *last;           /* under lock                                          */
    size_t count;                          /* under lock                                          */
    size_t n_buckets;
    _Atomic(struct series *) buckets[];
};

/* Guards the registry and every insertion; updates of what is there pass it by. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct metric **registry;
static size_t registered, capacity;

static struct metric_table *declared;    /* written before main, so without lock */

static double to_double(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static uint64_t to_bits(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static void add_number(_Atomic uint64_t *at, double by)
{
    uint64_t old = atomic_load_explicit(at, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(at, &old, to_bits(to_double(old) + by), memory_order_relaxed, memory_order_relaxed)) {
    }
}

/* FNV-1a: short text, no enemy who profits from a chain of at most METRIC_SERIES_MAX. */
static size_t bucket_of(const struct metric_series *s, const char *label)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *label; label++)
        hash = (hash ^ (unsigned char)*label) * 0x100000001b3u;
    return (hash ^ hash >> 32) % s->n_buckets;
}

static struct series *find(struct metric_series *s, const char *label)
{
    struct series *at = atomic_load_explicit(&s->buckets[bucket_of(s, label)], memory_order_acquire);
    while (at && !str_eq(at->label, label))
        at = at->next_in_bucket;
    return at;
}

static struct series *insert(struct metric_series *s, enum metric_kind kind, const char *label)
{
    size_t size = sizeof(struct series) + (kind == METRIC_HISTOGRAM ? COUNT(ends) * sizeof(uint64_t) : 0);
    struct series *new = mem_alloc(size);
    memset(new, 0, size);
    new->label = str_dup(label);
    _Atomic(struct series *) *bucket = &s->buckets[bucket_of(s, label)];
    new->next_in_bucket = atomic_load_explicit(bucket, memory_order_relaxed);
    atomic_store_explicit(bucket, new, memory_order_release);
    if (s->last)
        s->last->next = new;
    else
        s->first = new;
    s->last = new;
    s->count++;
    return new;
}

/* Label values may come from outside: what is no text or would move a terminal's cursor is replaced, before two of them can become one. */
static void clean_label(const char *label, struct buf *out)
{
    size_t size = strlen(label), left = str_utf8_cut(label, size, LABEL_MAX);
    for (size_t step; left > 0; label += step, left -= step) {
        uint32_t c;
        step = str_utf8_next(label, left, &c);
        if (c == STR_BAD || (str_is_unseen(c) && c != '\n'))
            buf_str(out, "\xef\xbf\xbd");
        else
            buf_add(out, label, step);
    }
}

static struct series *find_or_insert(struct metric_series *s, enum metric_kind kind, const char *label)
{
    struct series *found = find(s, label);
    if (found)
        return found;
    AUTO_BUF struct buf clean = { 0 };
    clean_label(label, &clean);
    pthread_mutex_lock(&lock);
    found = find(s, buf_text(&clean));
    if (!found && s->count >= METRIC_SERIES_MAX) {
        buf_reset(&clean);
        buf_str(&clean, OTHER);
        found = find(s, OTHER);
    }
    if (!found)
        found = insert(s, kind, buf_text(&clean));
    pthread_mutex_unlock(&lock);
    return found;
}

static bool is_name(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    return *s && strchr(letters, *s) && strspn(s, "abcdefghijklmnopqrstuvwxyz_0123456789") == strlen(s);
}

static void check_row(const struct metric *m)
{
    assert(is_name(m->name) && (!m->label || is_name(m->label)) && m->help);
    assert(str_ends(m->name, "_total") == (m->kind == METRIC_COUNTER));
    assert(m->kind != METRIC_HISTOGRAM || str_ends(m->name, "_seconds"));
    for (size_t i = 0; i < registered; i++)
        assert(!str_eq(registry[i]->name, m->name));
}

static void register_row(struct metric *m)
{
    if (m->series)
        return;
    check_row(m);
    size_t n_buckets = m->label ? LABEL_BUCKETS : 1;
    size_t size = sizeof(struct metric_series) + n_buckets * sizeof(_Atomic(struct series *));
    struct metric_series *s = mem_alloc(size);
    memset(s, 0, size);
    s->n_buckets = n_buckets;
    if (!m->label)
        insert(s, m->kind, "");    /* a metric that nothing has touched yet is 0, not absent */
    if (registered == capacity) {
        capacity = capacity ? capacity * 2 : 64;
        registry = mem_grow(registry, capacity * sizeof *registry);
    }
    registry[registered++] = m;
    __atomic_store_n(&m->series, s, __ATOMIC_RELEASE);
}

void metric_register(struct metric *rows, size_t count)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++)
        register_row(&rows[i]);
    pthread_mutex_unlock(&lock);
}

/* A row that is used before it is registered joins the registry then; losing its count would be worse. */
static struct series *series_of(struct metric *m, const char *label_value)
{
    struct metric_series *s = __atomic_load_n(&m->series, __ATOMIC_ACQUIRE);
    if (!s) {
        metric_register(m, 1);
        s = __atomic_load_n(&m->series, __ATOMIC_ACQUIRE);
    }
    return find_or_insert(s, m->kind, m->label ? str_or_empty(label_value) : "");
}

void metric_add(struct metric *m, const char *label_value, double by)
{
    assert(m->kind == METRIC_GAUGE || (m->kind == METRIC_COUNTER && by >= 0));
    add_number(&series_of(m, label_value)->number, by);
}

void metric_set(struct metric *m, const char *label_value, double value)
{
    assert(m->kind != METRIC_HISTOGRAM);
    atomic_store_explicit(&series_of(m, label_value)->number, to_bits(value), memory_order_relaxed);
}

void metric_observe(struct metric *m, const char *label_value, double seconds)
{
    assert(m->kind == METRIC_HISTOGRAM);
    if (!(seconds > 0))
        seconds = 0;    /* a clock was set back */
    struct series *s = series_of(m, label_value);
    size_t i = 0;
    while (seconds > ends[i].seconds)
        i++;
    atomic_fetch_add_explicit(&s->counts[i], 1, memory_order_relaxed);
    add_number(&s->number, seconds);
}

/* Cumulative counts of the buckets; the last is the count of all. */
static void read_counts(struct series *s, uint64_t counts[COUNT(ends)])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT(ends); i++) {
        sum += atomic_load_explicit(&s->counts[i], memory_order_relaxed);
        counts[i] = sum;
    }
}

double metric_value(const struct metric *m, const char *label_value)
{
    struct metric_series *all = __atomic_load_n(&m->series, __ATOMIC_ACQUIRE);
    if (!all)
        return 0;
    AUTO_BUF struct buf clean = { 0 };
    clean_label(m->label ? str_or_empty(label_value) : "", &clean);
    struct series *s = find(all, buf_text(&clean));
    if (!s)
        return 0;
    if (m->kind != METRIC_HISTOGRAM)
        return to_double(atomic_load_explicit(&s->number, memory_order_relaxed));
    uint64_t counts[COUNT(ends)];
    read_counts(s, counts);
    return (double)counts[COUNT(ends) - 1];
}

/* Shortest text that reads back as the same number. */
static void add_double(struct buf *out, double number)
{
    if (isnan(number)) {
        buf_str(out, "NaN");
        return;
    }
    if (isinf(number)) {
        buf_str(out, number > 0 ? "+Inf" : "-Inf");
        return;
    }
    char text[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, number);
        if (strtod(text, NULL) == number)
            break;
    }
    buf_str(out, text);
}

static void add_escaped(struct buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '\\' || *s == '"')
            buf_char(out, '\\');
        if (*s == '\n')
            buf_str(out, "\\n");
        else
            buf_char(out, *s);
    }
}

/* name_suffix{label="value",le="0.1"} */
static void add_sample_name(struct buf *out, const struct metric *m, const struct series *s, const char *suffix, const char *le)
{
    buf_printf(out, "%s%s", m->name, suffix);
    if (!m->label && !le)
        return;
    buf_char(out, '{');
    if (m->label) {
        buf_printf(out, "%s=\"", m->label);
        add_escaped(out, s->label);
        buf_char(out, '"');
    }
    if (le)
        buf_printf(out, "%sle=\"%s\"", m->label ? "," : "", le);
    buf_char(out, '}');
}

static void print_number(struct buf *out, const struct metric *m, struct series *s)
{
    add_sample_name(out, m, s, "", NULL);
    buf_char(out, ' ');
    add_double(out, to_double(atomic_load_explicit(&s->number, memory_order_relaxed)));
    buf_char(out, '\n');
}

static void print_histogram(struct buf *out, const struct metric *m, struct series *s)
{
    uint64_t counts[COUNT(ends)];
    read_counts(s, counts);
    for (size_t i = 0; i < COUNT(ends); i++) {
        add_sample_name(out, m, s, "_bucket", ends[i].text);
        buf_printf(out, " %" PRIu64 "\n", counts[i]);
    }
    add_sample_name(out, m, s, "_count", NULL);
    buf_printf(out, " %" PRIu64 "\n", counts[COUNT(ends) - 1]);
    add_sample_name(out, m, s, "_sum", NULL);
    buf_char(out, ' ');
    add_double(out, to_double(atomic_load_explicit(&s->number, memory_order_relaxed)));
    buf_char(out, '\n');
}

static const struct {
    const char *name;
    void (*print)(struct buf *out, const struct metric *m, struct series *s);
} kinds[] = {
    [METRIC_COUNTER]   = { "counter", print_number },
    [METRIC_GAUGE]     = { "gauge", print_number },
    [METRIC_HISTOGRAM] = { "histogram", print_histogram },
};

/* OpenMetrics calls a counter's family by its name without _total, and lets a family name its unit if it ends with it. */
static void print_head(struct buf *out, const struct metric *m)
{
    static const char *const units[] = { "seconds", "bytes", "ratio" };
    int size = (int)(strlen(m->name) - (m->kind == METRIC_COUNTER ? strlen("_total") : 0));
    AUTO_FREE char *family = str_ndup(m->name, (size_t)size);
    buf_printf(out, "# TYPE %s %s\n", family, kinds[m->kind].name);
    for (size_t i = 0; i < COUNT(units); i++)
        if (str_ends(family, units[i]))
            buf_printf(out, "# UNIT %s %s\n", family, units[i]);
    buf_printf(out, "# HELP %s ", family);
    add_escaped(out, m->help);
    buf_char(out, '\n');
}

void metric_print(struct buf *out)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < registered; i++) {
        const struct metric *m = registry[i];
        print_head(out, m);
        for (struct series *s = m->series->first; s; s = s->next)
            kinds[m->kind].print(out, m, s);
    }
    pthread_mutex_unlock(&lock);
    buf_str(out, "# EOF\n");
}

void metric_declare(struct metric_table *table)
{
    table->next = declared;
    declared = table;
}

static int by_name(const void *a, const void *b)
{
    const struct metric *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static void print_doc(struct buf *out, const struct metric *m)
{
    buf_printf(out, "| `%s` | %s | ", m->name, kinds[m->kind].name);
    if (m->label)
        buf_printf(out, "`%s` ", m->label);
    buf_printf(out, "| %s |\n", m->help);
}

void metric_print_docs(struct buf *out)
{
    size_t count = 0;
    for (const struct metric_table *t = declared; t; t = t->next)
        count += t->count;
    if (count == 0)
        return;
    AUTO_FREE const struct metric **sorted = mem_alloc(count * sizeof *sorted);
    size_t n = 0;
    for (const struct metric_table *t = declared; t; t = t->next)
        for (size_t i = 0; i < t->count; i++)
            sorted[n++] = &t->rows[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    buf_str(out, "| Metric | Kind | Label | Meaning |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < count; i++)
        print_doc(out, sorted[i]);
}
