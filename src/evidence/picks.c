#include "evidence/picks.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void picks_fini(struct picks *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->items[i].text);
    p->count = p->offered = 0;
}

static int by_weight(const void *a, const void *b)
{
    const struct pick *x = a, *y = b;
    return x->weight != y->weight ? (x->weight < y->weight) - (x->weight > y->weight) : strcmp(x->name, y->name);
}

void picks_add(struct picks *p, const json *object, int64_t weight)
{
    struct pick fresh = { .weight = weight };
    str_copy(fresh.name, sizeof fresh.name, str_or_empty(json_at_str(object, "metadata.name")));
    p->offered++;
    if (p->count == PICKS_MAX) {
        size_t last = 0;
        for (size_t i = 1; i < p->count; i++)
            if (by_weight(&p->items[last], &p->items[i]) < 0)
                last = i;
        if (by_weight(&fresh, &p->items[last]) >= 0)
            return;
        free(p->items[last].text);
        p->items[last] = p->items[--p->count];
    }
    fresh.text = json_text(object, NULL);
    p->items[p->count++] = fresh;
}

size_t picks_take(struct picks *p, size_t most, void (*take)(void *arg, json *object), void *arg)
{
    size_t offered = p->offered;
    if (p->count)
        qsort(p->items, p->count, sizeof *p->items, by_weight);
    for (size_t i = 0; i < p->count && i < most; i++) {
        AUTO_JSON struct json_doc *doc =
            json_parse(p->items[i].text, strlen(p->items[i].text), &json_list_limits, NULL);
        if (doc)
            take(arg, json_root(doc));
    }
    picks_fini(p);
    return offered;
}
