#include "ctl/reference.h"

#include <string.h>

#include "ctl/api.h"

#define ID_SIZE     36     /* of an id in full      */
#define PREFIX_MIN  4      /* characters that name one */
#define LOOK_AT     2000   /* newest incidents      */

const char *reference_short(const char *id)
{
    size_t size = strlen(str_or_empty(id));
    return size == ID_SIZE ? id + size - REFERENCE_SHOWN : str_or_empty(id);
}

/* Open ones and those closed lately first, then everything that is closed. */
static struct json_doc *candidates(struct ctl *c, const char *state, struct err *e)
{
    AUTO_BUF struct buf path = { 0 };
    buf_str(&path, "/api/v1/incidents");
    api_param(&path, "state", state);
    return api_list(c, buf_text(&path), LOOK_AT, e);
}

/* The id among the items that ends with text; NULL when none does.  -1: several. */
static int find(const json *list, const char *text, const char **id, struct err *e)
{
    *id = NULL;
    for (struct json_iter i = json_iter(json_get(list, "items")); json_next(&i);) {
        const char *mine = json_get_str(i.value, "id");
        if (!mine || !str_ends(mine, text))
            continue;
        if (*id)
            return err_set(e, ERR_CONFLICT, "\"%.36s\" is the end of several incidents: %.36s, %.36s; give more of it", text, *id, mine);
        *id = mine;
    }
    return 0;
}

char *reference_resolve(struct ctl *c, const char *text, struct err *e)
{
    static const char *const states[] = { "", "closed" };
    if (strlen(text) < PREFIX_MIN || strlen(text) >= ID_SIZE)
        return str_dup(text);
    for (size_t i = 0; i < COUNT(states); i++) {
        const char *id;
        AUTO_JSON struct json_doc *list = candidates(c, states[i], e);
        if (!list || find(json_root(list), text, &id, e))
            return NULL;
        if (id)
            return str_dup(id);
    }
    return str_dup(text);    /* central says what it does not know */
}
