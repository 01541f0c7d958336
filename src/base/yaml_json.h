/* YAML, read into the same values as JSON.
 *
 * For foreign files: kubeconfigs, manifests.  One document of at most YAML_JSON_SIZE_MAX bytes and
 * YAML_JSON_DEPTH_MAX levels.  Aliases, merge keys, tags other than !!str, keys that are no scalars and keys that
 * come twice are refused with line and column.  Our own options are read by base/conf.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/json.h"

#define YAML_JSON_SIZE_MAX  (1u << 20)
#define YAML_JSON_DEPTH_MAX 32

enum yaml_json_scalars {
    YAML_JSON_TYPED,    /* plain scalars become null, booleans and numbers by YAML 1.2's core schema  */
    YAML_JSON_TEXT,     /* every scalar is a string, as it stands: names like 1.10 or 007 keep their form */
};

/* The document's value: a mapping or a sequence.  NULL with *e filled ("line 3, column 5: the key name comes twice,
 * first in line 2"). */
struct json_doc *yaml_json_parse(const char *text, size_t size, enum yaml_json_scalars scalars, struct err *e);
