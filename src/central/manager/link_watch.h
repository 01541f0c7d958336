/* Keeps each cluster's connection state, by what is heard and by silence. */
#pragma once

#include "central/manager/manager.h"

/* A sign of life came. */
void link_heard(struct manager *m, struct cluster *c);

/* Looks for silence; nobody is judged while the edge is down. */
void link_tick(struct manager *m);
