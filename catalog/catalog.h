/* The diagnosis catalogue: what can be wrong in a cluster, as constant data.
 *
 * Every code the engine may name has one entry: how grave it is, where it stands in the order of decision, the sentence that
 * states it in English and Chinese, what to do, and a page of knowledge about it.  Beside the codes stand three tables that were
 * learned from Kubernetes and not from us: what an event reason is worth, what an exit code means, and which phrases in logs and
 * messages belong to which class of trouble.
 *
 * All of it is written in catalog/ as YAML and compiled in by catalog/generate.py, which refuses an entry that is incomplete.
 * Nothing here allocates, locks or changes after the build: any thread may call anything at any time, and every pointer handed
 * out lives as long as the program.  Each table is an object file of its own, so a program links only the tables it asks for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CATALOG_VALUE_MAX 200 /* bytes of one value in a rendered sentence; what is longer ends in an ellipsis */

/* A text in both languages; neither is ever NULL except in the entry that ends a list. */
struct catalog_text {
    const char *en, *zh;
};

/* What to do.  class_ says who may start it: "none" a person by hand, "ask" Aetherius after approval, "ok" Aetherius on its own
 * where policy allows.  object, command and text are templates for catalog_render(); command is "" when there is none. */
struct catalog_action {
    const char *type, *class_, *object, *command;
    struct catalog_text text;
};

/* One page of the knowledge base.  The lists end with an entry whose en is NULL, links with NULL.  These are plain Markdown for a
 * reader, not templates: NS, POD, NODE and other capitals in a command stand for names the reader knows. */
struct catalog_knowledge {
    struct catalog_text meaning;
    const struct catalog_text *signal, *checks, *fix, *prevention;
    const char *reviewed; /* day of the last review, 2026-11-24 */
    const char *const *links;
};

struct catalog_code {
    const char *code, *family;     /* "config.key-missing", "config" */
    const char *severity;          /* critical, high, medium, low, info */
    int tier;                      /* order of decision, down before up: a smaller tier explains a larger one */
    struct catalog_text title;     /* short name: "Key missing in a ConfigMap or Secret" */
    struct catalog_text statement; /* template of the headline sentence; catalog/README.md lists the placeholders */
    const struct catalog_action *actions;
    size_t n_actions;
    struct catalog_knowledge knowledge;
};

extern const struct catalog_code catalog_codes[]; /* sorted by code */
extern const size_t catalog_codes_count;

/* The entry of a code, or NULL when there is none. */
const struct catalog_code *catalog_find(const char *code);

/* What is known of an event reason.  warning and normal are the severities of its Warning and its Normal form: some troubles come
 * as Normal events (the back-off of an image pull), some Warnings are noise. */
struct catalog_reason {
    const char *reason;
    const char *by;     /* who writes it: kubelet, scheduler, job-controller, ... */
    const char *family; /* family of codes it points to, "" when it points nowhere */
    const char *warning, *normal;
};

/* The row of a reason, or NULL when it is not in the table. */
const struct catalog_reason *catalog_reason(const char *reason);

/* Severity of an event: the row's, else medium for a Warning and info for a Normal event.  Never NULL. */
const char *catalog_reason_severity(const char *reason, bool warning);

/* What an exit code says.  name is the signal's or the short habit ("SIGKILL", "not found"), "" when there is none. */
struct catalog_exit {
    int code;
    const char *name;
    struct catalog_text meaning;
};

/* NULL when the code is the application's own affair. */
const struct catalog_exit *catalog_exit(int code);

/* The class of the first pattern of a group that occurs in text, or NULL.  Groups are "log", "pull", "schedule", "mount",
 * "admission" and "sandbox"; an unknown group is a mistake of the caller.  Letters are compared without case (ASCII).  One pass over
 * the text, whatever it holds; the caller bounds its length. */
const char *catalog_match(const char *group, const char *text);
const char *catalog_match_n(const char *group, const char *text, size_t size);

/* A named value for a template.  A value that is NULL or "" counts as absent. */
struct catalog_param {
    const char *name, *value;
};

/* Fills a template into out, always terminated.  {name} is replaced by its value, by "?" when it is absent; a part in [brackets]
 * vanishes when a placeholder in it is absent; a backslash takes the next character as it stands.  Values come from clusters: line
 * breaks, control and direction-changing characters become spaces, broken UTF-8 becomes "?", and what is longer than
 * CATALOG_VALUE_MAX is cut.  Returns 0, or 1 when out was too small and holds the longest whole-character beginning. */
int catalog_render(const char *template_, const struct catalog_param *params, size_t n, char *out, size_t size);

/* Has every placeholder outside of brackets a value?  A command that lacks one is better not shown. */
bool catalog_complete(const char *template_, const struct catalog_param *params, size_t n);
