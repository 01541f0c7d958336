#include "central/manager/server_version.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/str.h"

/* Security fixes of 2026 came with these; lines between them and older ones do not have them. */
static const struct floor {
    int major, minor, patch;
} floors[] = { { 2, 11, 16 }, { 2, 12, 7 } };
static const struct floor safe_from = { 2, 14, 0 };

static bool is_safe(const struct floor *v)
{
    if (v->major != safe_from.major)
        return v->major > safe_from.major;
    for (size_t i = 0; i < COUNT(floors); i++)
        if (v->minor == floors[i].minor)
            return v->patch >= floors[i].patch;
    return v->minor >= safe_from.minor;
}

const char *server_version_warning(const char *version)
{
    struct floor v = { 0 };
    if (!version[0])
        return NULL;
    if (sscanf(version, "%4d.%4d.%4d", &v.major, &v.minor, &v.patch) != 3)
        return "The version of the NATS server is not understood; 2.11.16, 2.12.7, 2.14.0 and later are safe.";
    return is_safe(&v) ? NULL : "The NATS server has known security holes: run 2.11.16, 2.12.7, 2.14.0 or later.";
}
