/* The shapes of docs/http.md as tables, for /openapi.json.
 *
 * A type is written as: string, time (RFC 3339), int, number, bool, object, any; a|b|c: one of these words; Name: another schema;
 * [T]: a list of T.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

struct schema_field {
    const char *name, *type, *help;    /* help may be NULL */
};

struct schema {
    const char *name, *help;
    const char *required;              /* names with spaces between, or NULL; others are left out or null when there is nothing to say */
    const struct schema_field *fields;
    size_t n_fields;
};

extern const struct schema schemas[];
extern const size_t schemas_count;

/* One schema object for the type; may_be_null: null is a value, too.  help may be NULL. */
void schema_write_type(struct json_w *w, const char *key, const char *type, const char *help, bool may_be_null);

/* All of them, as members of the object that is open: components.schemas. */
void schema_write_all(struct json_w *w);
