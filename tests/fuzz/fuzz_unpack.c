/* A body of any bytes is refused with a reason or unpacked to at most 1 MiB; what was unpacked comes through packing unchanged.
 * The first byte chooses the encoding. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "wire/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const encodings[] = { "zstd", NULL, "", "gzip" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *encoding = encodings[data[0] % COUNT(encodings)];
    AUTO_FREE char *plain = NULL;
    size_t plain_size = 0;
    struct err e = { 0 };
    if (wire_unpack(encoding, data + 1, size - 1, &plain, &plain_size, &e) != 0) {
        if (e.kind == ERR_NONE || !e.text[0] || plain)
            abort();
        return 0;
    }
    if (plain_size > WIRE_BODY_MAX || plain[plain_size] != '\0')
        abort();
    AUTO_BUF struct buf packed = { 0 };
    AUTO_FREE char *again = NULL;
    size_t again_size = 0;
    if (pack_zstd(plain, plain_size, &packed, &e) != 0 ||
        wire_unpack("zstd", packed.data, packed.size, &again, &again_size, &e) != 0 || again_size != plain_size ||
        memcmp(again, plain, plain_size) != 0)
        abort();
    return 0;
}
