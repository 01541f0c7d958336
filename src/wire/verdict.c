#include "wire/verdict.h"

#include "base/str.h"
#include "wire/field.h"

#define TEXT_MAX    (64u << 10) /* bytes of a quote or a sentence */
#define LIST_MAX    64          /* roots, and what hangs on one   */
#define REASONS_MAX 256         /* of one sort; nodes, too        */
#define EDGES_MAX   512

static const char *const outcome_names[] = {
    [VERDICT_INCONCLUSIVE] = "inconclusive",
    [VERDICT_FAULT] = "fault",
    [VERDICT_HEALTHY] = "healthy",
    [VERDICT_RECOVERED] = "recovered",
};
static const struct field_words outcomes = { outcome_names, COUNT(outcome_names), VERDICT_INCONCLUSIVE };

static const struct field evidence_rows[] = {
    F_STR(struct wire_evidence, "source", source),
    F_STR(struct wire_evidence, "quote", quote, .max = TEXT_MAX),
    F_TIME(struct wire_evidence, "at", at),
};
static const struct field_table evidence_table = { "verdict evidence", evidence_rows, COUNT(evidence_rows) };

static const struct field action_rows[] = {
    F_STR(struct wire_action, "type", type),
    F_STR(struct wire_action, "object", object),
    F_STR(struct wire_action, "class", class_),
    F_STR(struct wire_action, "command", command, .max = TEXT_MAX),
    F_STR(struct wire_action, "text", text, .max = TEXT_MAX),
    F_STR(struct wire_action, "text_zh", text_zh, .max = TEXT_MAX),
};
static const struct field_table action_table = { "verdict action", action_rows, COUNT(action_rows) };

static const struct field root_rows[] = {
    F_STR(struct wire_root, "code", code),
    F_STR(struct wire_root, "object", object),
    F_SHARE(struct wire_root, "confidence", confidence, .flags = FIELD_ALWAYS),
    F_ENUM(struct wire_root, "severity", severity, &field_severities),
    F_STR(struct wire_root, "statement", statement, .max = TEXT_MAX),
    F_STR(struct wire_root, "statement_zh", statement_zh, .max = TEXT_MAX),
    F_LIST(struct wire_root, "evidence", evidence, n_evidence, &evidence_table, .max = LIST_MAX, .flags = FIELD_ALWAYS),
    F_LIST(struct wire_root, "actions", actions, n_actions, &action_table, .max = LIST_MAX, .flags = FIELD_ALWAYS),
};
static const struct field_table root_table = { "verdict root", root_rows, COUNT(root_rows) };

/* The same thing-and-why under the names that each list has for them. */
#define REASON_ROWS(what_key, why_key)                                                                                 \
    {                                                                                                                  \
        F_STR(struct wire_reason, what_key, what),                                                                     \
        F_STR(struct wire_reason, why_key, why, .max = TEXT_MAX),                                                      \
        F_STR(struct wire_reason, why_key "_zh", why_zh, .max = TEXT_MAX),                                             \
        F_TIME(struct wire_reason, "at", at),                                                                          \
    }
static const struct field victim_rows[] = REASON_ROWS("object", "why");
static const struct field ruled_out_rows[] = REASON_ROWS("code", "why");
static const struct field not_checked_rows[] = REASON_ROWS("what", "why");
static const struct field change_rows[] = REASON_ROWS("object", "text");
static const struct field_table victim_table = { "verdict victim", victim_rows, COUNT(victim_rows) };
static const struct field_table ruled_out_table = { "verdict ruled_out", ruled_out_rows, COUNT(ruled_out_rows) };
static const struct field_table not_checked_table = { "verdict not_checked", not_checked_rows,
                                                      COUNT(not_checked_rows) };
static const struct field_table change_table = { "verdict change", change_rows, COUNT(change_rows) };

static const struct field node_rows[] = {
    F_STR(struct wire_node, "object", object),
    F_STR(struct wire_node, "role", role),
    F_STR(struct wire_node, "state", state),
};
static const struct field_table node_table = { "verdict node", node_rows, COUNT(node_rows) };

static const struct field edge_rows[] = {
    F_STR(struct wire_edge, "from", from),
    F_STR(struct wire_edge, "to", to),
    F_STR(struct wire_edge, "kind", kind),
};
static const struct field_table edge_table = { "verdict edge", edge_rows, COUNT(edge_rows) };

#define LIST(name, t, most) F_LIST(struct wire_verdict, #name, name, n_##name, t, .max = most, .flags = FIELD_ALWAYS)

static const struct field verdict_rows[] = {
    F_ENUM(struct wire_verdict, "verdict", outcome, &outcomes, .flags = FIELD_REQUIRED),
    LIST(roots, &root_table, LIST_MAX),
    LIST(victims, &victim_table, REASONS_MAX),
    LIST(ruled_out, &ruled_out_table, REASONS_MAX),
    LIST(not_checked, &not_checked_table, REASONS_MAX),
    LIST(changes, &change_table, REASONS_MAX),
    LIST(nodes, &node_table, REASONS_MAX),
    LIST(edges, &edge_table, EDGES_MAX),
    F_INT(struct wire_verdict, "calls", calls, .flags = FIELD_ALWAYS),
    F_INT(struct wire_verdict, "ms", ms, .flags = FIELD_ALWAYS),
};
static const struct field_table verdict_table = { "verdict", verdict_rows, COUNT(verdict_rows) };

const char *wire_outcome_name(enum wire_outcome o)
{
    return field_word(&outcomes, o);
}

void wire_verdict_write(struct json_w *w, const char *key, const struct wire_verdict *v)
{
    json_w_object(w, key);
    field_write(&verdict_table, w, v);
    json_w_end(w);
}

int wire_verdict_read(const json *value, struct arena *a, struct wire_verdict *out, struct err *e)
{
    *out = (struct wire_verdict){ 0 };
    if (!json_is_object(value))
        return err_set(e, ERR_INVALID, "verdict: it is no object");
    return field_read(&verdict_table, value, a, out, e);
}
