/* The Kubernetes API as we use it: credentials, GET, paged lists, watches, logs.  Read only, unless kube_call names
 * another method.
 *
 * One struct kube for one API server on one loop.  Everything is asynchronous; done callbacks run on the loop,
 * never inside the call. Built on what kube-apiserver 1.36 was seen to do (tests/peers/README.md, What a client
 * must know).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/loop.h"

struct kube;

/* Where and as whom.  Strings are owned by the struct (kube_config_fini). */
struct kube_config {
    char *server;                 /* https://host:port[/path], no slash at the end           */
    char *ca_file, *ca_pem, *cert_file, *key_file, *cert_pem, *key_pem, *server_name;
    char *token, *token_file;     /* the file is read again each minute and after a 401      */
    char *namespace_;             /* the context's, or "default"                              */
    char *context, *cluster;      /* names, for people                                        */
    bool insecure;
};

/* kubeconfig path NULL or "": $KUBECONFIG's first existing file, then ~/.kube/config.  context NULL or "":
 * current-context.  YAML or JSON.  Refuses exec and auth-provider plug-ins with a text that says why (no program is
 * ever started) and what to do. */
int kube_config_file(const char *path, const char *context, struct kube_config *out, struct err *e) MUST_CHECK;

/* The service account of this pod; dir NULL: /var/run/secrets/kubernetes.io/serviceaccount. */
int kube_config_in_cluster(const char *dir, struct kube_config *out, struct err *e) MUST_CHECK;
/* A deep copy. */
void kube_config_copy(struct kube_config *out, const struct kube_config *c);
void kube_config_fini(struct kube_config *c);

/* config is copied.  user_agent: "aetherius-agent/0.1.0".  NULL with *e when a file that config names cannot be
 * read or used. */
struct kube *kube_new(struct loop *l, const struct kube_config *config, const char *user_agent, struct err *e);
/* Ends and frees all calls, lists and watches that are left; their callbacks are not called.  Not from within a
 * callback of a watch. */
void kube_free(struct kube *k);
const char *kube_server(const struct kube *k);

/* Counters since kube_new. */
struct kube_counts {
    uint64_t calls, failed, lists, watches, frames, bytes;
    uint64_t frames_bad;          /* frames of watches that nobody can read                   */
    uint64_t credentials_kept;    /* times that a token, CA or certificate file was of no use and the old copy stayed */
};
struct kube_counts kube_counts(const struct kube *k);

struct kube_answer {
    int status;                   /* HTTP status, 0: none came                                */
    json *object;                 /* parsed body when it was JSON, valid during the callback  */
    const char *text;             /* body as it came (logs), never NULL                       */
    size_t size;
    bool truncated;               /* a log was cut at size_max                                */

    /* NULL for 2xx; else kind by status (ERR_NOT_FOUND for 404, ERR_REFUSED for 401 and 403, ERR_EXPIRED for 410, ERR_BUSY
     * for 429) and the words of Status.message. */
    const struct err *err;
};
typedef void (*kube_done)(void *arg, const struct kube_answer *answer);
struct kube_request;

struct kube_options {
    int64_t timeout_ms;           /* 0: 15 s                                                  */
    size_t size_max;              /* 0: 4 MiB                                                 */
    bool partial_metadata;        /* asks for PartialObjectMetadata (metadata only)           */
    const char *method;           /* NULL: GET                                                */
    const char *body, *content_type;
};

/* path: "/api/v1/namespaces/shop/pods/cart-1?x=y", segments already escaped.  options may be NULL.  A GET that is
 * answered 429 or 5xx with Retry-After is sent again when the time allows it, one that is answered 401 once more
 * when the token file holds another token. */
struct kube_request *kube_call(struct kube *k, const char *path, const struct kube_options *options, kube_done done,
                               void *arg);

/* done (and item) will not be called any more.  NULL is allowed; not for a request whose done has been called. */
void kube_cancel(struct kube_request *r);

/* A kind we know: one row each in kube/kinds.c. */
struct kube_kind {
    const char *kind;             /* "Pod"                                                    */
    const char *singular;         /* "pod": as in references and kubectl                      */
    const char *plural;           /* "pods"                                                   */
    const char *shorts;           /* "po", space-separated, or ""                             */
    const char *group;            /* "" for core                                              */
    const char *version;          /* "v1"                                                     */
    bool namespaced;
};
extern const struct kube_kind kube_kinds[];
extern const size_t kube_kinds_count;

/* By kind, singular, plural or short name in any case, also "deployments.apps"; NULL when unknown. */
const struct kube_kind *kube_kind_find(const char *name);

/* Path of a collection or, with name, of an object; namespace_ NULL or "": all.  free() it.  NULL when a name is
 * none that Kubernetes allows. */
char *kube_path(const struct kube_kind *kind, const char *namespace_, const char *name);

/* The field selector, not escaped, of the events about the object of that kind ("Pod") and name; free() it. */
char *kube_events_selector(const char *kind, const char *name);

/* A list page by page, 500 each, one consistent version, never unlimited.  item's objects have kind and apiVersion
 * filled in and are valid during the call. When a continue token expires it begins anew with smaller pages, at most
 * 3 times: items may then come twice.  done: version "" when there was none; err NULL when it was whole. */
struct kube_list_handlers {
    void (*item)(void *arg, json *object);
    void (*done)(void *arg, const char *version, const struct err *err);
};
/* query: "fieldSelector=…" or NULL, already escaped. */
struct kube_request *kube_list(struct kube *k, const struct kube_kind *kind, const char *namespace_, const char *query,
                               const struct kube_list_handlers *handlers, void *arg);
