/* A world on a stage: the tests tell it sentences of a scenario, move its clock and look at what the API server would show. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "sim/script.h"
#include "sim/sim.h"

#define STAGE_START_MS 1800000000000

struct stage {
    struct sim sim;
    struct world *world;
};

static struct stage stage;

static int stage_open(void **state)
{
    (void)state;
    static const struct world_options options = {
        .cluster = "stage", .seed = 7, .speed = 1, .event_ttl_ms = 3600000, .history = { 100000, 1 << 28 }
    };
    stage.world = world_new(&options, STAGE_START_MS, NULL, NULL);
    stage.sim = (struct sim){ .world = stage.world };
    return 0;
}

static int stage_close(void **state)
{
    (void)state;
    world_free(stage.world);
    return 0;
}

static void say(const char *sentence)
{
    struct err e;
    if (script_say(&stage.sim, sentence, &e) != 0)
        fail_msg("%s: %s", sentence, e.text);
}

static void pass(int64_t ms)
{
    world_run(stage.world, stage.world->now_ms + ms);
}

/* The newest text of an object whose name begins so; NULL when there is none. */
static struct json_doc *see(enum kind kind, const char *prefix)
{
    size_t count;
    struct object *const *all = history_objects(stage.world->history, kind, &count);
    for (size_t i = 0; i < count; i++)
        if (!all[i]->gone && all[i]->newest && str_starts(all[i]->name, prefix))
            return json_parse(all[i]->newest->text, all[i]->newest->size, &json_object_limits, NULL);
    return NULL;
}

static inline int count_of(enum kind kind, const char *prefix)
{
    size_t count;
    int found = 0;
    struct object *const *all = history_objects(stage.world->history, kind, &count);
    for (size_t i = 0; i < count; i++)
        found += !all[i]->gone && all[i]->newest && str_starts(all[i]->name, prefix);
    return found;
}

/* The value at a path must be this text; NULL: must be absent. */
static inline void must_be(enum kind kind, const char *prefix, const char *path, const char *wanted)
{
    AUTO_JSON struct json_doc *doc = see(kind, prefix);
    if (!doc)
        fail_msg("there is no %s %s", kind_rows[kind].name, prefix);
    json *value = json_at(json_root(doc), path);
    AUTO_FREE char *other = json_is_string(value) || !value ? NULL : json_text(value, NULL);
    const char *seen = other ? other : json_str(value);
    if (!str_eq(seen, wanted))
        fail_msg("%s %s: %s is %s, wanted %s", kind_rows[kind].name, prefix, path, str_or_empty(seen),
                 str_or_empty(wanted));
}

static inline bool event_fits(const json *event, const char *reason, const char *object, const char *text)
{
    return str_eq(json_get_str(event, "reason"), reason) &&
           str_starts(str_or_empty(json_at_str(event, "involvedObject.name")), object) &&
           strstr(str_or_empty(json_get_str(event, "message")), text);
}

/* The event of this reason about an object whose name begins so, whose message holds text. */
static inline struct json_doc *event_of(const char *reason, const char *object, const char *text)
{
    size_t count;
    struct object *const *all = history_objects(stage.world->history, KIND_EVENT, &count);
    for (size_t i = 0; i < count; i++) {
        struct json_doc *doc =
            all[i]->gone ? NULL : json_parse(all[i]->newest->text, all[i]->newest->size, &json_object_limits, NULL);
        if (doc && event_fits(json_root(doc), reason, object, text))
            return doc;
        json_doc_free(doc);
    }
    return NULL;
}

static inline void must_hear(const char *reason, const char *object, const char *text)
{
    AUTO_JSON struct json_doc *doc = event_of(reason, object, text);
    if (!doc)
        fail_msg("nobody said %s of %s: %s", reason, object, text);
}

static inline void must_not_hear(const char *reason, const char *object)
{
    AUTO_JSON struct json_doc *doc = event_of(reason, object, "");
    if (doc)
        fail_msg("somebody said %s of %s", reason, object);
}

static inline int64_t times_said(const char *reason, const char *object, const char *text)
{
    AUTO_JSON struct json_doc *doc = event_of(reason, object, text);
    return doc ? json_get_int(json_root(doc), "count", 0) : 0;
}

#define ON_STAGE(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)
