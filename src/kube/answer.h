/* Reads what the API server answered: JSON, a Status, plain text, or nothing. */
#pragma once

#include "base/err.h"
#include "base/json.h"
#include "http/client.h"
#include "kube/kube.h"

struct answer {
    struct kube_answer view;     /* points into the others */
    struct json_doc *doc;
    struct err err;
};

/* http is borrowed until answer_fini.  out must not move afterwards. */
void answer_read(struct answer *out, const struct http_answer *http);
void answer_fini(struct answer *a);

/* Fills *e from an HTTP status and the server's Status object (may be NULL); text is used when there is no message. */
void answer_error(struct err *e, int status, const json *object, const char *text);

/* details.retryAfterSeconds of a Status in milliseconds; 0 when it does not say. */
int64_t answer_retry_after_ms(const json *status);
