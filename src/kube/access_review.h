/* What one asks the API server when one wants to know one's own rights: a SelfSubjectAccessReview. */
#pragma once

#define ACCESS_REVIEW_PATH "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

struct access {
    const char *verb, *group, *resource;
    const char *subresource, *namespace_;    /* NULL or "": none; all namespaces */
};

/* The body to POST there; free() it.  The answer is in status.allowed. */
char *access_review(const struct access *access);
