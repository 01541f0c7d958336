/* The pod that nobody owns: applied by hand, and gone when it is deleted. */
#include "base/str.h"
#include "sim/admission.h"
#include "sim/kubelet.h"
#include "sim/workload.h"

static struct pod *the_pod(const struct workload *o)
{
    struct pod *p = o->world->pods;
    while (p && p->workload != o)
        p = p->next;
    return p;
}

static void make(struct workload *o)
{
    struct pod_request request = {
        .namespace = o->namespace, .name = o->name, .workload = o, .template = o->template, .app = o->name
    };
    struct denial denial;
    if (admission_check(o->world, &request, &denial) == 0)
        pod_new(o->world, &request);
    else
        admission_tell(o->world, o, &denial); /* kubectl would have heard it; the cluster keeps no trace */
}

/* A specification cannot be changed in place: kubectl replace deletes the pod and makes it anew. */
static void look(struct workload *o)
{
    struct pod *p = the_pod(o);
    if (o->deleted) {
        if (!p)
            workload_forget(o);
    } else if (!p) {
        make(o);
    } else if (!str_eq(p->template->hash, o->template->hash)) {
        pod_delete(p);
    } else {
        p->template = o->template;
    }
}

static void publish(struct workload *o)
{
    (void)o; /* the pod is the object */
}

const struct workload_class single_pod_class = { .kind = KIND_POD, .look = look, .publish = publish };
