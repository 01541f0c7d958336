/* The signature of a command (command.h).
 *
 * What is signed is a byte string made only of length-prefixed pieces, so that no two commands share one:
 *
 *   piece(x)      = size of x in bytes as a 32-bit big-endian number, then x
 *   message       = piece("aetherius-command-1")
 *                   piece("id")          piece(id)
 *                   piece("cluster_id")  piece(cluster_id)
 *                   piece("type")        piece(type)
 *                   piece("tool")        piece(tool)
 *                   piece("action")      piece(action)
 *                   piece("args")        piece(number of args in decimal)    { piece("arg") piece(arg) } for each of them, in order
 *                   piece("timeout")     piece(milliseconds in decimal)
 *                   piece("created_at")  piece(Unix milliseconds in decimal)
 *                   piece("expires_at")  piece(Unix milliseconds in decimal)
 *                   piece("issuer")      piece(issuer)
 *                   piece("task_id")     piece(task_id)
 *                   piece("incident_id") piece(incident_id)
 *                   piece("nonce")       piece(nonce)
 *                   piece("key_id")      piece(key_id)
 *
 * An absent text is an empty one, an absent time or duration is "0".  Every field of the message but signature is under it, and a
 * signed command with a field beyond these is refused by the decoder.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "wire/command.h"
#include "wire/field.h"
#include "wire/subject.h"

#define DOMAIN              "aetherius-command-1"
#define SIGNATURE_TEXT_SIZE (4 * ((CRYPT_SIGNATURE_SIZE + 2) / 3) + 1)

static void add_piece(struct buf *b, const char *text)
{
    size_t size = strlen(text);
    const unsigned char prefix[4] = { (unsigned char)(size >> 24), (unsigned char)(size >> 16),
                                      (unsigned char)(size >> 8), (unsigned char)size };
    buf_add(b, prefix, sizeof prefix);
    buf_add(b, text, size);
}

static void add_text(struct buf *b, const char *name, const char *value)
{
    add_piece(b, name);
    add_piece(b, str_or_empty(value));
}

static void add_number(struct buf *b, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    add_text(b, name, text);
}

static void canonical(const struct wire_command *c, struct buf *b)
{
    add_piece(b, DOMAIN);
    add_text(b, "id", c->id);
    add_text(b, "cluster_id", c->cluster_id);
    add_text(b, "type", c->type);
    add_text(b, "tool", c->tool);
    add_text(b, "action", c->action);
    add_number(b, "args", (int64_t)c->n_args);
    for (size_t i = 0; i < c->n_args; i++)
        add_text(b, "arg", c->args[i]);
    add_number(b, "timeout", c->timeout_ms);
    add_number(b, "created_at", c->created_at);
    add_number(b, "expires_at", c->expires_at);
    add_text(b, "issuer", c->issuer);
    add_text(b, "task_id", c->task_id);
    add_text(b, "incident_id", c->incident_id);
    add_text(b, "nonce", c->nonce);
    add_text(b, "key_id", c->key_id);
}

/* What the receiver would not read back as it was signed. */
static int check_signable(const struct wire_command *c, struct err *e)
{
    const char *const texts[] = { c->id, c->type, c->tool, c->action, c->issuer, c->task_id, c->incident_id, c->nonce };
    static const char *const names[] = { "id", "type", "tool", "action", "issuer", "task_id", "incident_id", "nonce" };
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (i < 4 && !*str_or_empty(texts[i]))
            return err_set(e, ERR_INVALID, "command: %s is missing", names[i]);
        if (strlen(str_or_empty(texts[i])) > FIELD_STR_MAX)
            return err_set(e, ERR_TOO_LARGE, "command: %s is longer than %u bytes", names[i], FIELD_STR_MAX);
    }
    if (!wire_cluster_id_ok(c->cluster_id))
        return err_set(e, ERR_INVALID, "command: cluster_id is missing or malformed");
    if (c->n_args > WIRE_ARGS_MAX)
        return err_set(e, ERR_TOO_LARGE, "command: %zu args, at most %d are allowed", c->n_args, WIRE_ARGS_MAX);
    for (size_t i = 0; i < c->n_args; i++)
        if (strlen(str_or_empty(c->args[i])) > WIRE_ARG_MAX)
            return err_set(e, ERR_TOO_LARGE, "command: argument %zu is longer than %d bytes", i + 1, WIRE_ARG_MAX);
    if (c->timeout_ms < 0 || c->timeout_ms > FIELD_DURATION_MAX || c->created_at < 0 || c->expires_at < 0)
        return err_set(e, ERR_INVALID, "command: a time is out of range");
    return 0;
}

int wire_command_sign(struct wire_command *c, const uint8_t private_key[CRYPT_KEY_SIZE],
                      const uint8_t public_key[CRYPT_KEY_SIZE], struct arena *a, struct err *e)
{
    if (check_signable(c, e) != 0)
        return -1;
    char key_id[17], text[SIGNATURE_TEXT_SIZE];
    uint8_t signature[CRYPT_SIGNATURE_SIZE];
    AUTO_BUF struct buf message = { 0 };
    wire_key_id(public_key, key_id);
    c->key_id = arena_strdup(a, key_id);
    canonical(c, &message);
    if (crypt_sign(private_key, message.data, message.size, signature, e) != 0)
        return err_wrap(e, "signing command %s", c->id);
    crypt_base64(signature, sizeof signature, text);
    c->signature = arena_strdup(a, text);
    return 0;
}

int wire_command_verify(const struct wire_command *c, const uint8_t public_key[CRYPT_KEY_SIZE], struct err *e)
{
    char key_id[17];
    uint8_t signature[CRYPT_SIGNATURE_SIZE];
    size_t size;
    wire_key_id(public_key, key_id);
    if (!c->signature || !str_eq(c->key_id, key_id))
        return 1;
    if (crypt_unbase64(c->signature, signature, sizeof signature, &size) != 0 || size != sizeof signature)
        return 1;
    AUTO_BUF struct buf message = { 0 };
    canonical(c, &message);
    return crypt_verify(public_key, message.data, message.size, signature, e);
}

void wire_key_id(const uint8_t public_key[CRYPT_KEY_SIZE], char out[17])
{
    uint8_t digest[CRYPT_SHA256_SIZE];
    crypt_sha256(public_key, CRYPT_KEY_SIZE, digest);
    crypt_hex(digest, 8, out);
}
