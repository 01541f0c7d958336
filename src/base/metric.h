/* Counters, gauges and histograms, printed as OpenMetrics text.
 *
 * A module declares its metrics as a static table of rows and registers it once; docs/metrics.md is printed from the same rows.
 * Updates are atomic and may come from any thread.  A labelled metric keeps at most METRIC_SERIES_MAX label values; what comes
 * beyond is counted under "other".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

#define METRIC_SERIES_MAX 2000

struct metric {
    const char *name;          /* aetherius_agent_events_total: unit and _total by OpenMetrics' rules         */
    enum metric_kind kind;
    const char *label;         /* one label's name, or NULL                                                   */
    const char *help;          /* one sentence                                                                */
    struct metric_series *series;    /* the registry's                                                        */
};

/* rows stay the caller's and must live for ever; registering again is harmless.  A row used before is registered then.  Asserts that names are
 * unique, [a-z_][a-z0-9_]*, and end with _total exactly when they are counters. */
void metric_register(struct metric *rows, size_t count);

/* METRIC_DECLARE(rows) stands below each table, so that docs/metrics.md knows the rows of a program without starting it. */
struct metric_table {
    const struct metric *rows;
    size_t count;
    struct metric_table *next;
};
void metric_declare(struct metric_table *table);    /* table stays the caller's and must live for ever; before main */
#define METRIC_DECLARE(table_)                                                                      \
    static struct metric_table declared_##table_ = { .rows = table_, .count = COUNT(table_) };     \
    __attribute__((constructor)) static void declare_##table_(void)                                \
    {                                                                                               \
        metric_declare(&declared_##table_);                                                        \
    }                                                                                               \
    _Static_assert(COUNT(table_) > 0, "a table of no metrics")

/* label_value: NULL for a metric without label; cut at 128 bytes, made harmless.  metric_add is for counters (by >= 0) and gauges, metric_set for
 * gauges and for counters that mirror one kept elsewhere, metric_observe for histograms, whose names end with _seconds. */
void metric_add(struct metric *m, const char *label_value, double by);
void metric_set(struct metric *m, const char *label_value, double value);
void metric_observe(struct metric *m, const char *label_value, double seconds);
double metric_value(const struct metric *m, const char *label_value);    /* 0 when never touched; a histogram's count */

/* All registered metrics as OpenMetrics 1.0 text, ending with "# EOF". */
void metric_print(struct buf *out);
#define METRIC_CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* The declared rows as a Markdown table, sorted by name; nothing when there are none. */
void metric_print_docs(struct buf *out);
