/* What reasoning says of an incident (docs/http.md, Incident: verdict).  Borrowed from the arena it was made in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "wire/event.h"

enum wire_outcome { VERDICT_INCONCLUSIVE, VERDICT_FAULT, VERDICT_HEALTHY, VERDICT_RECOVERED };
const char *wire_outcome_name(enum wire_outcome o);

struct wire_evidence {
    const char *source;          /* "event pod/shop/cart-7d9", "log pod/shop/cart-7d9 container cart (previous)", "configmap/shop/cart-config" */
    const char *quote;           /* the literal line                                              */
    int64_t at;                  /* wall ms, 0: no time                                           */
};

struct wire_action {
    const char *type, *object, *class_, *command;    /* class: none, ask, ok                      */
    const char *text, *text_zh;
};

struct wire_root {
    const char *code, *object;   /* object: kind/namespace/name in lower-case kind                 */
    double confidence;           /* 0 to 1                                                        */
    enum wire_severity severity;
    const char *statement, *statement_zh;
    struct wire_evidence *evidence;
    size_t n_evidence;
    struct wire_action *actions;
    size_t n_actions;
};

struct wire_reason {             /* a thing and why, in both languages                            */
    const char *what;            /* object, code or check                                         */
    const char *why, *why_zh;
    int64_t at;                  /* for changes                                                   */
};

struct wire_edge {
    const char *from, *to, *kind;    /* owns, runs-on, selects, mounts, references                 */
};

struct wire_node {
    const char *object, *role, *state;    /* role: root, victim, context                           */
};

struct wire_verdict {
    enum wire_outcome outcome;
    struct wire_root *roots;           size_t n_roots;
    struct wire_reason *victims;       size_t n_victims;
    struct wire_reason *ruled_out;     size_t n_ruled_out;
    struct wire_reason *not_checked;   size_t n_not_checked;
    struct wire_reason *changes;       size_t n_changes;
    struct wire_node *nodes;           size_t n_nodes;      /* affected graph */
    struct wire_edge *edges;           size_t n_edges;
    int64_t calls, ms;                 /* API calls for the evidence, time for it and the rules    */
};

/* Lists are cut at 64 (roots, and evidence and actions of one), 256 (reasons, nodes) and 512 (edges), texts at 64 KiB. */
void wire_verdict_write(struct json_w *w, const char *key, const struct wire_verdict *v);

/* 0, or -1: value is no verdict. */
int wire_verdict_read(const json *value, struct arena *a, struct wire_verdict *out, struct err *e) MUST_CHECK;
