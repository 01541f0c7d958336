/* The live view: what the gateway streams to browsers as it happens.  A view, not a record: under load events are left out and counted. */
#pragma once

#include "central/manager/manager.h"
#include "store/commands.h"
#include "store/gaps.h"

/* body: the stored event's JSON object. */
void live_event(struct manager *m, const char *body, int64_t stored_at);

/* At most once a second for one cluster: false when it is too early, and the flag stays. */
bool live_cluster(struct manager *m, struct cluster *c);
void live_gap(struct manager *m, const struct cluster *c, const struct gap_row *row);
void live_command(struct manager *m, const struct command_row *row);
