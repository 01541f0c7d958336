/* A hostile Kubernetes object on its way into a bundle: what comes out is JSON, without data of Secrets and ConfigMaps; nothing that reads it trips. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "evidence/pod.h"
#include "evidence/refs.h"
#include "evidence/trim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_ref(void *arg, const struct ref *ref)
{
    size_t *bytes = arg;
    *bytes += strlen(ref->kind) + strlen(ref->namespace_) + strlen(ref->name);
}

static void on_request(void *arg, const char *resource, double amount)
{
    size_t *bytes = arg;
    *bytes += strlen(resource) + (amount > 0);
}

static void read_as_pod(const json *object)
{
    struct pod_log logs[4];
    size_t bytes = 0;
    AUTO_BUF struct buf query = { 0 };
    pod_illness(object);
    pod_logs(object, logs, COUNT(logs));
    pod_requests(object, on_request, &bytes);
    refs_of_pod(object, on_ref, &bytes);
    refs_owners(object, on_ref, &bytes);
    refs_of_ingress(object, on_ref, &bytes);
    refs_of_webhooks(object, on_ref, &bytes);
    refs_selector_query(json_at(object, "spec.selector"), &query);
    refs_selects(json_at(object, "spec.selector"), object, NULL);
}

static void trim_as(const char *kind, const json *object)
{
    size_t length;
    int64_t redactions = 0;
    struct err e;
    AUTO_FREE char *text = trim_object(kind ? kube_kind_find(kind) : NULL, object, &length, &redactions);
    AUTO_JSON struct json_doc *doc = json_parse(text, length, &json_list_limits, &e);
    if (!json_is_object(json_root(doc)))
        abort();
    bool hidden = kind && (!strcmp(kind, "secret") || !strcmp(kind, "configmap"));
    if (hidden && (json_get(json_root(doc), "data") || json_get(json_root(doc), "stringData") ||
                   json_get(json_root(doc), "binaryData")))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = { "pod", "secret", "configmap", "node", "endpointslice", "event", NULL };
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse((const char *)data, size, &json_wire_limits, &e);
    if (!json_is_object(json_root(doc)))
        return 0;
    read_as_pod(json_root(doc));
    for (size_t i = 0; i < COUNT(kinds); i++)
        trim_as(kinds[i], json_root(doc));
    return 0;
}
