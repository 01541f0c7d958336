/* A time or a duration that is understood is written in a form that means the same. */
#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define YEAR_1    INT64_C(-62135596800000)
#define YEAR_9999 INT64_C(253402300799999)

static void check_time(const char *text)
{
    int64_t ms, again;
    char out[CLOCK_TEXT_SIZE];
    if (clock_parse(text, &ms) != 0)
        return;
    clock_format(ms, out);
    if (clock_parse(out, &again) != 0 || (ms >= YEAR_1 && ms <= YEAR_9999 && again != ms))
        abort();
}

static void check_duration(const char *text)
{
    int64_t ms, again;
    char out[CLOCK_TEXT_SIZE];
    if (clock_parse_duration(text, &ms) != 0)
        return;
    clock_format_duration(ms, out);
    if (clock_parse_duration(out, &again) != 0 || again != ms)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = str_ndup((const char *)data, size);
    check_time(text);
    check_duration(text);
    return 0;
}
