/* The dashboard's files, from memory. */
#pragma once

#include <stdbool.h>

#include "http/server.h"

/* Answers a GET or HEAD that is the dashboard's to answer: its files, and its page for addresses without an extension.  False: the path belongs to the interface. */
bool site_serve(struct http_exchange *x);
