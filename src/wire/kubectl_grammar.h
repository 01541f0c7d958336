/* The closed grammar of commands with tool "kubectl" (docs/protocol.md, Command): what may be asked, and nothing else.
 *
 * Nothing is ever started: a command that fits becomes API calls of the agent, which reads alone.  Central checks a command with the same
 * grammar before it signs it.  Every text that comes out is one that a URL may hold after escaping: names are DNS names, selectors are of
 * a small alphabet.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define KUBECTL_NAMES_MAX 8
#define KUBECTL_TAIL_MAX  10000

enum kubectl_verb { KUBECTL_GET, KUBECTL_DESCRIBE, KUBECTL_LOGS, KUBECTL_EVENTS, KUBECTL_TOP, KUBECTL_ROLLOUT, KUBECTL_VERBS };
enum kubectl_output { KUBECTL_TABLE, KUBECTL_WIDE, KUBECTL_JSON, KUBECTL_YAML, KUBECTL_NAME };

/* A kind that may be read. */
struct kubectl_kind {
    const char *singular, *plural, *shorts;    /* shorts: with blanks between, or "" */
    const char *group;                         /* "" for core                        */
    bool namespaced;
};
extern const struct kubectl_kind kubectl_kinds[];
extern const size_t kubectl_kinds_count;

struct kubectl_command {
    enum kubectl_verb verb;
    const struct kubectl_kind *kind;           /* get, describe, top, logs, rollout; events with --for; else NULL */
    const char *names[KUBECTL_NAMES_MAX];
    size_t n_names;
    const char *namespace_;                    /* NULL: not said                              */
    bool all_namespaces;
    const char *selector, *field_selector;     /* NULL: not said                              */
    enum kubectl_output output;
    bool no_headers;
    const char *container;                     /* logs; NULL: the only one                    */
    bool all_containers, previous, timestamps;
    int64_t tail;                              /* lines; -1: not said                         */
    int64_t since_s, limit_bytes;              /* 0: not said                                 */
    bool history;                              /* rollout: history, not status                */
    const char *type;                          /* events: "Normal", "Warning" or NULL         */
};

/* action is the verb.  0, or -1 with ERR_INVALID and a text that says what is wrong and what is allowed. */
int kubectl_parse(const char *action, const char *const *args, size_t n_args, struct arena *a, struct kubectl_command *out, struct err *e) MUST_CHECK;

/* By singular, plural, short name or plural.group, in lower case; NULL when it is none that may be read. */
const struct kubectl_kind *kubectl_kind(const char *name);

/* Verbs, flags and kinds, for help texts. */
void kubectl_help(struct buf *out);
