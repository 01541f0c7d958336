/* "exec format error": an image for another processor, or a script that does not say what interprets it?
 *
 * The kernel says the same of both, and of a script whose interpreter is for another processor.  What decides lies elsewhere: whether the same image runs on
 * this kind of processor, only on another kind, and where the file comes from.  Pure.
 */
#pragma once

#include "diagnose/rules.h"

struct exec_format {
    const char *code;
    enum strength strength;
    const char *command; /* what was to be run; NULL: not known                                     */
    const char *platform, *platform_zh;
    bool undecided;             /* the other one is told beside it                                          */
    const char *source, *quote; /* what decides, NULL: nothing does                                         */
};

/* message: what runtime or program said of container c. */
struct exec_format exec_format_judge(struct run *r, const struct pod *p, const struct container *c,
                                     const char *message);

/* Values and evidence of a finding with x's code. */
void exec_format_tell(struct run *r, struct finding *f, const struct exec_format *x);
