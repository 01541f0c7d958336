/* A stage for the manager's service tests: a nats-server, the manager under the supervisor, a witness in the place of its neighbours, and a
 * plain NATS client in the place of an agent.
 *
 * The test's thread owns the stage; the witness has a thread of its own, and everything it saw is read under its lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "bus/edge.h"

struct stage;

struct stage_options {
    bool no_jetstream, manual_admission;
    int64_t degraded_after_ms, offline_after_ms;    /* 0: the usual ones */
    int64_t events_per_second_max;
};

/* NULL when there is no nats-server (the test is to be skipped). */
struct stage *stage_open(const struct stage_options *options);
void stage_close(struct stage *s);

/* Ends the manager and starts another one on the same data. */
void stage_restart_manager(struct stage *s);
void stage_stop_manager(struct stage *s);
void stage_start_manager(struct stage *s);

/* The store refuses every event from now on, or takes them again. */
void stage_break_store(struct stage *s);
void stage_mend_store(struct stage *s);

/* Puts that many events of 1970 into the empty store and restarts the manager. */
void stage_fill_store(struct stage *s, int count);

/* The agent's side: publishes, and waits until a message whose subject begins with subject and whose text contains part has come; returns its text
 * (until the next call).  Each message is given out once. The test fails after ten seconds. */
void stage_say(struct stage *s, const char *subject, const char *text);
void stage_request(struct stage *s, const char *subject, const char *reply, const char *text);    /* the stage listens on "answer" */
const char *stage_hear(struct stage *s, const char *subject, const char *part);
bool stage_heard(struct stage *s, const char *subject, const char *part);    /* has such a message come by now? */

/* The neighbours' side: likewise for messages on the inner bus (event.received, command.result, stream.…). */
const char *stage_see(struct stage *s, const char *subject, const char *part);
int stage_seen(struct stage *s, const char *subject, const char *part);      /* how many there were so far */

/* Publishes on the inner bus. */
void stage_tell(struct stage *s, const char *subject, const char *text);

/* Asks the manager on the inner bus: the whole envelope, free with json_doc_free. */
struct json_doc *stage_ask(struct stage *s, const char *subject, const char *text);

/* The body of a query that succeeds; params is a JSON object. */
struct json_doc *stage_query(struct stage *s, const char *what, const char *id, const char *params);
