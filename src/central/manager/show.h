/* How the manager's rows look in answers and in the live view (docs/http.md). */
#pragma once

#include "base/json.h"
#include "central/manager/manager.h"
#include "store/commands.h"
#include "store/events.h"
#include "store/gaps.h"

const char *show_state(const struct cluster *c);    /* online, degraded, offline, pending, refused */
void show_cluster(struct manager *m, struct json_w *w, const struct cluster *c);
void show_agent(struct manager *m, struct json_w *w, const struct cluster *c);    /* the seed's shape */

/* body: a stored event's JSON object; adds what central knows.  skipped: events left out before this one, 0: none. */
void show_event(struct json_w *w, const struct event_row *row, int64_t skipped);
void show_gap(struct json_w *w, const char *cluster_id, const struct gap_row *row);

/* whole: with the result's output. */
void show_command(struct json_w *w, const char *cluster_id, const struct command_row *row, bool whole);
