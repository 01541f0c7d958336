/* Whatever the words are: what is taken holds only texts that a path or a query may hold, and nothing but the grammar's kinds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/command.h"
#include "wire/kubectl_grammar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition)
        abort();
}

static void check(const struct kubectl_command *c)
{
    require(c->verb < KUBECTL_VERBS && c->n_names <= KUBECTL_NAMES_MAX);
    require(!c->kind || (c->kind >= kubectl_kinds && c->kind < kubectl_kinds + kubectl_kinds_count));
    for (size_t i = 0; i < c->n_names; i++)
        require(str_is_dns_name(c->names[i]));
    require(!c->namespace_ || str_is_dns_label(c->namespace_));
    require(!c->container || str_is_dns_label(c->container));
    require(!c->selector || !strpbrk(c->selector, "&?#%\"'\\"));
    require(!c->field_selector || !strpbrk(c->field_selector, "&?#% \"'\\"));
    require(c->tail >= -1 && c->tail <= KUBECTL_TAIL_MAX && c->since_s >= 0 && c->limit_bytes >= 0 &&
            c->limit_bytes <= (int64_t)WIRE_OUTPUT_MAX);
}

/* One word a line; the first is the verb. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { WORDS = 64 };
    const char *words[WORDS];
    size_t n = 0;
    struct arena a = { 0 };
    struct kubectl_command c;
    struct err e;
    char *text = arena_strndup(&a, (const char *)data, size), *word;
    while (n < WORDS && (word = strsep(&text, "\n")))
        words[n++] = word;
    if (n > 0 && kubectl_parse(words[0], words + 1, n - 1, &a, &c, &e) == 0)
        check(&c);
    arena_fini(&a);
    return 0;
}
