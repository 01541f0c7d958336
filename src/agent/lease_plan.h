/* Who of several agents of one cluster works: the decisions behind agent/lease.h.
 *
 * A Lease names its holder.  The holder renews it; another agent takes it over once it has not changed for the whole of its duration, by
 * that agent's own clock (what the times in the object say depends on somebody else's).  The holder trusts itself for less than that:
 * TERM of the duration, counted from before its last successful request was sent.  So an agent that was stopped, suspended or cut off
 * finds its term over when it wakes, and does nothing until the API server has answered.
 *
 * When the API server does not answer at all nobody can take the lease there: the agent goes on, alone (LEASE_ALONE), and central keeps
 * two that both reach it apart.  Pure: no socket, no clock.  now_ms is a clock that goes on while the machine sleeps (clock_boot_ms).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LEASE_HOLDER_SIZE  200
#define LEASE_VERSION_SIZE 64
#define LEASE_TIME_SIZE    40

enum lease_state {
    LEASE_UNKNOWN,      /* not asked yet, or our term is over and the next answer decides: nothing may be done      */
    LEASE_HELD,
    LEASE_STANDBY,      /* another agent holds it                                                                    */
    LEASE_ALONE,        /* the API server does not answer: nobody else can take it there                             */
    LEASE_WITHOUT,      /* there is none to be had: not allowed, or not wanted                                       */
    LEASE_STATES,
};
const char *lease_state_name(enum lease_state state);

enum lease_todo {
    LEASE_READ,
    LEASE_MAKE,
    LEASE_WRITE,        /* renew or take over, naming record.version */
    LEASE_REST,         /* nothing until the time lease_plan_todo names */
};

struct lease_record {
    char holder[LEASE_HOLDER_SIZE];      /* "": nobody                                         */
    char version[LEASE_VERSION_SIZE];
    char acquired[LEASE_TIME_SIZE];      /* acquireTime as it stands there                     */
    char place[LEASE_VERSION_SIZE];      /* where a successor goes on, or ""                   */
    int64_t duration_ms, transitions;
};

struct lease_plan {
    char identity[LEASE_HOLDER_SIZE];
    int64_t duration_ms;
    enum lease_state state;              /* as of the last answer                              */
    enum lease_todo todo;                /* the next request                                   */
    bool there;                          /* the record was seen                                */
    struct lease_record record;
    int64_t changed_ms;                  /* when the record was first seen as it is            */
    int64_t term_ms;                     /* HELD and ALONE hold until then                     */
    int64_t next_ms;                     /* no request before                                  */
    int64_t sent_ms;                     /* when the last request was sent                     */
};

void lease_plan_init(struct lease_plan *p, const char *identity, int64_t duration_ms, int64_t now_ms);

/* What to do now; LEASE_REST until *until_ms. */
enum lease_todo lease_plan_todo(const struct lease_plan *p, int64_t now_ms, int64_t *until_ms);

/* What the write shall say of the holder: transitions goes up with each new one. */
int64_t lease_plan_transitions(const struct lease_plan *p);

/* A request is on its way; then one of the five below. */
void lease_plan_sent(struct lease_plan *p, int64_t now_ms);
void lease_plan_read(struct lease_plan *p, const struct lease_record *record, int64_t now_ms);    /* record NULL: there is no lease */
void lease_plan_written(struct lease_plan *p, const struct lease_record *record, int64_t now_ms);
void lease_plan_conflict(struct lease_plan *p, int64_t now_ms);     /* another one wrote in between                  */
void lease_plan_silence(struct lease_plan *p, int64_t now_ms);      /* no answer, or none that says anything         */
void lease_plan_denied(struct lease_plan *p, int64_t now_ms);       /* no right, or no such namespace                */

/* LEASE_UNKNOWN once the term is over, whatever was answered before. */
enum lease_state lease_plan_state(const struct lease_plan *p, int64_t now_ms);

/* Between two requests of a holder, and of one that waits. */
int64_t lease_plan_retry_ms(const struct lease_plan *p);
