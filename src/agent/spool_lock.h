/* One process a spool: two agents with one spool_dir would take each other's records for their own. */
#pragma once

#include "base/err.h"

/* Makes dir when it is not there.  *out: to be given to spool_unlock, -1 when dir is NULL or "" (a spool in memory).  The kernel gives the
 * lock back when the process ends, however it ends. */
int spool_lock(const char *dir, int *out, struct err *e) MUST_CHECK;
void spool_unlock(int lock);
