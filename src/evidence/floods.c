#include "evidence/floods.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

static bool make_key(char key[128], const char *namespace_, const char *what)
{
    int n = snprintf(key, 128, "%s %s", namespace_, what);
    return n > 0 && n < 128;
}

void floods_note(struct floods *f, const char *namespace_, const char *what)
{
    struct flood fresh;
    if (!f || floods_has(f, namespace_, what) || !make_key(fresh.key, namespace_, what))
        return;
    fresh.until_ms = loop_now_ms(f->loop) + FLOODS_MS;
    f->items[f->next++ % FLOODS_MAX] = fresh;
}

bool floods_has(const struct floods *f, const char *namespace_, const char *what)
{
    char key[128];
    if (!f || !make_key(key, namespace_, what))
        return false;
    for (size_t i = 0; i < FLOODS_MAX; i++)
        if (f->items[i].until_ms > loop_now_ms(f->loop) && !strcmp(f->items[i].key, key))
            return true;
    return false;
}
