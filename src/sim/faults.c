#include "sim/faults.h"

#include <string.h>

#include "base/str.h"

bool faults_add(struct fault_list *list, const struct fault *fault)
{
    if (list->count == FAULTS_MAX)
        return false;
    list->items[list->count++] = *fault;
    return true;
}

static bool fits(const struct fault *f, const char *verb, const char *resource, bool cut_line)
{
    return (f->action == FAULT_CUT_LINE) == cut_line && (!f->verb || str_eq(f->verb, verb)) &&
           (!f->resource || str_eq(f->resource, resource));
}

bool faults_meet(struct fault_list *list, const char *verb, const char *resource, bool cut_line, struct fault *met)
{
    for (size_t i = 0; i < list->count; i++) {
        struct fault *f = &list->items[i];
        if (!fits(f, verb, resource, cut_line))
            continue;
        *met = *f;
        if (--f->left <= 0) {
            memmove(f, f + 1, (list->count - i - 1) * sizeof *f);
            list->count--;
        }
        return true;
    }
    return false;
}
