/* kubeconfig files: which one, which context, and what of it we can use. */
#include "kube/kube.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypt.h"
#include "base/file.h"
#include "base/str.h"
#include "base/yaml_json.h"

#include <unistd.h>

/* The first existing file of a list with colons. */
static char *first_existing(const char *list)
{
    while (*list) {
        size_t size = strcspn(list, ":");
        AUTO_FREE char *path = str_ndup(list, size);
        if (size && !access(path, F_OK))
            return str_dup(path);
        list += size + (list[size] == ':');
    }
    return NULL;
}

static char *choose_path(const char *path, struct err *e)
{
    if (path && *path)
        return str_dup(path);
    const char *list = getenv("KUBECONFIG");
    if (list && *list) {
        char *found = first_existing(list);
        if (!found)
            err_set(e, ERR_NOT_FOUND, "KUBECONFIG names no file that exists: %s", list);
        return found;
    }
    const char *home = getenv("HOME");
    char *usual = str_printf("%s/.kube/config", home && *home ? home : "/root");
    if (!access(usual, F_OK))
        return usual;
    err_set(e, ERR_NOT_FOUND, "there is no kubeconfig: KUBECONFIG is not set and %s does not exist", usual);
    free(usual);
    return NULL;
}

static struct json_doc *parse(const char *text, size_t size, struct err *e)
{
    size_t space = strspn(text, " \t\r\n");
    if (text[space] == '{') { /* JSON may be indented by tabs, which YAML does not take */
        struct json_doc *doc = json_parse(text, size, &json_object_limits, NULL);
        if (doc)
            return doc;
    }
    return yaml_json_parse(text, size, YAML_JSON_TEXT, e);
}

/* kubeconfig's lists hold {name, KIND: {...}}. */
static json *find(const json *root, const char *list, const char *member, const char *name)
{
    for (struct json_iter i = json_iter(json_get(root, list)); json_next(&i);)
        if (str_eq(json_get_str(i.value, "name"), name))
            return json_get(i.value, member);
    return NULL;
}

static bool is_true(const json *v)
{
    return json_bool(v, false) || str_eq(json_str(v), "true");
}

/* NULL for absent and empty. */
static const char *text_of(const json *object, const char *key)
{
    const char *text = json_get_str(object, key);
    return text && *text ? text : NULL;
}

/* Paths in a kubeconfig count from its folder. */
static char *absolute(const char *config_path, const char *path)
{
    const char *slash = strrchr(config_path, '/');
    if (!path || *path == '/' || !slash)
        return str_dup(path);
    return str_printf("%.*s/%s", (int)(slash - config_path), config_path, path);
}

/* One PEM that is given as a path or, preferred, as base64 of its text. */
static int take_pem(const json *object, const char *name, const char *config_path, char **file, char **pem,
                    struct err *e)
{
    AUTO_FREE char *data_name = str_printf("%s-data", name);
    const char *data = text_of(object, data_name);
    if (!data) {
        *file = absolute(config_path, text_of(object, name));
        return 0;
    }
    size_t max = strlen(data), size;
    char *out = mem_alloc(max + 1);
    if (crypt_unbase64(data, out, max, &size) || memchr(out, 0, size)) {
        free(out);
        return err_set(e, ERR_INVALID, "%s is no base64 of a PEM text", data_name);
    }
    out[size] = '\0';
    *pem = out;
    return 0;
}

static int take_cluster(const json *cluster, const char *path, struct kube_config *out, struct err *e)
{
    const char *server = text_of(cluster, "server");
    if (!server)
        return err_set(e, ERR_INVALID, "the cluster \"%s\" has no server", out->cluster);
    if (!str_starts(server, "https://") && !str_starts(server, "http://"))
        return err_set(e, ERR_INVALID, "the server of the cluster \"%s\" is no https:// address: %s", out->cluster,
                       server);
    if (text_of(cluster, "proxy-url"))
        return err_set(e, ERR_INVALID, "the cluster \"%s\" asks for a proxy (proxy-url), which is not supported",
                       out->cluster);
    size_t size = strlen(server);
    while (size && server[size - 1] == '/')
        size--;
    out->server = str_ndup(server, size);
    out->insecure = is_true(json_get(cluster, "insecure-skip-tls-verify"));
    out->server_name = str_dup(text_of(cluster, "tls-server-name"));
    return take_pem(cluster, "certificate-authority", path, &out->ca_file, &out->ca_pem, e);
}

/* Ways to log in that we do not go, each with the way out. */
static const struct refusal {
    const char *key, *why;
} refusals[] = {
    { "exec", "logs in by a program (exec plug-in), and no program is ever started from here" },
    { "auth-provider", "logs in by an auth-provider plug-in, which Kubernetes itself has removed" },
    { "username", "logs in by user name and password, which API servers no longer accept" },
    { "as", "acts as somebody else (impersonation), which is not supported" },
};

static int take_user(const json *user, const char *name, const char *path, struct kube_config *out, struct err *e)
{
    for (size_t i = 0; i < COUNT(refusals); i++)
        if (json_get(user, refusals[i].key))
            return err_set(
                e, ERR_REFUSED,
                "the user \"%s\" %s; use a service account's token (kubectl create token NAME --duration=24h) or a "
                "client certificate",
                name, refusals[i].why);
    out->token = str_dup(text_of(user, "token"));
    if (!out->token) /* kubectl's order: a token in the file counts before one beside it */
        out->token_file = absolute(path, text_of(user, "tokenFile"));
    if (take_pem(user, "client-certificate", path, &out->cert_file, &out->cert_pem, e) ||
        take_pem(user, "client-key", path, &out->key_file, &out->key_pem, e))
        return err_wrap(e, "user \"%s\"", name);
    if ((out->cert_file || out->cert_pem) != (out->key_file || out->key_pem))
        return err_set(e, ERR_INVALID, "the user \"%s\" has a client certificate or its key, but not both", name);
    return 0;
}

static int take_context(const json *root, const char *wanted, const char *path, struct kube_config *out, struct err *e)
{
    const char *name = wanted && *wanted ? wanted : text_of(root, "current-context");
    if (!name)
        return err_set(e, ERR_INVALID, "there is no current-context: choose one");
    json *context = find(root, "contexts", "context", name);
    if (!context)
        return err_set(e, ERR_NOT_FOUND, "there is no context \"%s\"", name);
    const char *cluster_name = text_of(context, "cluster"), *user_name = text_of(context, "user");
    const char *namespace_ = text_of(context, "namespace");
    if (namespace_ && !str_is_dns_label(namespace_))
        return err_set(e, ERR_INVALID, "the namespace of the context \"%s\" is no name of a namespace: %s", name,
                       namespace_);
    out->context = str_dup(name);
    out->cluster = str_dup(cluster_name ? cluster_name : "");
    out->namespace_ = str_dup(namespace_ ? namespace_ : "default");

    json *cluster = cluster_name ? find(root, "clusters", "cluster", cluster_name) : NULL;
    if (!cluster)
        return err_set(e, ERR_NOT_FOUND, "the context \"%s\" names the cluster \"%s\", which is not there", name,
                       out->cluster);
    if (take_cluster(cluster, path, out, e))
        return -1;
    if (!user_name)
        return 0; /* nobody: the server decides what it shows */
    json *user = find(root, "users", "user", user_name);
    if (!user)
        return err_set(e, ERR_NOT_FOUND, "the context \"%s\" names the user \"%s\", which is not there", name,
                       user_name);
    return take_user(user, user_name, path, out, e);
}

int kube_config_file(const char *path, const char *context, struct kube_config *out, struct err *e)
{
    *out = (struct kube_config){ 0 };
    AUTO_FREE char *chosen = choose_path(path, e);
    size_t size;
    AUTO_FREE char *text = chosen ? file_read(chosen, YAML_JSON_SIZE_MAX, &size, e) : NULL;
    if (!text)
        return -1;
    AUTO_JSON struct json_doc *doc = parse(text, size, e);
    if (!doc)
        return err_wrap(e, "kubeconfig %s", chosen);
    if (take_context(json_root(doc), context, chosen, out, e)) {
        kube_config_fini(out);
        return err_wrap(e, "kubeconfig %s", chosen);
    }
    return 0;
}
