/* Finds a node for each pod, or says why there is none, in the words of kube-scheduler. */
#pragma once

#include "sim/pod.h"

void scheduler_add(struct pod *p);

/* Something changed that may help: pods that found no place are tried again. */
void scheduler_retry(struct world *w);
