#include <stdlib.h>

#include "fuzz_round_trip.h"
#include "wire/event.h"

char *round_trip(const char *data, size_t size, struct arena *a, struct err *e)
{
    struct wire_events events;
    size_t refused;
    int outcome = wire_events_decode(data, size, "prod-us-west-2", a, &events, &refused, e);
    if (events.count > WIRE_BATCH_MAX || (refused > 0 && e->kind == ERR_NONE) || (outcome != 0 && refused == 0))
        abort();
    if (outcome != 0)
        return NULL;
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_array(w, "events");
    for (size_t i = 0; i < events.count; i++)
        wire_event_write(w, NULL, &events.items[i]);
    json_w_end(w);
    json_w_end(w);
    return json_w_take(w, NULL);
}
