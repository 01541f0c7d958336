/* For the tests: bundles put together from short pieces, and what the engine must say about them.
 *
 * Pieces of JSON are written with ' for ", which reads better in C; a ' that is meant as one is \u0027.  It is 12:00:00 on 2026-01-01.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "diagnose/diagnose.h"

#define DAY "2026-01-01T"

struct case_ {
    const char *name;
    const char *objects; /* JSON objects, separated by commas                                            */
    const char *
        events; /* a line each: "Warning|pod/shop/x|Reason|message", then |count|seconds ago|container where it matters */
    const char *
        logs; /* a line each: "shop/x|container|text", \\n for a line break; "shop/x|container|previous|text"          */
    const char *lists;  /* "pod/shop node/": listed whole                                               */
    const char *absent; /* "configmap/shop/x": answered 404                                             */
    const char *scope;  /* "pod/shop/x"; NULL: everything                                               */
    const char *code, *object;
    const char *phrase; /* must stand in the statement; NULL: any                                       */
};

/* The bundle of a case as JSON; free() it. */
char *case_bundle(const struct case_ *c, size_t *size);

/* The verdict, in a. */
void case_verdict(const struct case_ *c, struct arena *a, struct wire_verdict *out);

/* Each case must be a fault with exactly one root, of that code and object.  Its statements hold no gap ("?"), its actions no blank that
 * the reader could not fill, and it has evidence. */
void case_expect(const struct case_ *cases, size_t n);

/* Each case must have no root. */
void case_expect_none(const struct case_ *cases, size_t n);

/* Metadata of an object in namespace shop that was made at 11:50. */
#define META(name)       "'metadata':{'name':'" name "','namespace':'shop','creationTimestamp':'" DAY "11:50:00Z'}"
#define META_NOW(name)   "'metadata':{'name':'" name "','namespace':'shop','creationTimestamp':'" DAY "11:59:58Z'}"
#define META_ALONE(name) "'metadata':{'name':'" name "','creationTimestamp':'" DAY "11:50:00Z'}"
#define META_LABELS(name, labels)                                                                                      \
    "'metadata':{'name':'" name "','namespace':'shop','creationTimestamp':'" DAY "11:50:00Z','labels':{" labels "}}"
#define META_OWNED(name, kind, owner, labels)                                                                          \
    "'metadata':{'name':'" name "','namespace':'shop','creationTimestamp':'" DAY "11:50:00Z','labels':{" labels        \
    "},'ownerReferences':[{'kind':'" kind "','name':'" owner "','controller':true}]}"

#define OBJECT(kind, meta, spec, status) "{'kind':'" kind "'," meta ",'spec':{" spec "},'status':{" status "}}"

/* A Pod on node n1 with one container c, whose status follows. */
#define ONE_CONTAINER "'nodeName':'n1','containers':[{'name':'c','image':'registry.example/app:1'}]"
#define NOT_READY                                                                                                      \
    "{'type':'Ready','status':'False','lastTransitionTime':'" DAY                                                      \
    "11:50:01Z','message':'containers with unready status: [c]'}"
#define POD(name, spec, status) OBJECT("Pod", META(name), spec, status)
#define POD_OF(name, kind, owner, spec, status)                                                                        \
    OBJECT("Pod", META_OWNED(name, kind, owner, "'app':'" owner "'"), spec, status)
#define WAITING(reason, message)                                                                                       \
    "'phase':'Pending','conditions':[" NOT_READY                                                                       \
    "],'containerStatuses':[{'name':'c','ready':false,'restartCount':0,'state':{'waiting':{'reason':'" reason          \
    "','message':'" message "'}}}]"
#define ENDED(code, reason, extra)                                                                                     \
    "{'terminated':{'exitCode':" code ",'reason':'" reason "','startedAt':'" DAY "11:59:20Z','finishedAt':'" DAY       \
    "11:59:30Z'" extra "}}"
/* In the pause of a crash loop. */
#define CRASHED(code, reason)                                                                                          \
    "'phase':'Running','conditions':[" NOT_READY                                                                       \
    "],'containerStatuses':[{'name':'c','ready':false,'restartCount':4,'state':" ENDED(                                \
        code, reason, "") ",'lastState':" ENDED(code, reason, "") "}]"
#define RUNNING                                                                                                        \
    "'phase':'Running','conditions':[{'type':'Ready','status':'True','lastTransitionTime':'" DAY                       \
    "11:50:05Z'}],'containerStatuses':[{'name':'c','ready':true,'started':true,'restartCount':0,'state':{'running':{"  \
    "'startedAt':'" DAY "11:50:02Z'}}}]"
#define UNREADY                                                                                                        \
    "'phase':'Running','conditions':[" NOT_READY                                                                       \
    "],'containerStatuses':[{'name':'c','ready':false,'started':true,'restartCount':0,'state':{'running':{"            \
    "'startedAt':'" DAY "11:50:02Z'}}}]"

#define NODE(name, labels, spec, status)                                                                               \
    "{'kind':'Node','metadata':{'name':'" name "','labels':{" labels "}},'spec':{" spec                                \
    "},'status':{'conditions':[{'type':'Ready','status':'True'}]," status "}}"
#define ROOM "'allocatable':{'cpu':'4','memory':'8Gi','pods':'110'}"
