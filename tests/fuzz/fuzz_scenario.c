/* Scenarios of any text: refused with a line, or carried out by a cluster that then lives for two seconds. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "sim/script.h"
#include "sim/selector.h"
#include "sim/sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A thousand pods are allowed, and take their time: not what is looked for here. */
static bool has_large_number(const char *text)
{
    int digits = 0;
    for (; *text; text++) {
        digits = isdigit((unsigned char)*text) ? digits + 1 : 0;
        if (digits == 3)
            return true;
    }
    return false;
}

static void select_all(struct world *w, const char *text)
{
    struct selector s;
    struct err e;
    if (selector_parse(&s, NULL, text, text, &e) != 0)
        return;
    size_t count;
    struct object *const *pods = history_objects(w->history, KIND_POD, &count);
    for (size_t i = 0; i < count; i++)
        selector_takes(&s, pods[i]->newest);
    selector_fini(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct world_options options = {
        .cluster = "fuzz", .seed = 1, .speed = 1, .event_ttl_ms = 60000, .history = { 1000, 1 << 20 }
    };
    AUTO_FREE char *text = str_ndup((const char *)data, size);
    if (size > 2000 || has_large_number(text))
        return 0;
    struct err e;
    struct script_head head = { 0 };
    script_read_head(text, &head);
    struct world *w = world_new(&options, 1800000000000, NULL, NULL);
    struct sim sim = { .world = w };
    if (script_load(&sim, text, &e) != 0) {
        if (!strstr(e.text, "line "))
            abort();
    } else {
        world_run(w, w->now_ms + 2000);
    }
    select_all(w, text);
    world_free(w);
    return 0;
}
