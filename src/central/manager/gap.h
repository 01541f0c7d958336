/* What is known to be missing, and who claimed to be somebody else. */
#pragma once

#include "central/manager/manager.h"
#include "store/gaps.h"

/* Records a gap in the running transaction; the live view hears of it after the commit.  row's cluster and recorded_at are set here. An agent's
 * record that is there already is no error. */
int gap_record(struct manager *m, struct cluster *c, struct gap_row *row, struct err *e) MUST_CHECK;

/* Events that became dead letters: one record a minute for a cluster, so that garbage does not bury other gaps. count -1: unknown. */
int gap_of_dead_letters(struct manager *m, struct cluster *c, int64_t count, const char *why, struct err *e) MUST_CHECK;

/* Raises a security event: metric, log, and the cluster's reason, which every list shows. */
void gap_security(struct manager *m, struct cluster *c, const char *cause, const char *text);
