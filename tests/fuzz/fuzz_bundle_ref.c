/* A reference is exactly its three parts, and nothing in them could leave a URL's path. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "wire/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = str_ndup((const char *)data, size);
    struct bundle_ref ref;
    if (bundle_ref_parse(text, &ref) != 0)
        return 0;
    AUTO_FREE char *again = str_printf("%s/%s/%s", ref.kind, ref.namespace_, ref.name);
    if (strcmp(again, text) != 0 || strpbrk(ref.name, "/%?#\\") || strstr(ref.name, ".."))
        abort();
    return 0;
}
