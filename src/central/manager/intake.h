/* The door between agents and central: every message of the edge comes in here. */
#pragma once

#include "bus/edge.h"

struct manager;

/* Events that the broker has delivered and nobody has looked at yet, oldest first.  It is worked off a little in each turn of the loop, so that whoever asks something
 * waits for a few milliseconds of a flood and not for all of it.  The broker bounds the messages without an acknowledgement, the edge their bytes. */
struct intake {
    struct edge_message *waiting; /* a ring */
    size_t first, count, capacity;
    struct timer turn, extend;    /* extend: the broker is told that what waits is not lost */
};

/* Opens the link and asks for the agents' subjects. */
int intake_open(struct manager *m, struct err *e) MUST_CHECK;

/* Shows how much of what the broker delivered is in memory. */
void intake_tick(struct manager *m);

/* Gives back what waits; before the edge is freed. */
void intake_close(struct manager *m);
