/* Heartbeats: a sign of life, and what the agent says of itself. */
#include "base/str.h"
#include "central/manager/arrival.h"
#include "central/manager/link_watch.h"
#include "central/manager/session.h"

enum take heartbeat_take(struct manager *m, struct arrival *a, struct err *e)
{
    struct wire_heartbeat beat;
    struct cluster *c = a->cluster;
    if (wire_heartbeat_decode(a->data, a->size, a->cluster_id, &m->scratch, &beat, e))
        return TAKE_POISON;
    if (!session_hears(m, c, beat.session))
        return TAKE_DONE;
    AUTO_FREE char *text = wire_heartbeat_encode(&beat, NULL);
    fleet_text(&c->beat, text);
    c->clock_offset_ms = beat.timestamp ? beat.timestamp - manager_wall(m) : 0;
    c->spool_epoch = beat.epoch;
    c->spool_seq = beat.seq;
    c->tell_stream = true;
    link_heard(m, c);
    control_soon(m);
    return TAKE_DONE;
}
