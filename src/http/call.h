/* The insides of a client, for the files of this folder: client.c drives the library on the loop, call.c sets a call up and takes its answer.
 */
#pragma once

#include <curl/curl.h>

#include "base/str.h"
#include "http/client.h"

/* The library forbids much from inside its callbacks, and handlers run inside of them.  So a call is added, resumed and thrown away by
 * on_chores, in a turn of its own, and the functions of the header only leave a note. */
struct http_call {
    struct http_call *prev, *next;
    struct http_client *client;
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    struct http_stream_handlers stream;
    http_done done;
    void *arg;
    bool added;     /* the library has it */
    bool cancelled; /* to be thrown away; nobody is told any more */
    bool begun;     /* the head is in */
    bool given_up;  /* begin said no */
    bool too_large;
    bool paused, resuming;
    int status;
    struct buf body;
    size_t body_max;
    int64_t silence_ms;
    struct timer silence;
    char place[160]; /* scheme, host and port, for errors */
    char trouble[CURL_ERROR_SIZE];
};

struct identity {
    char *ca_file, *ca_pem, *cert_file, *key_file, *cert_pem, *key_pem, *server_name;
    bool insecure;
};

struct http_client {
    struct loop *loop;
    CURLM *multi;
    struct identity identity;
    struct http_call *calls, *last;
    struct timer wait;   /* what the library asked for */
    struct timer chores; /* adds, resumes and throws away calls */
    int depth;           /* callbacks of the library or of ours under way */
    bool freed;          /* by one of its own callbacks */
};

/* client.c */
void client_chores(struct http_client *c); /* a turn of on_chores, soon */
void client_settle(struct http_client *c); /* every way into the library ends here, outside of it */

/* call.c */
void call_detach(struct http_call *call); /* from the library and the client */
void call_free(struct http_call *call);

/* Tells the owner and frees the call.  code: CURLE_OK when a whole answer came. */
void call_finish(struct http_call *call, CURLcode code);
