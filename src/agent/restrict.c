#include "agent/restrict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/metric.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static struct metric metrics[] = {
    { "aetherius_agent_restricted", METRIC_GAUGE, "part", "1 for what the kernel enforces on this process: privileges, calls (seccomp), files (Landlock)." },
};
METRIC_DECLARE(metrics);

void restrict_may_read(struct restrict_paths *p, const char *file)
{
    if (file && *file && p->n_read < COUNT(p->read))
        p->read[p->n_read++] = file;
}

void restrict_may_write(struct restrict_paths *p, const char *dir)
{
    if (dir && *dir && p->n_write < COUNT(p->write))
        p->write[p->n_write++] = dir;
}

/* A core that is piped to a program is written whatever the limit says; a process that cannot be dumped has none, and no debugger. */
int restrict_privileges(struct err *e)
{
    const struct rlimit none = { 0, 0 };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return err_sys(e, errno, "giving up new privileges");
    if (setrlimit(RLIMIT_CORE, &none))
        return err_sys(e, errno, "giving up core dumps");
    if (!SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))    /* a leak checker traces its own process */
        return err_sys(e, errno, "giving up debuggers");
    return 0;
}

static void note_lack(struct restrict_state *out, const char *what, const struct err *e)
{
    size_t size = strlen(out->lacks);
    (void)snprintf(out->lacks + size, sizeof out->lacks - size, "%s%s: %s", size ? "; " : "", what, e->text);
}

/* Files first: the filter forbids what sets them up. */
void restrict_self(const struct restrict_paths *paths, struct restrict_state *out)
{
    struct err e = { 0 };
    *out = (struct restrict_state){ 0 };
    out->privileges = restrict_privileges(&e) == 0;
    if (!out->privileges)
        note_lack(out, "privileges", &e);
    out->files = restrict_files(paths, &e);
    if (out->files <= 0) {
        if (out->files == 0)
            err_set(&e, ERR_UNAVAILABLE, "this kernel has no Landlock");
        note_lack(out, "files", &e);
        out->files = 0;
    }
    out->calls = restrict_calls(!SANITIZED, &e) == 0;
    if (!out->calls)
        note_lack(out, "calls", &e);
    metric_register(metrics, COUNT(metrics));
    metric_set(&metrics[0], "privileges", out->privileges);
    metric_set(&metrics[0], "files", out->files > 0);
    metric_set(&metrics[0], "calls", out->calls);
}
