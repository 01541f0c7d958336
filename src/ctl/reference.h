/* An incident by what a person types of its id. */
#pragma once

#include "ctl/ctl.h"

#define REFERENCE_SHOWN 8    /* last characters of an id that tables show: ids begin with their time, so their ends differ */

/* The end of the id that is shown. */
const char *reference_short(const char *id);

/* The whole id for the text: itself, or the one incident whose id ends with it.  free() it.  NULL with *e: none, or several (they are named). */
char *reference_resolve(struct ctl *c, const char *text, struct err *e);
