/* Request targets of any bytes: refused, or split so that path and query hold no control character where none belongs. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    struct uri u;
    struct err e;
    AUTO_FREE char *target = str_ndup((const char *)data, size); /* cut at a 0, as the library hands it on */
    if (uri_parse(&u, target, &arena, &e) != 0) {
        assert(e.kind == ERR_INVALID && e.text[0]);
    } else {
        assert(u.path[0] == '/' && u.raw_path[0] == '/' && strlen(u.path) <= strlen(u.raw_path));
        for (const char *c = u.path; *c; c++)
            assert((unsigned char)*c >= 0x20 && *c != 0x7f);
        assert(u.n_query <= URI_QUERY_MAX);
    }
    arena_reset(&arena);
    return 0;
}
