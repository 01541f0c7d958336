/* The link to central: registers on each connection until it is welcomed, beats, and takes control messages and commands.
 *
 * Its owner fills what it says of itself, and is told what central says.  Neither a broker nor central is needed to start.  On the loop's
 * thread.
 */
#pragma once

#include "agent/options.h"
#include "agent/sender.h"
#include "bus/edge.h"
#include "wire/agent.h"
#include "wire/subject.h"

struct link;

enum link_state {
    LINK_DOWN,            /* no connection to a NATS server                                   */
    LINK_REGISTERING,     /* connected, no welcome yet                                        */
    LINK_PENDING,         /* a person has to accept this cluster                              */
    LINK_REFUSED,         /* or central talks to another agent of this cluster                */
    LINK_ACCEPTED,
};
const char *link_state_name(enum link_state state);

struct link_handlers {
    /* Fills a message that is about to be sent; texts live until the arena's reset. */
    void (*introduce)(void *arg, struct arena *a, struct wire_register *out);
    void (*beat)(void *arg, struct arena *a, struct wire_heartbeat *out);

    void (*welcome)(void *arg, const struct wire_control *welcome);
    void (*command)(void *arg, const char *data, size_t size);
    void (*cancel)(void *arg, const char *command_id);

    /* False: nothing may go out now. */
    bool (*may_speak)(void *arg);
};

/* options and session are borrowed for the link's life.  session: the name of this agent among all that claim the cluster.  sender may be NULL
 * until link_send_through. */
struct link *link_new(struct loop *l, const struct agent_options *options, const char *session, const struct link_handlers *handlers, void *arg, struct err *e);
void link_free(struct link *k);

/* The sender whose opening follows the link's state, and the epoch of its spool. */
void link_send_through(struct link *k, struct sender *sender, uint64_t epoch);

/* -1 when not connected, or when nothing may go out. */
int link_publish_events(void *arg, const void *data, size_t size, const char *encoding, struct err *e) MUST_CHECK;    /* a sender_publish; arg: the link */
int link_publish(struct link *k, enum wire_kind kind, const void *data, size_t size, struct err *e) MUST_CHECK;

/* Register again now: what it says of itself has changed. */
void link_register(struct link *k);

enum link_state link_state(const struct link *k);
bool link_takes_commands(const struct link *k);    /* not while central talks to another agent */
bool link_is_throttled(const struct link *k);

/* Central's wall clock minus ours, ms, as of its last message; *known false: it has not told. */
int64_t link_clock_offset_ms(const struct link *k, bool *known);
int64_t link_metrics_interval_ms(const struct link *k);
