/* Which commands were seen, past their expiry and across restarts (the spool keeps them): none is carried out twice.  Pure, bounded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_MAX 2000

enum replay_state { REPLAY_UNKNOWN, REPLAY_BEGUN, REPLAY_ENDED };

struct replay_entry {
    uint64_t id, nonce;           /* digests; nonce 0: it had none */
    int64_t forget_at;            /* wall ms                       */
    bool ended;
};

struct replay {
    struct replay_entry entries[REPLAY_MAX];
    size_t count;
};

enum replay_state replay_find(const struct replay *r, const char *id);
bool replay_knows_nonce(const struct replay *r, const char *nonce);

/* Forgets what is due first.  False: there is no room. */
bool replay_add(struct replay *r, const char *id, const char *nonce, int64_t forget_at, int64_t now);
void replay_end(struct replay *r, const char *id);
