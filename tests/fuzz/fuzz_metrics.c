#include "fuzz_round_trip.h"
#include "wire/metrics.h"

char *round_trip(const char *data, size_t size, struct arena *a, struct err *e)
{
    struct wire_metrics m;
    return wire_metrics_decode(data, size, "prod-us-west-2", a, &m, e) == 0 ? wire_metrics_encode(&m, NULL) : NULL;
}
