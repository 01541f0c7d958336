/* A pod as the API server shows it: from the struct to JSON. */
#pragma once

#include "sim/pod.h"

/* Works out phase and conditions, writes the object, stores it.  False when nothing changed. */
bool pod_text_store(struct pod *p);
