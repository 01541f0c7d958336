#include "kube/access_review.h"

#include <stddef.h>

#include "base/json.h"

static const char *unless_empty(const char *text)
{
    return text && text[0] ? text : NULL;
}

char *access_review(const struct access *access)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "apiVersion", "authorization.k8s.io/v1");
    json_w_str(w, "kind", "SelfSubjectAccessReview");
    json_w_object(w, "spec");
    json_w_object(w, "resourceAttributes");
    json_w_str(w, "verb", access->verb);
    json_w_str(w, "group", access->group);
    json_w_str(w, "resource", access->resource);
    json_w_str(w, "subresource", unless_empty(access->subresource));
    json_w_str(w, "namespace", unless_empty(access->namespace_));
    return json_w_take(w, NULL);
}
