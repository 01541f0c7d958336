/* Gauges about the process and its parts that are read when somebody scrapes. */
#pragma once

#include "agent/spool.h"
#include "agent/watch.h"
#include "kube/kube.h"

void telemetry_register(void);
void telemetry_refresh(const struct spool_status *spool, const struct watches_status *watches, const struct kube_counts *kube, size_t commands_waiting);

int64_t telemetry_rss_bytes(void);    /* 0: not known */
