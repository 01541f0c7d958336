#include "sim/load.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "sim/recorder.h"

#define STEP_MS 10
#define PODS    200 /* that the events speak of */

static const struct sample {
    const char *type, *reason, *text;
} samples[] = {
    { NORMAL, "Pulled",
      "Container image \"registry.local/app:1\" already present on machine and can be accessed by the pod" },
    { NORMAL, "Created", "Container created" },
    { NORMAL, "Started", "Container started" },
    { WARNING, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503" },
    { WARNING, "BackOff", "Back-off restarting failed container app" },
    { WARNING, "FailedMount", "MountVolume.SetUp failed for volume \"v\" : configmap \"absent\" not found" },
};

/* Each event is one of its own but for a third, which repeats one of a few texts and so raises a count. */
static void make_one(struct load *l)
{
    uint64_t number = clock_roll(&l->dice);
    const struct sample *s = &samples[number % COUNT(samples)];
    bool repeat = l->repeats && (number >> 8) % 3 == 0;
    char name[32], uid[40];
    snprintf(name, sizeof name, "load-%03u", (unsigned)((number >> 16) % PODS));
    snprintf(uid, sizeof uid, "00000000-0000-4000-8000-%012u", (unsigned)((number >> 16) % PODS));
    struct about about = { .kind = KIND_POD, .namespace = "load", .name = name, .uid = uid, .container = "app" };
    struct voice voice = { .component = "kubelet", .host = "node-1" };
    if (repeat)
        record(l->world, &voice, &about, s->type, s->reason, "%s", s->text);
    else /* of another object each, or the recorder would combine them */
        record(l->world, &voice,
               &(struct about){
                   .kind = KIND_POD, .namespace = "load", .name = name, .uid = uid, .version = (uint64_t)l->done + 1 },
               s->type, s->reason, "%s (%lld)", s->text, (long long)l->done);
    l->done++;
}

static void on_step(void *arg)
{
    struct load *l = arg;
    int64_t due = (l->world->now_ms - l->start_ms) * l->per_second / 1000;
    if (due > l->total)
        due = l->total;
    while (l->done < due)
        make_one(l);
    if (l->done < l->total)
        agenda_set(&l->world->agenda, &l->next, l->world->now_ms + STEP_MS, on_step, l);
}

void load_begin(struct load *l, struct world *w, int64_t total, int64_t per_second, bool repeats)
{
    agenda_clear(&w->agenda, &l->next);
    world_namespace(w, "load");
    *l = (struct load){ .world = w,
                        .total = total,
                        .per_second = per_second > 0 ? per_second : 1,
                        .repeats = repeats,
                        .start_ms = w->now_ms,
                        .dice = w->dice };
    agenda_set(&w->agenda, &l->next, w->now_ms + STEP_MS, on_step, l);
}
