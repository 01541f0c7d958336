/* Runs a target over its corpus without libFuzzer: every file of the folders given, and every beginning of it, so that each decoder meets
 * messages that end anywhere. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX   65536
#define BEGINNINGS 500 /* of a long file: spread over it */

static void run(const char *data, size_t size)
{
    /* A block of its own, so that a step beyond the end is seen. */
    AUTO_FREE char *copy = mem_alloc(size ? size : 1);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput((const uint8_t *)copy, size);
}

static int replay_file(const char *path)
{
    AUTO_FREE char *data = mem_alloc(FILE_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, data, FILE_MAX);
    if (fd >= 0)
        close(fd);
    if (size < 0 || size == FILE_MAX) {
        fprintf(stderr, "%s: cannot be read, or has %d bytes or more\n", path, FILE_MAX);
        return -1;
    }
    size_t step = (size_t)size / BEGINNINGS + 1;
    for (size_t n = 0; n < (size_t)size; n += step)
        run(data, n);
    run(data, (size_t)size);
    return 0;
}

/* How many files there were, -1 when one could not be read. */
static int replay_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        fprintf(stderr, "%s: cannot be opened\n", folder);
        return -1;
    }
    int files = 0;
    for (struct dirent *entry; files >= 0 && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        AUTO_FREE char *path = str_printf("%s/%s", folder, entry->d_name);
        files = replay_file(path) == 0 ? files + 1 : -1;
    }
    closedir(dir);
    return files;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int files = replay_folder(argv[i]);
        if (files < 0)
            return 1;
        printf("%s: %d files\n", argv[i], files);
        if (files == 0) {
            fprintf(stderr, "%s: an empty corpus shows nothing\n", argv[i]);
            return 1;
        }
    }
    return argc > 1 ? 0 : 2;
}
