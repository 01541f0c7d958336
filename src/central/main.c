/* aetherius-central: all services in one process, or some of them (--services). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "central/supervisor.h"

/* Order of opening: who is asked comes before who asks. */
static const struct service *const services[] = {
    &knowledge_service, &reasoning_service, &report_service, &execution_service, &orchestrator_service, &manager_service, &gateway_service,
};

static void on_signal(void *arg, int signum)
{
    log_info("stopping", "signal=%s", strsignal(signum));
    loop_stop(arg);
}

static int serve(const struct central_options *options, struct err *e)
{
    struct loop *loop = loop_new("supervisor", 16);
    if (loop_signal(loop, SIGTERM, on_signal, loop, e) || loop_signal(loop, SIGINT, on_signal, loop, e)) {
        loop_free(loop);
        return -1;
    }
    struct supervisor *supervisor = supervisor_start(options, services, COUNT(services), e);
    if (supervisor) {
        AUTO_BUF struct buf edge = { 0 };
        str_hide_logins(&edge, options->edge_endpoint);
        log_info("central runs", "version=%s http=%s edge=%s data=%s", AETHERIUS_VERSION, options->http_listen, buf_text(&edge), options->data_dir);
        loop_run(loop);
        supervisor_stop(supervisor);
        log_info("central ended", "version=%s", AETHERIUS_VERSION);
    }
    loop_free(loop);
    return supervisor ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct err e = { 0 };
    struct central_options options;
    int outcome = conf_load(&central_program, &options, argc, argv, NULL, &e);
    if (outcome == CONF_RUN) {
        log_setup("aetherius-central", (enum log_level)options.log_level, (enum log_format)options.log_format);
        outcome = serve(&options, &e) ? 1 : 0;
        if (outcome)
            log_error("central cannot start", "why=\"%s\"", e.text);
    } else if (outcome < 0) {
        fprintf(stderr, "aetherius-central: %s\n", e.text);
        return CONF_EXIT_CODE;
    } else {
        outcome = 0;
    }
    conf_free(&central_program, &options);
    return outcome;
}
