#include "central/manager/session.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "central/manager/gap.h"

#define RAISE_EVERY_MS 60000    /* a second agent that goes on is one event a minute */

static bool is_the_same(const struct cluster *c, const char *session)
{
    return !c->session || !session || str_eq(c->session, session);
}

static bool was_heard(const struct manager *m, const struct cluster *c)
{
    return manager_now(m) - c->session_ms < m->c->options->degraded_after_ms;
}

/* "<instance>_<epoch>" of the same instance, with another spool. */
static bool is_of_instance(const char *session, const char *instance)
{
    size_t size = instance ? strlen(instance) : 0;
    return size > 0 && strncmp(session, instance, size) == 0 && session[size] == '_';
}

static bool takes_over(const struct manager *m, const struct cluster *c, const struct wire_register *hello)
{
    bool elected = hello->lease_term > c->lease_term;
    bool restarted = hello->epoch > c->epoch && is_of_instance(c->session, hello->instance);
    return elected || restarted || !was_heard(m, c);
}

static void raise(struct manager *m, struct cluster *c, const char *other)
{
    if (c->second_ms != LINK_NEVER && manager_now(m) - c->second_ms < RAISE_EVERY_MS)
        return;
    c->second_ms = manager_now(m);
    AUTO_FREE char *text = str_printf("a second agent (%.64s) runs for this cluster beside %.64s; it is refused. Stop one of them", other, c->session);
    gap_security(m, c, "second_agent", text);
    c->unsaved = true;
}

bool session_take(struct manager *m, struct cluster *c, const struct wire_register *hello, char **why)
{
    if (!is_the_same(c, hello->session) && !takes_over(m, c, hello)) {
        raise(m, c, hello->session);
        *why = str_printf("another agent of this cluster is at work: %.64s", c->session);
        return false;
    }
    if (c->session && hello->session && !str_eq(c->session, hello->session))
        log_info("another agent speaks for the cluster", "cluster_id=%s was=%s is=%s lease_term=%llu", c->id, c->session, hello->session, (unsigned long long)hello->lease_term);
    fleet_text(&c->session, hello->session);
    c->lease_term = hello->lease_term;
    c->session_ms = manager_now(m);
    return true;
}

bool session_hears(struct manager *m, struct cluster *c, const char *session)
{
    if (!is_the_same(c, session)) {
        raise(m, c, session);
        return false;
    }
    if (!c->session && session)
        fleet_text(&c->session, session);    /* central began anew, and this agent goes on */
    c->session_ms = manager_now(m);
    return true;
}
