#include "agent/keys.h"

#include <string.h>

#include "base/log.h"

static int decode(const char *text, uint8_t key[CRYPT_KEY_SIZE])
{
    size_t size;
    return text && crypt_unbase64(text, key, CRYPT_KEY_SIZE, &size) == 0 && size == CRYPT_KEY_SIZE ? 0 : -1;
}

static void adopt(struct keys *k, const uint8_t key[CRYPT_KEY_SIZE])
{
    memcpy(k->key, key, sizeof k->key);
    wire_key_id(key, k->key_id);
    k->known = true;
}

void keys_init(struct keys *k, const struct agent_options *options, struct spool *spool)
{
    struct arena a = { 0 };
    uint8_t key[CRYPT_KEY_SIZE];
    *k = (struct keys){ .spool = spool, .allow_unsigned = options->allow_unsigned_commands, .configured = options->command_key[0] != 0 };
    if (decode(k->configured ? options->command_key : spool_stored_fact(spool, "command_key", &a), key) == 0)
        adopt(k, key);
    arena_fini(&a);
    if (k->allow_unsigned)
        log_warn("commands without a signature are carried out: whoever reaches the broker commands this agent", "option=allow_unsigned_commands");
}

void keys_offer(struct keys *k, const char *command_key)
{
    uint8_t key[CRYPT_KEY_SIZE];
    char id[17];
    if (decode(command_key, key))
        return;
    wire_key_id(key, id);
    if (!k->known) {
        adopt(k, key);
        spool_set_fact(k->spool, "command_key", command_key);
        log_warn("central's command key is kept from its first welcome; set command_key to be sure that it is the right one", "key_id=%s", id);
        return;
    }
    if (memcmp(k->key, key, sizeof key) == 0) {
        k->conflict = false;
        return;
    }
    if (!k->conflict)
        log_error("central offers another command key than the one that is known; it is refused. If central was set up anew, set command_key or empty spool_dir",
                  "known=%s offered=%s", k->key_id, id);
    k->conflict = true;
}

int keys_check(const struct keys *k, const struct wire_command *command, struct err *e)
{
    if (!command->signature)
        return k->allow_unsigned ? 0 : err_set(e, ERR_REFUSED, "the command is not signed");
    if (!k->known)
        return err_set(e, ERR_REFUSED, "no command key is known yet: set command_key, or wait for central's welcome");
    int outcome = wire_command_verify(command, k->key, e);
    if (outcome < 0)
        return -1;
    return outcome == 0 ? 0 : err_set(e, ERR_REFUSED, "the signature is not that of the key %s", k->key_id);
}
