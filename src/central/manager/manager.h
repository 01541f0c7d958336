/* The manager's own state, shared by the files of this folder.  Everything runs on its loop.
 *
 * manager.c opens and closes, intake.c receives from the edge and hands each kind to its file, commit.c makes what they write last,
 * queries.c and its neighbours answer the gateway.
 */
#pragma once

#include "central/manager/commit.h"
#include "central/manager/fleet.h"
#include "central/manager/intake.h"
#include "central/manager/metrics.h"
#include "central/service.h"
#include "store/db.h"

struct pending_command;

struct manager {
    struct service_context *c;
    struct db *db;
    struct edge *edge;
    struct fleet fleet;
    struct commit commit;
    struct intake intake;
    struct arena scratch;         /* of the edge message in hand                                          */

    bool connected;               /* to the edge; while not, nobody is judged by silence                  */
    char command_key[64], key_id[24];    /* "" until execution has told                                   */
    bool asking_key, greeted_without_key;

    struct pending_command *commands;    /* without a final result; commands.c                            */
    size_t n_commands;
    int64_t outbox_rows;
    int64_t stream_tokens, stream_at_ms, stream_skipped;
    int64_t swept_ms, saved_ms, unknown_asked_ms;
    size_t sweep_cluster;         /* whose samples are swept next                                         */
    bool save_soon;               /* a connection state changed                                           */
    struct timer soon;            /* watermarks and live view that wait for their turn                    */
    struct timer index;           /* events that are not indexed yet                                      */
    struct timer sweep;           /* old events that are not deleted yet                                  */
};

/* Memory from the store again; an error is logged, and the old memory stays. */
void manager_reload(struct manager *m);

static inline int64_t manager_now(const struct manager *m)
{
    return loop_now_ms(m->c->loop);
}
static inline int64_t manager_wall(const struct manager *m)
{
    return loop_wall_ms(m->c->loop);
}

/* control.c: what central tells agents. A link that is down is no error: the agent registers again. */
void control_welcome(struct manager *m, const struct cluster *c, const char *reply);
void control_refuse(struct manager *m, const char *reply, const char *reason);
void control_refuse_session(struct manager *m, const struct cluster *c, const char *session, const char *reply, const char *reason);    /* that one alone */
void control_hello_again(struct manager *m, struct cluster *c, const char *reason);    /* not too often */
void control_hello_unknown(struct manager *m, const char *cluster_id);
void control_throttle(struct manager *m, struct cluster *c, int64_t pause_ms);
void control_watermark(struct manager *m, struct cluster *c);
void control_soon(struct manager *m);    /* within 100 ms: watermarks that moved, clusters that changed */
void control_ask_key(struct manager *m);
