/* Admission: a person's decision on a cluster that waits, or was accepted before. */
#pragma once

#include "base/json.h"
#include "bus/bus.h"

struct service_context;

/* Handler of the subject manager.admit. */
void registration_decide(struct service_context *c, const struct bus_message *message, json *payload);
