/* A JSON value as text: for people's eyes and other programs. */
#pragma once

#include "base/json.h"
#include "base/str.h"

/* Indented by two; characters that a terminal would act on are escapes, also where JSON allows them raw. */
void render_json(struct buf *out, const json *value);

/* On one line, the same escapes. */
void render_json_line(struct buf *out, const json *value);

/* YAML 1.2 that every YAML 1.1 reader understands the same way: strings are quoted wherever they could be read as something else. */
void render_yaml(struct buf *out, const json *value);
