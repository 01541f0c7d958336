/* Deletes what is older than its retention, a little at a time. */
#pragma once

struct manager;

void sweep_tick(struct manager *m);
