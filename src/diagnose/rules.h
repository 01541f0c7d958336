/* The rules, a file a family.  Each looks at one object and adds what it finds to the run; none knows of the others.
 *
 * Pods are looked at in stages, because what comes later cannot be reached while an earlier stage fails: placed on a node, volumes and
 * sandbox there, init containers, containers.  A stage that found something ends the look at that Pod, respectively container.
 */
#pragma once

#include "diagnose/finding.h"
#include "diagnose/extract.h"
#include "diagnose/note.h"

/* All stages of a Pod. */
void rules_pod(struct run *r, const struct pod *p);

/* Stages of a Pod, in order.  True: found something, or nothing later can be said. */
bool rules_scheduling(struct run *r, const struct pod *p);
bool rules_pod_life(struct run *r,
                    const struct pod *p); /* evicted, preempted, refused by the kubelet, stuck terminating */
bool rules_volume(struct run *r, const struct pod *p);
bool rules_sandbox(struct run *r, const struct pod *p);

/* A volume of the Pod is made of a ConfigMap or Secret that is not there or lacks a key.  ev: FailedMount, or NULL when none came yet. */
bool rules_config_mount(struct run *r, const struct pod *p, const struct event *ev);

/* Stages of a container, in order. */
bool rules_image(struct run *r, const struct pod *p, const struct container *c);
bool rules_config(struct run *r, const struct pod *p, const struct container *c);
bool rules_start(struct run *r, const struct pod *p, const struct container *c);
bool rules_crash(struct run *r, const struct pod *p, const struct container *c);
bool rules_probe(struct run *r, const struct pod *p, const struct container *c);
bool rules_init_waiting(struct run *r, const struct pod *p, const struct container *c);

/* Objects of other kinds. */
void rules_admission(struct run *r, const struct object *o); /* what makes Pods, or would        */
void rules_workload(struct run *r, const struct object *o);
void rules_job(struct run *r, const struct object *o);
void rules_cronjob(struct run *r, const struct object *o);
void rules_claim(struct run *r, const struct object *o);
void rules_node(struct run *r, const struct object *o);
void rules_service(struct run *r, const struct object *o);
void rules_ingress(struct run *r, const struct object *o);
void rules_hpa(struct run *r, const struct object *o);
void rules_pdb(struct run *r, const struct object *o);
void rules_namespace(struct run *r, const struct object *o);
void rules_apiservice(struct run *r, const struct object *o);

/* What only shows over all objects. */
void rules_control_plane(struct run *r);
void rules_dns(struct run *r);

/* Runs them all. */
void rules_run(struct run *r);

/* Asked for by several families. */

/* The log line that says best why the container ended, with its class in the group "log" of the catalogue; false: no line says anything. */
struct reason_line {
    const struct log *log;
    const char *text, *class_;
    const char *rival, *rival_class; /* another line that says as much and something else; NULL: none */
};
bool rules_reason_line(struct run *r, const struct pod *p, const struct container *c, struct reason_line *out);

/* Was this container's end a matter of the past: it runs, is ready, and has done so for much longer than it lived before? */
bool rules_has_recovered(const struct run *r, const struct container *c);

/* The Service that a host name or address means from inside that namespace, as an id, whether it is there or not; NULL: none of the
 * cluster's.  *presence says whether it is there. */
const char *rules_service_of(struct run *r, const char *namespace_, const struct host *host, enum presence *presence);

/* Sets host and what is known of the Service behind it (missing, serves, nearest), quotes its absence, and makes the finding depend on it. */
void rules_name_target(struct run *r, struct finding *f, const char *namespace_, const struct host *host);

/* Nothing about the Pod matters any more: it is done, its Job went on without it, or its workload has replaced it. */
bool rules_is_past(const struct run *r, const struct pod *p);

/* A Job that completed, or that a later run of its CronJob has made good. */
bool rules_job_is_past(const struct run *r, const struct object *job);

/* A line says that the program found no way to the Kubernetes API, and its container has no token mounted: the finding is made. */
bool rules_token_absent(struct run *r, const struct pod *p, const struct container *c, const struct reason_line *line);

/* A line says that a ServiceAccount may not do something: the finding, or NULL when the line cannot be read. */
struct finding *rules_forbidden(struct run *r, const struct pod *p, const struct container *c,
                                const struct reason_line *line);
