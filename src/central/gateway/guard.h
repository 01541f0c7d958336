/* What every request meets before its route, and the headers that every answer carries.
 *
 * A page of somebody else's in the reader's browser must not act through it: requests that change something come as JSON from our own pages (or from no page), and
 * while we listen on loopback only names that cannot be pointed at us are answered (DNS rebinding).
 */
#pragma once

#include "central/options.h"
#include "http/server.h"

/* True when the request may go on; else it has been answered (421, 403, 415). */
bool guard_pass(const struct central_options *o, struct http_exchange *x);

/* Headers of every answer: nosniff, referrer, content policy, no storing. A handler may replace them. */
void guard_headers(struct http_exchange *x);

/* The answer is a document made from what a cluster said: shown in a frame of our own, it may run and reach nothing. */
void guard_frame(struct http_exchange *x);

/* For tests: may a server on loopback that is also known as `hosts` ("a.example, b.example") answer this Host header? */
bool guard_host_is_ours(const char *host, const char *hosts);
