#include "central/registry.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/str.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct registry_entry entries[REGISTRY_MAX];
static size_t count;

static size_t find(const char *name)
{
    size_t i = 0;
    while (i < count && !str_eq(entries[i].name, name))
        i++;
    return i;
}

void registry_report(const struct registry_entry *entry)
{
    pthread_mutex_lock(&lock);
    size_t i = find(entry->name);
    assert(i < REGISTRY_MAX);    /* the supervisor runs no more services */
    entries[i] = *entry;
    if (i == count)
        count++;
    pthread_mutex_unlock(&lock);
}

void registry_forget(const char *name)
{
    pthread_mutex_lock(&lock);
    size_t i = find(name);
    if (i < count) {
        memmove(&entries[i], &entries[i + 1], sizeof entries[0] * (count - i - 1));
        count--;
    }
    pthread_mutex_unlock(&lock);
}

size_t registry_list(struct registry_entry out[REGISTRY_MAX])
{
    pthread_mutex_lock(&lock);
    memcpy(out, entries, sizeof entries[0] * count);
    size_t n = count;
    pthread_mutex_unlock(&lock);
    return n;
}
