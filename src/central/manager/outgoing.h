/* What other services must hear of: outbox rows, sent after the commit and again until they are handled. */
#pragma once

#include "central/manager/manager.h"
#include "store/commands.h"
#include "store/events.h"

/* In the running transaction; stored's body has to be in the commit's arena. */
int outgoing_event(struct manager *m, const struct event_stored *stored, struct err *e) MUST_CHECK;

/* Likewise for a command that has its final result; row's texts are copied. */
int outgoing_result(struct manager *m, const struct command_row *row, struct err *e) MUST_CHECK;

/* Sends what is due. */
void outgoing_tick(struct manager *m);

/* Handler of the subject outbox.handled. */
void outgoing_handled(struct service_context *c, const struct bus_message *message, json *payload);
