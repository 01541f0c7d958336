/* A nats-server for tests: on a free port of this machine, with a folder of its own below /tmp.  It dies with the test. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct nats_server {
    char dir[64], url[64], port[8];
    bool jetstream;
    pid_t pid;    /* 0 while none runs */
};

/* False when this machine has none: such tests are skipped. */
bool nats_server_installed(void);

/* Chooses port and folder; the server is started by nats_server_start, again and again on the same port and folder if need be. */
void nats_server_init(struct nats_server *s, bool jetstream);
void nats_server_start(struct nats_server *s);
void nats_server_kill(struct nats_server *s);    /* as a lost machine would end it */
void nats_server_fini(struct nats_server *s);    /* ends it and removes the folder */
