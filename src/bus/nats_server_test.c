#include "bus/nats_server_test.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

bool nats_server_installed(void)
{
    return system("command -v nats-server >/dev/null 2>&1") == 0;
}

/* One that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    close(fd);
    return ntohs(a.sin_port);
}

void nats_server_init(struct nats_server *s, bool jetstream)
{
    *s = (struct nats_server){ .dir = "/tmp/aetherius-nats-XXXXXX", .jetstream = jetstream };
    assert_non_null(mkdtemp(s->dir));
    (void)snprintf(s->port, sizeof s->port, "%d", free_port());
    (void)snprintf(s->url, sizeof s->url, "nats://127.0.0.1:%s", s->port);
}

void nats_server_start(struct nats_server *s)
{
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid > 0)
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);    /* a failed test leaves no server behind */
    char log[80];
    (void)snprintf(log, sizeof log, "%s/log", s->dir);
    if (s->jetstream)
        execlp("nats-server", "nats-server", "-a", "127.0.0.1", "-p", s->port, "-l", log, "-js", "-sd", s->dir, (char *)NULL);
    else
        execlp("nats-server", "nats-server", "-a", "127.0.0.1", "-p", s->port, "-l", log, (char *)NULL);
    _exit(127);
}

void nats_server_kill(struct nats_server *s)
{
    int status;
    kill(s->pid, SIGKILL);
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    s->pid = 0;
}

void nats_server_fini(struct nats_server *s)
{
    if (s->pid)
        nats_server_kill(s);
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf %s", s->dir);
    assert_int_equal(system(command), 0);
}
