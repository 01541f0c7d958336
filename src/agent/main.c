/* aetherius-agent: watches one cluster and reports to central. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/confine.h"
#include "agent/memory.h"
#include "base/log.h"

#define MAILBOX_MAX 1024

static void on_signal(void *arg, int signum)
{
    log_info("stopping", "signal=%s", strsignal(signum));
    agent_stop(arg);
}

/* 1: another agent took this one's place. */
static int serve(const struct agent_options *options, struct err *e)
{
    int outcome = -1;
    struct memory memory = { 0 };
    struct loop *loop = loop_new("agent", MAILBOX_MAX);
    struct agent *agent = agent_new(loop, options, e);
    bool ready = agent && loop_signal(loop, SIGTERM, on_signal, agent, e) == 0 && loop_signal(loop, SIGINT, on_signal, agent, e) == 0;
    if (ready) {
        AUTO_BUF struct buf central = { 0 };
        str_hide_logins(&central, options->central_endpoint);
        log_info("the agent runs", "version=%s central=%s", AETHERIUS_VERSION, buf_text(&central));
        memory_tend(&memory, loop);
        loop_run(loop);
        memory_leave(&memory);
        outcome = agent_outcome(agent, e);
    }
    agent_free(agent);
    loop_free(loop);
    if (ready)
        log_info("the agent ended", "version=%s", AETHERIUS_VERSION);
    return outcome;
}

int main(int argc, char **argv)
{
    struct err e = { 0 };
    struct agent_options options;
    memory_begin();
    int outcome = conf_load(&agent_program, &options, argc, argv, NULL, &e);
    if (outcome == CONF_DONE)
        return 0;
    if (outcome < 0) {
        fprintf(stderr, "aetherius-agent: %s\n", e.text);
        return CONF_EXIT_CODE;
    }
    log_setup("aetherius-agent", (enum log_level)options.log_level, (enum log_format)options.log_format);
    log_thread("agent", options.cluster_id);
    outcome = confine(&options, &e);
    if (outcome == 0)
        do
            outcome = serve(&options, &e);
        while (outcome > 0);
    if (outcome)
        log_error("the agent cannot start", "why=\"%s\"", e.text);
    conf_free(&agent_program, &options);
    return outcome ? 1 : 0;
}
