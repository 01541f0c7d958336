/* Redaction under any bytes: the count says whether something changed, and every change is marked. */
#include "evidence/redact.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_BUF struct buf out = { 0 };
    int64_t count = redact_text(&out, (const char *)data, size);
    if (!count && (out.size != size || (size && memcmp(out.data, data, size))))
        abort();
    if (count && !memmem(out.data, out.size, "[redacted:", 10))
        abort();
    AUTO_FREE char *name = str_ndup((const char *)data, size);
    redact_name_is_secret(name);
    return 0;
}
