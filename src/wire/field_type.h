/* The types of a message's fields (enum field_type): how each is read, written, cleared, and when it counts as there.  For field.c alone. */
#pragma once

#include "wire/field.h"

/* Where a value is read: its row, and what it needs. */
struct field_spot {
    const struct field *row;
    const struct field_table *table;
    struct arena *arena;
    struct err *e;
};

/* at: the member itself; count: its size_t, NULL or 0 where the type has none. */
struct field_type_of {
    /* 0; 1: the value is none of the type's; -1 with the error set. */
    int (*read)(const struct field_spot *s, const json *v, void *at, size_t *count);
    bool (*there)(const struct field *row, const void *at, size_t count);
    void (*write)(const struct field *row, bool cut, struct json_w *w, const void *at, size_t count);
    size_t size;         /* bytes to clear before reading; an object clears itself */
    const char *name;    /* for error texts: "it is no ..." */
};
extern const struct field_type_of field_types[FIELD_TYPES];

/* What does not fit refuses the message, instead of being cut or left out. */
bool field_spot_strict(const struct field_spot *s);

/* in, out: the struct that the row is a member of. */
bool field_has_count(const struct field *row);
size_t field_count(const struct field *row, const void *in);
bool field_there(const struct field *row, const void *in);
void field_clear(const struct field *row, void *out);
