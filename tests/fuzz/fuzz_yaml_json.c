/* YAML is refused with a reason, or becomes a mapping or list whose text is JSON again; scalars kept as text never become numbers. */
#include "base/yaml_json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void only_text(const json *v)
{
    demand(!json_is_number(v) && !json_is_bool(v) && !json_is_null(v));
    for (struct json_iter i = json_iter(v); json_next(&i);)
        only_text(i.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int scalars = YAML_JSON_TYPED; scalars <= YAML_JSON_TEXT; scalars++) {
        struct err e = { 0 };
        AUTO_JSON struct json_doc *doc = yaml_json_parse((const char *)data, size, (enum yaml_json_scalars)scalars, &e);
        demand(doc ? json_is_object(json_root(doc)) || json_is_array(json_root(doc)) : e.kind != ERR_NONE && e.text[0]);
        if (doc && scalars == YAML_JSON_TEXT)
            only_text(json_root(doc));
    }
    return 0;
}
