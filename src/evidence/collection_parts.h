/* The inside of a collection, for collection.c, which fills it, and collection_write.c, which empties it. */
#pragma once

#include "evidence/collection.h"
#include "evidence/ref_table.h"

struct kept_object {
    char *key;              /* "pod/shop/cart-1"                                */
    char *text;             /* JSON                                             */
    size_t size;
    char *extra;            /* more members, each with a comma before it        */
    enum collection_rank rank;
    bool partial;           /* metadata only                                    */
    bool dropped;
};

struct kept_event {
    char *involved;         /* key of its object                                */
    char *name, *text;
    size_t size;
    int64_t at_ms;
    bool normal, dropped;
};

struct kept_log {
    char *pod, *container;
    bool previous, truncated, dropped;
    char *text;
    size_t size;
};

struct kept_note {
    char *what, *why, *verb, *resource, *namespace_;
};

struct kept_list {
    char *kind, *namespace_;
    size_t count;
    bool dropped;
};

struct kept_absent {
    char *kind, *namespace_, *name;
};

struct collection {
    size_t size_max, bytes, bytes_max;
    bool everything;
    struct ref_table object_table, event_table, told_table;
    struct kept_object *objects;
    size_t n_objects;
    struct kept_event *events;
    size_t n_events;
    struct kept_log *logs;
    size_t n_logs;
    struct kept_note *notes;
    size_t n_notes, notes_more;
    struct kept_list *lists;
    size_t n_lists;
    struct kept_absent *absent;
    size_t n_absent;
    size_t refused;         /* objects and events beyond bytes_max              */
    int64_t redactions;
};
