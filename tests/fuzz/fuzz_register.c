#include "fuzz_round_trip.h"
#include "wire/agent.h"

char *round_trip(const char *data, size_t size, struct arena *a, struct err *e)
{
    struct wire_register m;
    return wire_register_decode(data, size, "prod-us-west-2", a, &m, e) == 0 ? wire_register_encode(&m, NULL) : NULL;
}
