/* ConfigMaps, Secrets and ServiceAccounts: named things with keys, of which the simulator keeps names only. */
#pragma once

#include "sim/world.h"

/* kind: KIND_CONFIG_MAP, KIND_SECRET, KIND_SERVICE_ACCOUNT.  Made when it is not there; returns true then. */
bool config_make(struct world *w, enum kind kind, const char *namespace, const char *name);

/* A key and its value; in a Secret the value is encoded. */
void config_set(struct world *w, enum kind kind, const char *namespace, const char *name, const char *key,
                const char *value);
void config_unset(struct world *w, enum kind kind, const char *namespace, const char *name, const char *key);
bool config_delete(struct world *w, enum kind kind, const char *namespace, const char *name);

bool config_exists(const struct world *w, enum kind kind, const char *namespace, const char *name);
bool config_has_key(const struct world *w, enum kind kind, const char *namespace, const char *name, const char *key);

/* What every namespace gets: the account "default" and the ConfigMap kube-root-ca.crt. */
void config_of_namespace(struct world *w, const char *namespace);
