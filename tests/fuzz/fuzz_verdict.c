#include "fuzz_round_trip.h"
#include "wire/verdict.h"

char *round_trip(const char *data, size_t size, struct arena *a, struct err *e)
{
    struct wire_verdict v;
    AUTO_JSON struct json_doc *doc = json_parse(data, size, &json_wire_limits, e);
    if (!doc || wire_verdict_read(json_root(doc), a, &v, e) != 0)
        return NULL;
    AUTO_JSON_W struct json_w *w = json_w_new();
    wire_verdict_write(w, NULL, &v);
    return json_w_take(w, NULL);
}
