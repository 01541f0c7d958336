#include "kube/kube.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"

static char dir[] = "/tmp/aetherius-config-test-XXXXXX";

static void write_file(const char *name, const char *text)
{
    AUTO_FREE char *path = str_printf("%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    static const char *const names[] = { "config", "token", "namespace", "ca.crt" };
    for (size_t i = 0; i < COUNT(names); i++) {
        AUTO_FREE char *path = str_printf("%s/%s", dir, names[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static struct kube_config read_config(const char *text, const char *context)
{
    write_file("config", text);
    struct kube_config c;
    struct err e = { 0 };
    if (kube_config_file(path_of("config"), context, &c, &e))
        fail_msg("%s", e.text);
    return c;
}

static const char *refusal(const char *text, const char *context)
{
    static struct err e;
    struct kube_config c;
    write_file("config", text);
    assert_int_equal(kube_config_file(path_of("config"), context, &c, &e), -1);
    assert_non_null(strstr(e.text, path_of("config")));
    return e.text;
}

#define CONTEXTS                                                                                                       \
    "apiVersion: v1\nkind: Config\ncurrent-context: blue\n"                                                            \
    "clusters:\n- name: one\n  cluster: {server: \"https://10.0.0.1:6443/\", certificate-authority-data: aGVsbG8=}\n"  \
    "- name: two\n  cluster: {server: \"https://[::1]:7443/k8s\", certificate-authority: pki/ca.crt, "                 \
    "insecure-skip-tls-verify: true, tls-server-name: api}\n"                                                          \
    "contexts:\n- name: blue\n  context: {cluster: one, user: u, namespace: shop}\n"                                   \
    "- name: \"1.10\"\n  context: {cluster: two, user: v}\n- name: lost\n  context: {cluster: none, user: u}\n"        \
    "- name: nobody\n  context: {cluster: one, user: ghost}\n"

#define USERS                                                                                                          \
    "users:\n- name: u\n  user: {token: abc}\n- name: v\n  user: {client-certificate: /etc/c.crt, client-key-data: "   \
    "a2V5}\n"

static void the_current_context_is_taken(void **state)
{
    (void)state;
    struct kube_config c = read_config(CONTEXTS USERS, NULL);
    assert_string_equal(c.server, "https://10.0.0.1:6443");
    assert_string_equal(c.ca_pem, "hello");
    assert_null(c.ca_file);
    assert_string_equal(c.token, "abc");
    assert_string_equal(c.namespace_, "shop");
    assert_string_equal(c.context, "blue");
    assert_string_equal(c.cluster, "one");
    assert_false(c.insecure);
    kube_config_fini(&c);
    assert_null(c.server);
}

static void another_context_is_taken_when_it_is_named_even_if_it_looks_like_a_number(void **state)
{
    (void)state;
    struct kube_config c = read_config(CONTEXTS USERS, "1.10");
    assert_string_equal(c.server, "https://[::1]:7443/k8s");
    AUTO_FREE char *ca = str_printf("%s/pki/ca.crt", dir);
    assert_string_equal(c.ca_file, ca);
    assert_string_equal(c.cert_file, "/etc/c.crt");
    assert_string_equal(c.key_pem, "key");
    assert_string_equal(c.server_name, "api");
    assert_string_equal(c.namespace_, "default");
    assert_true(c.insecure);
    assert_null(c.token);
    kube_config_fini(&c);
}

static void a_token_in_the_file_counts_before_a_token_file(void **state)
{
    (void)state;
    struct kube_config c = read_config(CONTEXTS "users: [{name: u, user: {token: abc, tokenFile: t}}]\n", NULL);
    assert_string_equal(c.token, "abc");
    assert_null(c.token_file);
    kube_config_fini(&c);
    c = read_config(CONTEXTS "users: [{name: u, user: {tokenFile: t}}]\n", NULL);
    AUTO_FREE char *file = str_printf("%s/t", dir);
    assert_string_equal(c.token_file, file);
    kube_config_fini(&c);
}

static void json_is_read_too_with_tabs(void **state)
{
    (void)state;
    struct kube_config c = read_config(
        "{\n\t\"current-context\": \"a\",\n\t\"contexts\": [{\"name\": \"a\", \"context\": {\"cluster\": \"c\"}}],\n"
        "\t\"clusters\": [{\"name\": \"c\", \"cluster\": {\"server\": \"http://127.0.0.1:1\", "
        "\"insecure-skip-tls-verify\": true}}]}\n",
        NULL);
    assert_string_equal(c.server, "http://127.0.0.1:1");
    assert_true(c.insecure);
    assert_null(c.token);
    kube_config_fini(&c);
}

static void plug_ins_are_refused_with_a_way_out(void **state)
{
    (void)state;
    const char *text = refusal(
        CONTEXTS "users:\n- name: u\n  user:\n    exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}\n",
        NULL);
    assert_non_null(strstr(text, "no program is ever started"));
    assert_non_null(strstr(text, "kubectl create token"));
    assert_non_null(
        strstr(refusal(CONTEXTS "users:\n- name: u\n  user: {auth-provider: {name: gcp}}\n", NULL), "auth-provider"));
    assert_non_null(
        strstr(refusal(CONTEXTS "users:\n- name: u\n  user: {username: a, password: b}\n", NULL), "password"));
    assert_non_null(
        strstr(refusal(CONTEXTS "users:\n- name: u\n  user: {token: abc, as: root}\n", NULL), "impersonation"));
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    assert_non_null(strstr(refusal(CONTEXTS USERS, "green"), "no context \"green\""));
    assert_non_null(strstr(refusal(CONTEXTS USERS, "lost"), "cluster \"none\""));
    assert_non_null(strstr(refusal(CONTEXTS USERS, "nobody"), "user \"ghost\""));
    assert_non_null(strstr(refusal("apiVersion: v1\n", NULL), "current-context"));
    assert_non_null(
        strstr(refusal(CONTEXTS "users:\n- name: u\n  user: {client-certificate: /c}\n", NULL), "not both"));
    assert_non_null(
        strstr(refusal(CONTEXTS "users:\n- name: u\n  user: {client-certificate-data: '%%%', client-key: /k}\n", NULL),
               "base64"));
    assert_non_null(strstr(refusal(CONTEXTS USERS "users: []\n", NULL), "comes twice"));
}

static void servers_that_are_none_are_refused(void **state)
{
    (void)state;
    assert_non_null(strstr(refusal("current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n"
                                   "clusters: [{name: c, cluster: {server: 'ftp://x'}}]\n",
                                   NULL),
                           "https://"));
    assert_non_null(strstr(refusal("current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n"
                                   "clusters: [{name: c, cluster: {server: 'https://x', proxy-url: 'http://p'}}]\n",
                                   NULL),
                           "proxy-url"));
}

static void no_file_and_a_wrong_file_are_told_apart(void **state)
{
    (void)state;
    struct kube_config c;
    struct err e;
    setenv("KUBECONFIG", "/nowhere/a:/nowhere/b", 1);
    assert_int_equal(kube_config_file(NULL, NULL, &c, &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_non_null(strstr(e.text, "/nowhere/a:/nowhere/b"));
    assert_int_equal(kube_config_file("/nowhere/c", NULL, &c, &e), -1);
    assert_non_null(strstr(e.text, "/nowhere/c"));
}

static void the_first_existing_file_of_KUBECONFIG_is_read(void **state)
{
    (void)state;
    write_file("config", CONTEXTS USERS);
    AUTO_FREE char *list = str_printf("/nowhere/a::%s:/nowhere/b", path_of("config"));
    setenv("KUBECONFIG", list, 1);
    struct kube_config c;
    struct err e;
    assert_int_equal(kube_config_file("", "", &c, &e), 0);
    assert_string_equal(c.context, "blue");
    kube_config_fini(&c);
}

static void a_copy_is_of_its_own(void **state)
{
    (void)state;
    struct kube_config c = read_config(CONTEXTS USERS, "1.10"), copy;
    kube_config_copy(&copy, &c);
    assert_ptr_not_equal(copy.server, c.server);
    assert_string_equal(copy.key_pem, "key");
    assert_true(copy.insecure);
    kube_config_fini(&c);
    kube_config_fini(&copy);
}

static void a_pod_finds_its_service_account(void **state)
{
    (void)state;
    struct kube_config c;
    struct err e;
    unsetenv("KUBERNETES_SERVICE_HOST");
    assert_int_equal(kube_config_in_cluster(dir, &c, &e), -1);
    assert_non_null(strstr(e.text, "KUBERNETES_SERVICE_HOST"));

    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    assert_int_equal(kube_config_in_cluster(dir, &c, &e), -1);
    assert_non_null(strstr(e.text, "automountServiceAccountToken"));

    write_file("token", "t\n");
    write_file("namespace", "aetherius\n");
    assert_int_equal(kube_config_in_cluster(dir, &c, &e), 0);
    assert_string_equal(c.server, "https://[fd00::1]:443");
    assert_string_equal(c.namespace_, "aetherius");
    assert_string_equal(c.token_file, path_of("token"));
    assert_null(c.token);
    kube_config_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_current_context_is_taken),
        cmocka_unit_test(another_context_is_taken_when_it_is_named_even_if_it_looks_like_a_number),
        cmocka_unit_test(a_token_in_the_file_counts_before_a_token_file),
        cmocka_unit_test(json_is_read_too_with_tabs),
        cmocka_unit_test(plug_ins_are_refused_with_a_way_out),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(servers_that_are_none_are_refused),
        cmocka_unit_test(no_file_and_a_wrong_file_are_told_apart),
        cmocka_unit_test(the_first_existing_file_of_KUBECONFIG_is_read),
        cmocka_unit_test(a_copy_is_of_its_own),
        cmocka_unit_test(a_pod_finds_its_service_account),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
