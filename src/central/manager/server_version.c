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

static const struct server_warning not_understood = {
    "The version of the NATS server is not understood; 2.11.16, 2.12.7, 2.14.0 and later are safe.",
    "无法识别 NATS server 的版本；2.11.16、2.12.7、2.14.0 及以后的版本是安全的。",
};
static const struct server_warning unsafe = {
    "The NATS server has known security holes: run 2.11.16, 2.12.7, 2.14.0 or later.",
    "该 NATS server 版本有已公开的安全漏洞，请升级到 2.11.16、2.12.7、2.14.0 或更高版本。",
};

const struct server_warning *server_version_warning(const char *version)
{
    struct floor v = { 0 };
    if (!version[0])
        return NULL;
    if (sscanf(version, "%4d.%4d.%4d", &v.major, &v.minor, &v.patch) != 3)
        return &not_understood;
    return is_safe(&v) ? NULL : &unsafe;
}
