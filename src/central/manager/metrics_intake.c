/* Metric samples: stored as they are, by the time at which they were taken. */
#include "central/manager/arrival.h"
#include "store/samples.h"
#include "wire/metrics.h"

#define AHEAD_MS 600000           /* a sample from further ahead is of a wrong clock and gets ours */

enum take metrics_take(struct manager *m, struct arrival *a, struct err *e)
{
    struct wire_metrics sample;
    struct cluster *c = a->cluster;
    if (wire_metrics_decode(a->data, a->size, a->cluster_id, &m->scratch, &sample, e))
        return TAKE_POISON;
    if (sample.timestamp > manager_wall(m) + AHEAD_MS)
        sample.timestamp = manager_wall(m);
    if (commit_join(m, e))
        return TAKE_FAILED;
    int fresh = samples_insert(m->db, c->n, &sample, e);
    if (fresh < 0)
        return TAKE_FAILED;
    if (fresh) {
        c->metrics_total++;
        c->changed = true;
        metric_add(&manager_metrics[M_SAMPLES], c->id, 1);
    }
    return TAKE_DONE;
}
