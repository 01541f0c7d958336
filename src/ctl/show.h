/* What several commands do with an answer: as data, as a table, once or again and again. */
#pragma once

#include "ctl/ctl.h"

/* Prints the value as --output json or yaml says. */
void show_data(const struct ctl *c, const json *value);

/* Fetches a list and hands it to view, or prints it as data; with --watch it does so whenever the text differs, until it fails or is interrupted.  once: reads anew. */
struct show {
    struct json_doc *(*fetch)(struct ctl *c, void *arg, struct err *e);
    void (*view)(struct ctl *c, void *arg, const json *value);
    void *arg;
};
int show_run(struct ctl *c, const struct show *show);
