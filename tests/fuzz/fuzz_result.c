#include "fuzz_round_trip.h"
#include "wire/command.h"

char *round_trip(const char *data, size_t size, struct arena *a, struct err *e)
{
    struct wire_result m;
    return wire_result_decode(data, size, "prod-us-west-2", a, &m, e) == 0 ? wire_result_encode(&m, NULL) : NULL;
}
