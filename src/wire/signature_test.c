/* The signature of a command: what it covers, and that nothing passes beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "wire/command.h"

#define MUTATIONS 2000

static struct arena arena;
static uint8_t private_key[CRYPT_KEY_SIZE], public_key[CRYPT_KEY_SIZE];

static int make_keys(void **state)
{
    (void)state;
    return crypt_keypair(private_key, public_key, NULL);
}

static int reset(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static const char *args[] = { "pod", "cart-7d9", "-n", "shop" };

static struct wire_command make_signed(void)
{
    struct wire_command c = {
        .id = "cmd-1",
        .cluster_id = "prod-1",
        .type = "diagnostic",
        .tool = "kubectl",
        .action = "logs",
        .args = args,
        .n_args = 4,
        .timeout_ms = 30000,
        .created_at = 1767323045678,
        .expires_at = 1767323345678,
        .issuer = "execution",
        .task_id = "t-1",
        .incident_id = "i-1",
        .nonce = "n-1",
    };
    assert_int_equal(wire_command_sign(&c, private_key, public_key, &arena, NULL), 0);
    return c;
}

static int verify(const struct wire_command *c)
{
    return wire_command_verify(c, public_key, NULL);
}

static void a_signed_command_verifies_also_after_the_way(void **state)
{
    (void)state;
    struct wire_command c = make_signed(), back;
    assert_int_equal(verify(&c), 0);
    size_t size;
    AUTO_FREE char *text = wire_command_encode(&c, &size);
    assert_int_equal(wire_command_decode(text, size, &arena, &back, NULL), 0);
    assert_int_equal(verify(&back), 0);
}

static void absent_fields_are_signed_as_empty(void **state)
{
    (void)state;
    struct wire_command c = { .id = "1", .cluster_id = "c", .type = "diagnostic", .tool = "agent", .action = "doctor" },
                        back;
    assert_int_equal(wire_command_sign(&c, private_key, public_key, &arena, NULL), 0);
    size_t size;
    AUTO_FREE char *text = wire_command_encode(&c, &size);
    assert_int_equal(wire_command_decode(text, size, &arena, &back, NULL), 0);
    assert_int_equal(verify(&back), 0);
    back.issuer = "somebody";
    assert_int_equal(verify(&back), 1);
}

static void a_foreign_key_an_absent_and_a_malformed_signature_are_none(void **state)
{
    (void)state;
    uint8_t other_private[CRYPT_KEY_SIZE], other_public[CRYPT_KEY_SIZE];
    assert_int_equal(crypt_keypair(other_private, other_public, NULL), 0);
    struct wire_command c = make_signed();
    assert_int_equal(wire_command_verify(&c, other_public, NULL), 1);
    static const char *const signatures[] = { NULL, "", "c2ln", "!!!!", "====" };
    for (size_t i = 0; i < COUNT(signatures); i++) {
        c.signature = signatures[i];
        assert_int_equal(verify(&c), 1);
    }
    c = make_signed();
    assert_int_equal(wire_command_sign(&c, other_private, other_public, &arena, NULL), 0);
    assert_int_equal(verify(&c), 1);
    char key_id[17];
    wire_key_id(public_key, key_id);
    c.key_id = key_id; /* claims the key that it was not signed with */
    assert_int_equal(verify(&c), 1);
}

static void what_no_agent_would_read_is_not_signed(void **state)
{
    (void)state;
    char wide[WIRE_ARG_MAX + 2];
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    const char *wide_args[] = { wide }, *many[WIRE_ARGS_MAX + 1] = { NULL };
    const struct wire_command good = {
        .id = "1", .cluster_id = "c", .type = "diagnostic", .tool = "agent", .action = "doctor"
    };
    struct wire_command bad[] = { good, good, good, good, good, good, good, good };
    bad[0].id = NULL;
    bad[1].cluster_id = "A";
    bad[2].tool = "";
    bad[3].args = wide_args, bad[3].n_args = 1;
    bad[4].args = many, bad[4].n_args = WIRE_ARGS_MAX + 1;
    bad[5].timeout_ms = -1;
    bad[6].type = NULL;
    bad[7].cluster_id = NULL;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct err e = { 0 };
        assert_int_equal(wire_command_sign(&bad[i], private_key, public_key, &arena, &e), -1);
        assert_memory_equal(e.text, "command: ", 9);
        assert_null(bad[i].signature);
    }
}

static void a_good_signature_under_the_name_of_another_key_is_none(void **state)
{
    (void)state;
    uint8_t other_private[CRYPT_KEY_SIZE], other_public[CRYPT_KEY_SIZE];
    assert_int_equal(crypt_keypair(other_private, other_public, NULL), 0);
    struct wire_command c = make_signed();
    assert_int_equal(wire_command_sign(&c, private_key, other_public, &arena, NULL), 0);
    assert_int_equal(verify(&c), 1);
}

/* With the key of RFC 8032, 7.1, test 1, so that another implementation can check that it signs the same bytes (docs/protocol.md). */
static void the_example_of_the_contract_is_reproduced(void **state)
{
    (void)state;
    static const uint8_t key[CRYPT_KEY_SIZE] = {
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
        0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
    };
    static const uint8_t public[CRYPT_KEY_SIZE] = {
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
        0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
    };
    const char *seed_args[] = { "pod", "app-1234", "-n", "default" };
    struct wire_command c = {
        .id = "cmd-67890",
        .cluster_id = "prod-us-west-2",
        .type = "diagnostic",
        .tool = "kubectl",
        .action = "logs",
        .args = seed_args,
        .n_args = 4,
        .timeout_ms = 30000,
        .created_at = 1759053905000,
        .expires_at = 1759054205000,
        .issuer = "execution",
        .task_id = "task-1",
        .incident_id = "inc-1",
        .nonce = "b7c1",
    };
    assert_int_equal(wire_command_sign(&c, key, public, &arena, NULL), 0);
    assert_string_equal(c.key_id, "21fe31dfa154a261");
    assert_string_equal(c.signature,
                        "IppHhb0ftntRzXUcaqXGdu72FZWNfueCFE7Bw1nQQ+XOcE5auW5lAv084lt2fp7xflpGysgCx+yux3Nxj0m7AA==");
}

/* --- 2,000 ways to alter a signed command ------------------------------------------------------------------------------------ */

/* Every text of a command, to be altered one at a time. */
#define TEXTS 11
static const char **text_of(struct wire_command *c, size_t i)
{
    const char **const texts[TEXTS] = { &c->id,      &c->cluster_id,  &c->type,  &c->tool,   &c->action,   &c->issuer,
                                        &c->task_id, &c->incident_id, &c->nonce, &c->key_id, &c->signature };
    return texts[i];
}

static int64_t *number_of(struct wire_command *c, size_t i)
{
    int64_t *const numbers[] = { &c->timeout_ms, &c->created_at, &c->expires_at };
    return numbers[i % COUNT(numbers)];
}

/* One byte changed, added or taken away. */
static const char *alter_text(const char *text, uint64_t *dice)
{
    size_t size = strlen(text), at = clock_roll(dice) % (size + 1);
    char *out = arena_alloc(&arena, size + 2);
    char byte = (char)(' ' + clock_roll(dice) % 95);
    memcpy(out, text, size + 1);
    switch (size ? clock_roll(dice) % 3 : 1) {
    case 0:
        at = at < size ? at : size - 1;
        out[at] = out[at] == byte ? (char)(byte ^ 1) : byte;
        break;
    case 1:
        memmove(out + at + 1, out + at, size - at + 1);
        out[at] = byte == ' ' ? '.' : byte; /* blanks between base64 digits say nothing */
        break;
    default:
        at = at < size ? at : size - 1;
        memmove(out + at, out + at + 1, size - at);
        break;
    }
    return out;
}

static void alter_args(struct wire_command *c, uint64_t *dice)
{
    size_t at = clock_roll(dice) % c->n_args, other = (at + 1 + clock_roll(dice) % (c->n_args - 1)) % c->n_args;
    const char **copy = ARENA_ARRAY(&arena, const char *, c->n_args + 1);
    memcpy(copy, c->args, c->n_args * sizeof *copy);
    c->args = copy;
    switch (clock_roll(dice) % 5) {
    case 0: copy[at] = alter_text(copy[at], dice); break;
    case 1:
        copy[at] = c->args[other];
        copy[other] = args[at];
        break;
    case 2: copy[c->n_args++] = clock_roll(dice) % 2 ? "" : "--previous"; break;
    case 3: memmove(copy + at, copy + at + 1, (--c->n_args - at) * sizeof *copy); break;
    default: /* two arguments joined to one */
        copy[0] = arena_printf(&arena, "%s%s", copy[0], copy[1]);
        memmove(copy + 1, copy + 2, (--c->n_args - 1) * sizeof *copy);
        break;
    }
}

/* A byte that moves from the end of one field to the front of the next must not go unseen. */
static void shift_text(struct wire_command *c, size_t i)
{
    const char **from = text_of(c, i), **to = text_of(c, (i + 1) % 9);
    size_t size = strlen(*from);
    *to = arena_printf(&arena, "%c%s", (*from)[size - 1], *to);
    *from = arena_strndup(&arena, *from, size - 1);
}

static void mutate(struct wire_command *c, uint64_t *dice)
{
    size_t i = clock_roll(dice) % TEXTS;
    switch (clock_roll(dice) % 5) {
    case 0: alter_args(c, dice); break;
    case 1: *number_of(c, i) += 1 + (int64_t)(clock_roll(dice) % 100000); break;
    case 2: shift_text(c, i % 9); break;
    case 3: *text_of(c, i) = NULL; break;
    default: *text_of(c, i) = alter_text(*text_of(c, i), dice); break;
    }
}

static void no_altered_field_of_2000_passes(void **state)
{
    (void)state;
    uint64_t dice = 70;
    for (int i = 0; i < MUTATIONS; i++) {
        struct wire_command c = make_signed();
        mutate(&c, &dice);
        assert_int_equal(verify(&c), 1);
        arena_reset(&arena);
    }
}

/* What stands in a command, without its signature's blanks. */
static char *meaning(struct wire_command c)
{
    c.signature = NULL;
    return wire_command_encode(&c, NULL);
}

/* On the way a broker may alter any byte: what still verifies must still mean the same (blanks between tokens). */
static void no_altered_message_of_2000_passes_with_another_meaning(void **state)
{
    (void)state;
    uint64_t dice = 71;
    struct wire_command original = make_signed();
    AUTO_FREE char *text = wire_command_encode(&original, NULL), *wanted = meaning(original);
    struct arena own = { 0 };
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
        struct wire_command c;
        const char *altered = alter_text(text, &dice);
        if (wire_command_decode(altered, strlen(altered), &own, &c, NULL) != 0 || verify(&c) != 0) {
            refused++;
        } else {
            AUTO_FREE char *got = meaning(c);
            assert_string_equal(got, wanted);
        }
        arena_reset(&own);
    }
    arena_fini(&own);
    assert_true(refused > MUTATIONS * 9 / 10);
}

static void a_field_beside_the_signed_ones_is_refused(void **state)
{
    (void)state;
    struct wire_command original = make_signed(), c;
    AUTO_FREE char *text = wire_command_encode(&original, NULL);
    AUTO_FREE char *more = str_printf("{\"force\":true,%s", text + 1);
    struct err e = { 0 };
    assert_int_equal(wire_command_decode(more, strlen(more), &arena, &c, &e), -1);
    assert_int_equal(e.kind, ERR_REFUSED);
    AUTO_FREE char *twice = str_printf("%.*s,\"action\":\"delete\"}", (int)strlen(text) - 1, text);
    assert_int_equal(wire_command_decode(twice, strlen(twice), &arena, &c, &e), 0);
    assert_string_equal(c.action, "delete");
    assert_int_equal(verify(&c), 1);
}

static void a_key_id_is_the_start_of_the_keys_digest(void **state)
{
    (void)state;
    uint8_t zeros[CRYPT_KEY_SIZE] = { 0 };
    char id[17];
    wire_key_id(zeros, id);
    assert_string_equal(id, "66687aadf862bd77"); /* SHA-256 of 32 zero bytes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_signed_command_verifies_also_after_the_way, reset),
        cmocka_unit_test_teardown(absent_fields_are_signed_as_empty, reset),
        cmocka_unit_test_teardown(a_foreign_key_an_absent_and_a_malformed_signature_are_none, reset),
        cmocka_unit_test_teardown(a_good_signature_under_the_name_of_another_key_is_none, reset),
        cmocka_unit_test_teardown(what_no_agent_would_read_is_not_signed, reset),
        cmocka_unit_test_teardown(the_example_of_the_contract_is_reproduced, reset),
        cmocka_unit_test_teardown(no_altered_field_of_2000_passes, reset),
        cmocka_unit_test_teardown(no_altered_message_of_2000_passes_with_another_meaning, reset),
        cmocka_unit_test_teardown(a_field_beside_the_signed_ones_is_refused, reset),
        cmocka_unit_test_teardown(a_key_id_is_the_start_of_the_keys_digest, reset),
    };
    return cmocka_run_group_tests(tests, make_keys, NULL);
}
