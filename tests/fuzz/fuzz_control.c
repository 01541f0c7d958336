#include "fuzz_round_trip.h"
#include "wire/agent.h"

char *round_trip(const char *data, size_t size, struct arena *a, struct err *e)
{
    struct wire_control m;
    return wire_control_decode(data, size, a, &m, e) == 0 ? wire_control_encode(&m, NULL) : NULL;
}
