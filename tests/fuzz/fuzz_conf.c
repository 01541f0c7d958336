/* Configuration files of any content: refused with a line, or loaded; and what --print-config makes of what was loaded can be loaded again
 * and means the same. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
    char *text, *path, *listen;
    bool wide;
    int64_t number, size, duration;
    int choice;
};

#define AT(member) offsetof(struct values, member)
static const char *const choices[] = { "json", "text", "on", NULL };
static const struct conf_option options[] = {
    { "text", CONF_STRING, AT(text), "", 0, 0, NULL, "Any text.", "All" },
    { "path", CONF_PATH, AT(path), "/x", 0, 0, NULL, "A path.", "All" },
    { "listen", CONF_LISTEN, AT(listen), ":8080", 0, 0, NULL, "An address.", "All" },
    { "wide", CONF_BOOL, AT(wide), "false", 0, 0, NULL, "A switch.", "All" },
    { "number", CONF_INT, AT(number), "2", -5, 64, NULL, "A number.", "All" },
    { "size", CONF_SIZE, AT(size), "1MiB", 0, 0, NULL, "A size.", "All" },
    { "duration", CONF_DURATION, AT(duration), "10s", 0, 0, NULL, "A duration.", "All" },
    { "choice", CONF_CHOICE, AT(choice), "json", 0, 0, choices, "A choice.", "All" },
};
static const struct conf_program program = {
    .name = "fuzz", .summary = "All types.", .options = options, .n_options = COUNT(options)
};

static int load(const void *data, size_t size, struct values *values, struct err *e)
{
    int fd = memfd_create("config", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    char name[] = "fuzz", flag[] = "--config", path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    char *argv[] = { name, flag, path };
    int rc = conf_load(&program, values, COUNT(argv), argv, NULL, e);
    close(fd);
    return rc;
}

/* Without the comments, which name the file. */
static char *print(const struct values *values)
{
    struct values copy = *values; /* whose origins nobody knows */
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    conf_print(&program, &copy, f);
    fclose(f);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct values values, again;
    struct err e = { 0 };
    if (load(data, size, &values, &e) != CONF_RUN) {
        if (!e.text[0] || strpbrk(e.text, "\n\x1b"))
            abort();
        return 0;
    }
    AUTO_FREE char *first = print(&values);
    if (load(first, strlen(first), &again, &e) != CONF_RUN)
        abort();
    AUTO_FREE char *second = print(&again);
    if (strcmp(first, second) != 0)
        abort();
    conf_free(&program, &values);
    conf_free(&program, &again);
    return 0;
}
