#include "central/page.h"

#include <stdio.h>

#define LIMIT     100
#define LIMIT_MAX 500

int page_limit(const json *params, int *limit, struct err *e)
{
    int64_t most;
    if (params_int(params, "limit", LIMIT, 1, LIMIT_MAX, &most, e))
        return -1;
    *limit = (int)most;
    return 0;
}

int page_from_row(const json *params, int *limit, int64_t *cursor, struct err *e)
{
    return page_limit(params, limit, e) || params_int(params, "cursor", 0, 1, INT64_MAX, cursor, e) ? -1 : 0;
}

void page_begin(struct json_w *w)
{
    json_w_object(w, NULL);
    json_w_array(w, "items");
}

void page_end(struct json_w *w, const char *next)
{
    json_w_end(w);
    json_w_str(w, "next", next);
    json_w_end(w);
}

void page_end_at_row(struct json_w *w, int64_t next)
{
    char cursor[24] = "";
    if (next)
        (void)snprintf(cursor, sizeof cursor, "%lld", (long long)next);
    page_end(w, cursor);
}
