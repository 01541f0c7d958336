#include "agent/replay.h"

#include "agent/digest.h"

static uint64_t nonce_digest(const char *nonce)
{
    return nonce && *nonce ? digest_text(nonce) : 0;
}

static const struct replay_entry *entry_of(const struct replay *r, const char *id)
{
    uint64_t digest = digest_text(id);
    for (size_t i = 0; i < r->count; i++)
        if (r->entries[i].id == digest)
            return &r->entries[i];
    return NULL;
}

enum replay_state replay_find(const struct replay *r, const char *id)
{
    const struct replay_entry *entry = entry_of(r, id);
    return !entry ? REPLAY_UNKNOWN : entry->ended ? REPLAY_ENDED : REPLAY_BEGUN;
}

bool replay_knows_nonce(const struct replay *r, const char *nonce)
{
    uint64_t digest = nonce_digest(nonce);
    for (size_t i = 0; digest && i < r->count; i++)
        if (r->entries[i].nonce == digest)
            return true;
    return false;
}

static void forget(struct replay *r, int64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++)
        if (r->entries[i].forget_at >= now || !r->entries[i].ended)
            r->entries[kept++] = r->entries[i];
    r->count = kept;
}

bool replay_add(struct replay *r, const char *id, const char *nonce, int64_t forget_at, int64_t now)
{
    forget(r, now);
    if (r->count == REPLAY_MAX)
        return false;
    r->entries[r->count++] = (struct replay_entry){ .id = digest_text(id), .nonce = nonce_digest(nonce), .forget_at = forget_at };
    return true;
}

void replay_end(struct replay *r, const char *id)
{
    uint64_t digest = digest_text(id);
    for (size_t i = 0; i < r->count; i++)
        if (r->entries[i].id == digest)
            r->entries[i].ended = true;
}
