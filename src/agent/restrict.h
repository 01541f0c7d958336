/* What this process gives up before it begins: for good, by the kernel, in every thread that comes after.
 *
 * - No new privileges, no core dump, no debugger (a core holds the token and the command key).
 * - System calls: those that a reader of an API needs.  Starting a program, tracing, mounting, changing who we are and the like end the
 *   process at once (SIGSYS): nobody in here does that, so whoever does has broken in.  What is neither needed nor named is ENOSYS.
 * - Files: written only below the spool, read only where configuration, credentials, certificates and the C library are (Landlock).
 *
 * Call restrict_self once, before the first thread.  A kernel that lacks a part goes without it, and *out says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define RESTRICT_PATHS_MAX 32

struct restrict_paths {
    const char *read[RESTRICT_PATHS_MAX];      /* files: their directories may be read, so that a replaced one can, too */
    const char *write[RESTRICT_PATHS_MAX];     /* directories                                                           */
    size_t n_read, n_write;
    bool in_cluster;                           /* /etc is the image's and the kubelet's: a few files of it suffice      */
};
void restrict_may_read(struct restrict_paths *p, const char *file);      /* NULL and "" are ignored; borrowed */
void restrict_may_write(struct restrict_paths *p, const char *dir);

struct restrict_state {
    bool privileges, calls;
    int files;                 /* Landlock's ABI; 0: not restricted               */
    char lacks[200];           /* what could not be done and why, or ""           */
};
void restrict_self(const struct restrict_paths *paths, struct restrict_state *out);

/* The parts, for tests.  calls: under a sanitizer, whose runtime needs more, only what is forbidden by name is, with EPERM; strict: all the same. */
int restrict_privileges(struct err *e) MUST_CHECK;
int restrict_calls(bool strict, struct err *e) MUST_CHECK;
int restrict_files(const struct restrict_paths *paths, struct err *e) MUST_CHECK;    /* the ABI, 0: the kernel has no Landlock */
