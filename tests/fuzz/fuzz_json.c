/* Whatever the bytes are: json_parse refuses them with a reason, or gives a document that keeps json.h's promises and comes
 * through text and writer unchanged. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(const char *s, size_t size)
{
    AUTO_BUF struct buf repaired = { 0 };
    demand(strlen(s) == size && str_utf8(&repaired, s, size) == 0);
}

/* Recursion is bounded by the limits' 64 levels. */
static void walk(const json *v)
{
    int64_t whole = json_int(v, 0);
    double real = json_real(v, 0);
    demand(json_is_number(v) || (whole == 0 && real == 0));
    demand(real - real == 0); /* finite */
    demand((json_str(v) != NULL) == json_is_string(v));
    if (json_is_string(v))
        check_text(json_str(v), json_str_size(v));
    size_t count = 0;
    for (struct json_iter i = json_iter(v); json_next(&i); count++) {
        demand(i.index == count && (i.key != NULL) == json_is_object(v));
        if (i.key) {
            check_text(i.key, strlen(i.key));
            demand(json_get(v, i.key) != NULL);
        }
        walk(i.value);
    }
    demand(count == json_count(v));
}

static void check_copy(const json *root, const char *text, size_t size)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_copy(w, NULL, root);
    size_t copied_size;
    AUTO_FREE char *copied = json_w_take(w, &copied_size);
    demand(copied_size == size && memcmp(copied, text, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = { 0 };
    AUTO_JSON struct json_doc *doc = json_parse((const char *)data, size, &json_wire_limits, &e);
    if (!doc) {
        demand(e.kind != ERR_NONE && e.text[0] != '\0');
        return 0;
    }
    walk(json_root(doc));
    size_t text_size;
    AUTO_FREE char *text = json_text(json_root(doc), &text_size);
    check_copy(json_root(doc), text, text_size);
    AUTO_JSON struct json_doc *again = json_parse(text, text_size, &json_object_limits, &e);
    demand(again != NULL);
    AUTO_FREE char *same = json_text(json_root(again), NULL);
    demand(strcmp(same, text) == 0);
    return 0;
}
