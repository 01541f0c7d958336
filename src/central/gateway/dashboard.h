// The dashboard's files, built by Vite from web/ and embedded by web/embed.py as constant data.
// Read-only for the whole life of the program, so any thread may use them. The array is sorted by path, as strcmp does.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct dashboard_file {
    const char *path;          // as requested: "/index.html", "/assets/index-CA1DnG8k.js"
    const char *content_type;  // with charset where there is one
    const char *etag;          // quoted, of the uncompressed bytes
    const unsigned char *gzip; // the body, to be sent with Content-Encoding: gzip
    size_t gzip_size;          // bytes of it
    bool hashed;               // the name holds a hash of the content: may be cached for ever
};

extern const struct dashboard_file dashboard_files[];
extern const size_t dashboard_files_count;
