/* The rule engine under any bundle: a reason in one line, or verdicts that can be written and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "diagnose/diagnose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct wire_verdict *v)
{
    struct arena a = { 0 };
    struct err e = { 0 };
    struct wire_verdict again;
    size_t size;
    AUTO_JSON_W struct json_w *w = json_w_new();
    wire_verdict_write(w, NULL, v);
    AUTO_FREE char *text = json_w_take(w, &size);
    AUTO_JSON struct json_doc *doc = json_parse(text, size, &json_list_limits, &e);
    if (!doc || wire_verdict_read(json_root(doc), &a, &again, &e) != 0)
        abort();
    for (size_t i = 0; i < v->n_roots; i++)
        if (strpbrk(v->roots[i].statement, "\n\x1b") || !(v->roots[i].confidence > 0 && v->roots[i].confidence < 1))
            abort();
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    struct err e = { 0 };
    struct wire_verdict v;
    struct diagnose_incidents all;
    int one = diagnose_bundle((const char *)data, size, &arena, &v, &e);
    if (one == 0)
        check(&v);
    if (diagnose_all((const char *)data, size, &arena, &all, &e) != one)
        abort();
    for (size_t i = 0; one == 0 && i < all.count; i++)
        check(&all.items[i].verdict);
    if (one != 0 && (e.kind == ERR_NONE || !e.text[0] || strpbrk(e.text, "\n\x1b")))
        abort();
    arena_reset(&arena);
    return 0;
}
