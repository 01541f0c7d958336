/* A person's word on clusters that wait for admission. */
#pragma once

#include "ctl/ctl.h"

/* "accept" or "refuse". */
bool admission_is_decision(const char *word);

/* Tells central, prints the cluster as it is then; an exit code. */
int admission_decide(struct ctl *c, const char *decision, const char *cluster_id);

/* One line that says how many clusters wait, and how to answer; nothing when waiting is 0. */
void admission_remind(const struct ctl *c, const char *cluster_id, int64_t waiting);
