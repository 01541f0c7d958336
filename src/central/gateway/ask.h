/* Questions to other services.
 *
 * A question is a bus request with a deadline; its answer is docs/services.md's envelope.  Belongs to the gateway's loop.
 */
#pragma once

#include "central/gateway/gateway.h"

#define ASK_TIMEOUT_MS 5000

/* What came back.  A service that did not answer is a status, too: 503 nobody serves this, 504 not in time, 502 no envelope. */
struct ask_answer {
    int status;
    const char *detail;               /* of an error, "" when there is none                       */
    json *body;                       /* NULL when it is no JSON                                  */
    const char *content_type, *text;  /* for what is no JSON, else NULL                           */
    struct json_doc *doc;             /* owns the above; the asker may take it (and leave NULL)   */
};
typedef void (*ask_done)(void *arg, struct ask_answer *answer);

/* One question as the bus carries it: {"what", "id", "params"}. id and params may be NULL. */
struct question {
    const char *subject;              /* "manager.query"          */
    const char *what;                 /* "clusters"               */
};

/* The payload of a question with the route's {id} and its query parameters.  NULL: a parameter is wrong, and x has been answered. */
char *ask_payload(const struct question *q, struct http_exchange *x, size_t *size);

/* Sends payload; done(arg) runs exactly once, perhaps before this returns. */
void ask(struct gateway *g, const char *subject, const char *payload, size_t size, ask_done done, void *arg);

/* Handler for rows whose detail is a struct question: asks it and passes the answer on. */
void ask_and_pass(void *gateway, struct http_exchange *x);

/* Answers x with what came back. */
void ask_pass(struct http_exchange *x, const struct ask_answer *answer);

/* Two questions at once; finish(x) runs when both are answered.  The answers live until it returns. */
typedef void (*ask_both_done)(struct gateway *g, struct http_exchange *x, struct ask_answer answers[2]);
struct ask_pair {
    const char *subject[2], *payload[2];
};
void ask_both(struct gateway *g, struct http_exchange *x, const struct ask_pair *pair, ask_both_done finish);

/* The end of the gateway: everything that waits is answered 503. */
void ask_cancel_all(struct gateway *g);
