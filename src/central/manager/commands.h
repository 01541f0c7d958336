/* Commands to agents: stored before they are sent, sent until they are answered, finished by a result, by expiry or by silence. */
#pragma once

#include "base/err.h"
#include "base/json.h"
#include "bus/bus.h"

struct manager;
struct service_context;

enum command_state {
    COMMAND_QUEUED, COMMAND_SENT, COMMAND_ACCEPTED, COMMAND_RUNNING,
    COMMAND_SUCCESS, COMMAND_FAILED, COMMAND_TIMEOUT, COMMAND_REJECTED, COMMAND_EXPIRED, COMMAND_CANCELLED, COMMAND_INTERRUPTED,
    COMMAND_STATES,
};
const char *commands_state_name(enum command_state state);
enum command_state commands_state_parse(const char *name);    /* COMMAND_STATES: no such word */

/* Those without a final result, from the store. */
int commands_reload(struct manager *m, struct err *e) MUST_CHECK;
void commands_forget(struct manager *m);    /* frees the memory of them */

/* Sends again, and ends what was not answered. */
void commands_tick(struct manager *m);

/* Handler of the subject manager.command. */
void commands_issue(struct service_context *c, const struct bus_message *message, json *payload);
