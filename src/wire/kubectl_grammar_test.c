#include "wire/kubectl_grammar.h"


#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "wire/command.h"

struct line {
    struct arena arena;
    struct kubectl_command c;
    struct err e;
};

/* Words of a line; "verb arg arg". */
static int parse(struct line *l, const char *text)
{
    const char *words[64];
    size_t n = 0;
    arena_reset(&l->arena);
    char *copy = arena_strdup(&l->arena, text), *rest = copy, *word;
    while ((word = strsep(&rest, " ")) && n < 64)
        words[n++] = word;
    return kubectl_parse(words[0], words + 1, n - 1, &l->arena, &l->c, &l->e);
}

static void forms_that_people_write_are_read(void **state)
{
    (void)state;
    struct line l = { 0 };
    assert_int_equal(parse(&l, "logs pod app-1234 -n default"), 0);
    assert_string_equal(l.c.names[0], "app-1234");
    assert_string_equal(l.c.namespace_, "default");
    assert_null(l.c.container);
    assert_int_equal(parse(&l, "logs pod/app-1234"), 0);
    assert_string_equal(l.c.names[0], "app-1234");
    assert_int_equal(parse(&l, "logs app-1234 -c web --previous --tail=100"), 0);
    assert_string_equal(l.c.container, "web");
    assert_true(l.c.previous);
    assert_int_equal(l.c.tail, 100);
    assert_int_equal(parse(&l, "logs app-1234 web --since=10m -nshop"), 0);
    assert_string_equal(l.c.container, "web");
    assert_string_equal(l.c.namespace_, "shop");
    assert_int_equal(l.c.since_s, 600);
    assert_int_equal(parse(&l, "get pods"), 0);
    assert_int_equal(l.c.n_names, 0);
    assert_int_equal(parse(&l, "get po -A -o wide"), 0);
    assert_true(l.c.all_namespaces);
    assert_int_equal(l.c.output, KUBECTL_WIDE);
    assert_int_equal(parse(&l, "get deployments.apps web api -n=shop -ojson"), 0);
    assert_string_equal(l.c.kind->singular, "deployment");
    assert_int_equal(l.c.n_names, 2);
    assert_int_equal(l.c.output, KUBECTL_JSON);
    assert_int_equal(parse(&l, "get pod/a pods/b"), 0);
    assert_int_equal(l.c.n_names, 2);
    assert_int_equal(parse(&l, "get pods -l app=web,tier!=cache"), 0);
    assert_int_equal(parse(&l, "describe node worker-1.example"), 0);
    assert_int_equal(parse(&l, "events --for pod/cart-1 --types=warning"), 0);
    assert_string_equal(l.c.type, "Warning");
    assert_string_equal(l.c.names[0], "cart-1");
    assert_int_equal(parse(&l, "logs deployment/web -n shop --tail=5"), 0);
    assert_string_equal(l.c.kind->singular, "deployment");
    assert_string_equal(l.c.names[0], "web");
    assert_int_equal(parse(&l, "logs sts db -c main"), 0);
    assert_string_equal(l.c.kind->singular, "statefulset");
    assert_int_equal(parse(&l, "logs svc/web"), 0);
    assert_int_equal(parse(&l, "rollout status deploy/web -n shop"), 0);
    assert_false(l.c.history);
    assert_int_equal(parse(&l, "rollout history deployment web"), 0);
    assert_true(l.c.history);
    assert_int_equal(parse(&l, "top nodes"), 0);
    assert_int_equal(parse(&l, "logs app --previous=false --tail -1"), 0);
    assert_false(l.c.previous);
    assert_int_equal(l.c.tail, -1);
    arena_fini(&l.arena);
}

static void everything_else_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "delete pod app", "exec app", "apply -f x", "get", "get secrets", "get secret/x", "get all", "get pods,services", "get pod/a svc/b", "get pods a/b",
        "get pod/a b", "get pods --server=http://evil", "get pods --token x", "get pods -n=x --as=root", "get pods -- x", "get pods -", "get pods --kubeconfig=x",
        "get pods --raw=/api", "get pods -w", "get pods -f x", "get pods -o custom-columns=x", "get pods ../../x", "get pods a%2f..", "get pods A", "get pods a?b",
        "get pods a#b", "get pods -n ../x", "get pods -n", "get pods -n a -n b", "get pods -A -n a", "get pods a -A", "get pods a -l x=y", "get pods -l a\"b",
        "get pods --field-selector=a&b", "logs", "logs a b c", "logs pod a b c", "logs node/x", "logs configmap/x", "logs deployment/web a b", "logs a -f", "logs a --follow", "logs a --tail=0", "logs a --tail=1e9", "logs a --tail=99999999999999999999",
        "logs a --since=-1s", "logs a --since=x", "logs a --limit-bytes=-1", "logs a -c b --all-containers", "logs a -c ..", "logs a --previous=maybe", "logs a -px",
        "top services", "events pods", "events --for x", "events --types=Bad", "logs a --insecure-skip-tls-verify-backend", "rollout", "rollout restart deployment/web", "rollout undo deployment/web", "rollout status", "rollout status deployment", "rollout status pod/a", "rollout status deployment/a deployment/b",
        "rollout history statefulset/a", "rollout status deployment/a --watch", "Get pods", "get Pods ", " pods",
    };
    struct line l = { 0 };
    for (size_t i = 0; i < COUNT(lines); i++) {
        if (parse(&l, lines[i]) == 0)
            fail_msg("\"%s\" was taken", lines[i]);
        assert_int_equal(l.e.kind, ERR_INVALID);
        assert_true(strlen(l.e.text) > 0);
    }
    arena_fini(&l.arena);
}

static void odd_bytes_and_sizes_are_refused(void **state)
{
    (void)state;
    struct line l = { 0 };
    char big[WIRE_ARG_MAX + 2];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = 0;
    const char *const odd[] = { "a\nb", "a\tb", "\xe2\x80\x93n", "a\x7f", "", big, "\x1b[2J", "$(id)", "`id`", "a;b", "a|b", "a b" };
    for (size_t i = 0; i < COUNT(odd); i++) {
        const char *args[] = { "pods", odd[i] };
        assert_int_equal(kubectl_parse("get", args, 2, &l.arena, &l.c, &l.e), -1);
    }
    const char *many[10000];
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = "pods";
    assert_int_equal(kubectl_parse("get", many, COUNT(many), &l.arena, &l.c, &l.e), -1);
    assert_int_equal(kubectl_parse(NULL, NULL, 0, &l.arena, &l.c, &l.e), -1);
    arena_fini(&l.arena);
}

static void a_refusal_says_what_is_allowed(void **state)
{
    (void)state;
    struct line l = { 0 };
    assert_int_equal(parse(&l, "delete pod x"), -1);
    assert_non_null(strstr(l.e.text, "get describe logs events top"));
    assert_int_equal(parse(&l, "get pods --token x"), -1);
    assert_non_null(strstr(l.e.text, "--namespace"));
    assert_int_equal(parse(&l, "get widgets"), -1);
    assert_non_null(strstr(l.e.text, "po svc"));
    assert_int_equal(parse(&l, "get secrets"), -1);
    assert_non_null(strstr(l.e.text, "never"));
    assert_int_equal(parse(&l, "logs a -f"), -1);
    assert_non_null(strstr(l.e.text, "no follow"));
    assert_int_equal(parse(&l, "get pods --token=x"), -1);
    assert_non_null(strstr(l.e.text, "own account"));
    assert_int_equal(parse(&l, "get pods -o jsonpath={.items}"), -1);
    assert_non_null(strstr(l.e.text, "take json"));
    assert_int_equal(parse(&l, "rollout undo deployment/web"), -1);
    assert_non_null(strstr(l.e.text, "change nothing"));
    arena_fini(&l.arena);
}

static void kinds_are_found_by_each_of_their_names_and_help_names_them(void **state)
{
    (void)state;
    struct buf AUTO_BUF help = { 0 };
    kubectl_help(&help);
    for (size_t i = 0; i < kubectl_kinds_count; i++) {
        assert_ptr_equal(kubectl_kind(kubectl_kinds[i].singular), &kubectl_kinds[i]);
        assert_ptr_equal(kubectl_kind(kubectl_kinds[i].plural), &kubectl_kinds[i]);
        assert_non_null(strstr(buf_text(&help), kubectl_kinds[i].plural));
    }
    assert_null(kubectl_kind(""));
    assert_null(kubectl_kind("secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_that_people_write_are_read),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(odd_bytes_and_sizes_are_refused),
        cmocka_unit_test(a_refusal_says_what_is_allowed),
        cmocka_unit_test(kinds_are_found_by_each_of_their_names_and_help_names_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
