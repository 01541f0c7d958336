/* A container that ended and should not have: what rules_crash.c finds by how it ended, and crash_said.c by what it said. */
#pragma once

#include "diagnose/rules.h"

struct crash {
    struct run *r;
    const struct pod *p;
    const struct container *c;
    const struct ended *end;
    struct reason_line line; /* text NULL: nothing was said                 */
    bool rivals;             /* two lines say as much, each something else  */
};

/* A finding with the end of the container and its last words as evidence. */
struct finding *crash_found(struct crash *s, const char *code, enum strength strength);

/* The application's own error, with the line that says most. */
struct finding *crash_app_error(struct crash *s);

/* By the class of the line.  False: the line says nothing that points elsewhere. */
bool crash_said(struct crash *s);

/* The other side of a connection: from the line, else from the one setting that names a host. */
bool crash_host(struct crash *s, struct host *out);
