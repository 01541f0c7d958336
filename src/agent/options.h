/* Options of aetherius-agent, filled by base/conf from one table (options.c). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"

struct agent_options {
    char *cluster_id, *cluster_name, *region, *instance;
    char *central_endpoint;
    int64_t reconnect_delay_ms, max_retries;
    char *nats_user, *nats_password_file, *nats_creds, *nats_nkey, *nats_ca, *nats_cert, *nats_key;
    char *kubeconfig, *context;
    bool lease;
    char *lease_namespace;
    int64_t lease_duration_ms;
    char *namespaces, *exclude_namespaces, *exclude_reasons;
    int normal_events;                      /* 0 all, 1 none                                    */
    int raw_data;                           /* 0 warning, 1 all, 2 none                         */
    int64_t objects_max;
    char *spool_dir;
    int64_t spool_bytes_max, buffer_size;
    int64_t heartbeat_interval_ms, metrics_interval_ms;
    char *command_key;
    bool allow_unsigned_commands, commands;
    int64_t commands_per_minute_max;
    char *health_listen, *metrics_listen;
    int log_level, log_format;
    bool restrict_self;
};

enum { RAW_WARNING, RAW_ALL, RAW_NONE };
enum { NORMAL_ALL, NORMAL_NONE };

extern const struct conf_program agent_program;
