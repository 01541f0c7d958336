/* The tables of manager.db.  Only the manager writes them; the modules beside this one (clusters, events, …) are their statements. */
#pragma once

#include "store/db.h"

extern const struct db_schema manager_schema;
