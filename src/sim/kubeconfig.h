/* The kubeconfig with which clients reach the simulator. */
#pragma once

#include "base/err.h"
#include "sim/sim.h"

/* Writes directory/CLUSTER.kubeconfig (mode 0600), making the directory.  ca: PEM text, or NULL for plain HTTP.  Returns the path, to be freed; NULL with *e. */
char *kubeconfig_write(const struct sim *s, const char *directory, const char *ca, struct err *e);
