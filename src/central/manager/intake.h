/* The door between agents and central: every message of the edge comes in here. */
#pragma once

#include "bus/edge.h"

struct manager;

/* Opens the link and asks for the agents' subjects. */
int intake_open(struct manager *m, struct err *e) MUST_CHECK;
