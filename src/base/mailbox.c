#include "base/mailbox.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/str.h"

struct mailbox {
    pthread_mutex_t lock;
    struct message *slots;
    size_t max, first, count;
    uint64_t refused;
    bool closed;
};

struct mailbox *mailbox_new(size_t max)
{
    assert(max > 0 && max <= SIZE_MAX / sizeof(struct message));
    struct mailbox *m = mem_alloc(sizeof *m);
    *m = (struct mailbox){ .max = max, .slots = mem_alloc(max * sizeof *m->slots) };
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

void mailbox_free(struct mailbox *m)
{
    pthread_mutex_destroy(&m->lock);
    free(m->slots);
    free(m);
}

bool mailbox_put(struct mailbox *m, struct message message)
{
    pthread_mutex_lock(&m->lock);
    bool room = m->count < m->max && !m->closed;
    if (room)
        m->slots[(m->first + m->count++) % m->max] = message;
    else
        m->refused++;
    pthread_mutex_unlock(&m->lock);
    return room;
}

bool mailbox_take(struct mailbox *m, struct message *out)
{
    pthread_mutex_lock(&m->lock);
    bool any = m->count > 0;
    if (any) {
        *out = m->slots[m->first];
        m->first = (m->first + 1) % m->max;
        /* Starting over at the first slot whenever it is empty, a ring touches only as much memory as was ever waiting. */
        if (--m->count == 0)
            m->first = 0;
    }
    pthread_mutex_unlock(&m->lock);
    return any;
}

void mailbox_close(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->closed = true;
    pthread_mutex_unlock(&m->lock);
}

size_t mailbox_depth(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    size_t depth = m->count;
    pthread_mutex_unlock(&m->lock);
    return depth;
}

uint64_t mailbox_refused(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    uint64_t refused = m->refused;
    pthread_mutex_unlock(&m->lock);
    return refused;
}
