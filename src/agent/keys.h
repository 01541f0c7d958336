/* Whose commands are carried out: central's Ed25519 key, configured or pinned at the first welcome (docs/protocol.md, Control). */
#pragma once

#include "agent/options.h"
#include "agent/spool.h"
#include "wire/command.h"

struct keys {
    struct spool *spool;
    uint8_t key[CRYPT_KEY_SIZE];
    char key_id[17];
    bool known, configured;
    bool allow_unsigned;
    bool conflict;                /* another key was offered later, and refused */
};

/* The option's key, else the one that the spool remembers. */
void keys_init(struct keys *k, const struct agent_options *options, struct spool *spool);

/* A welcome's key, base64 or NULL: kept when there is none yet, refused loudly when it is another. */
void keys_offer(struct keys *k, const char *command_key);

/* 0, or -1 with the reason for a person. */
int keys_check(const struct keys *k, const struct wire_command *command, struct err *e) MUST_CHECK;
