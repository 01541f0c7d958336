/* Requests of Pods and what nodes have left of their allocatable.  Pure. */
#pragma once

#include "diagnose/finding.h"

/* What the scheduler counts for a Pod: its containers together or its largest init container, and the overhead. */
double resources_of_pod(const struct object *pod, const char *resource);

/* Adds up the Pods of every node once; called before any rule. */
void resources_count(struct run *r);

/* Allocatable of a node less the requests of its Pods in the bundle. */
double resources_free(const struct run *r, const struct object *node, const char *resource);

/* Pods on a node that still count. */
double resources_pods(const struct run *r, const struct object *node);
