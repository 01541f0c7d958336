/* Options of aetherius-central, filled by base/conf from one table (options.c). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"

struct central_options {
    char *edge_endpoint, *inner_endpoint;
    char *nats_user, *nats_password_file, *nats_creds, *nats_nkey, *nats_ca, *nats_cert, *nats_key;
    char *data_dir, *database, *cache, *vectors;
    char *services;
    char *http_listen, *metrics_listen, *http_hosts;
    bool insecure_no_login;
    int admission;                          /* 0 auto, 1 manual                                 */
    char *model_url, *model_name, *model_key_file;
    int64_t heartbeat_interval_ms, metrics_interval_ms, batch_interval_ms;    /* what the welcome tells agents */
    int64_t batch_max;
    int64_t degraded_after_ms, offline_after_ms;
    int64_t event_retention_ms, incident_retention_ms;
    int64_t events_per_second_max;          /* quota a cluster; above it the agent is told to slow down */
    int64_t evidence_timeout_ms;
    int64_t recheck_ms;                     /* first look again at an open incident             */
    int64_t mailbox_max;
    int log_level, log_format;
};

extern const struct conf_program central_program;

/* Is http_listen within reach of this machine alone (loopback, a socket file, off)? */
bool central_is_local(const struct central_options *o);
