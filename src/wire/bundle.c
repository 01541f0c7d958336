#include "wire/bundle.h"

#include <string.h>

#include "base/str.h"

/* Copies text[size] into out when it fits. */
static bool take(const char *text, size_t size, char *out, size_t room)
{
    if (size >= room)
        return false;
    memcpy(out, text, size);
    out[size] = '\0';
    return true;
}

int bundle_ref_parse(const char *text, struct bundle_ref *out)
{
    const char *first = text ? strchr(text, '/') : NULL;
    const char *second = first ? strchr(first + 1, '/') : NULL;
    *out = (struct bundle_ref){ 0 };
    if (!second || strchr(second + 1, '/'))
        return -1;
    if (!take(text, (size_t)(first - text), out->kind, sizeof out->kind) ||
        !take(first + 1, (size_t)(second - first - 1), out->namespace_, sizeof out->namespace_) ||
        !take(second + 1, strlen(second + 1), out->name, sizeof out->name))
        return -1;
    bool ok = str_is_dns_name(out->kind) && str_is_dns_name(out->name) &&
              (!*out->namespace_ || str_is_dns_label(out->namespace_));
    return ok ? 0 : -1;
}
