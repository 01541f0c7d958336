/* An object as kubectl shows it, without what nobody should see: no managedFields, no last applied configuration, no values of settings
 * whose name says that they are secret. */
#pragma once

#include "base/json.h"
#include "base/str.h"

/* On one line. */
void object_json(const json *object, struct buf *out);

/* In block style, indented by so many blanks. */
void object_yaml(const json *object, int indent, struct buf *out);
