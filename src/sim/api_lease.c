/* Leases are what clients write themselves: made, renewed and taken over under optimistic locking, as by the real API server. */
#include <string.h>

#include "base/str.h"
#include "sim/api.h"
#include "sim/stamp.h"

#define GROUP       "coordination.k8s.io"
#define MICRO_PLACE 19 /* of the dot in 2006-01-02T15:04:05.000000Z */

static char *details_of(const char *name, const char *kind, const char *cause_reason, const char *cause,
                        const char *field)
{
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    json_w_str(j, "name", name && *name ? name : NULL);
    json_w_str(j, "group", GROUP);
    json_w_str(j, "kind", kind);
    if (cause) {
        json_w_array(j, "causes");
        json_w_object(j, NULL);
        json_w_str(j, "reason", cause_reason);
        json_w_str(j, "message", cause);
        json_w_str(j, "field", field);
        json_w_end(j);
        json_w_end(j);
    }
    json_w_end(j);
    return json_w_take(j, NULL);
}

static void refuse(struct api_request *r, int code, const char *reason, const char *text)
{
    AUTO_FREE char *details = details_of(r->name, "leases", NULL, NULL, NULL);
    api_status(r->sim, r->x, code, reason, details, "%s", text);
}

static void refuse_value(struct api_request *r, const char *kind, const char *reason, const char *field,
                         const char *cause)
{
    AUTO_FREE char *details = details_of(r->name, kind, reason, cause, field);
    api_status(r->sim, r->x, 422, "Invalid", details, "%s." GROUP " \"%s\" is invalid: %s: %s", kind, r->name, field,
               cause);
}

static bool refuse_bad(struct api_request *r, const char *text)
{
    api_status(r->sim, r->x, 400, "BadRequest", NULL, "%s", text);
    return false;
}

static bool check_time(struct api_request *r, const json *spec, const char *key)
{
    const char *time = json_get_str(spec, key);
    size_t size = time ? strlen(time) : 0;
    if (!time ||
        (size > MICRO_PLACE + 7 && time[MICRO_PLACE] == '.' && strspn(time + MICRO_PLACE + 1, "0123456789") == 6))
        return true;
    AUTO_FREE char *text = str_printf("Lease in version \"v1\" cannot be handled as a Lease: parsing time \"%s\" as "
                                      "\"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"%s\" as \".000000\"",
                                      time, size > MICRO_PLACE ? time + MICRO_PLACE : "");
    return refuse_bad(r, text);
}

static bool check_number(struct api_request *r, const json *spec, const char *key, int64_t least, const char *what)
{
    const json *number = json_get(spec, key);
    if (!json_is_number(number) || json_int(number, 0) >= least)
        return true;
    AUTO_FREE char *field = str_printf("spec.%s", key);
    AUTO_FREE char *cause = str_printf("Invalid value: %lld: must be %s 0", (long long)json_int(number, 0), what);
    refuse_value(r, "Lease", "FieldValueInvalid", field, cause);
    return false;
}

/* The answer is sent when it is false. */
static bool check(struct api_request *r, const json *object)
{
    const json *spec = json_get(object, "spec");
    const char *kind = json_get_str(object, "kind"), *namespace = json_at_str(object, "metadata.namespace");
    if (kind && !str_eq(kind, "Lease")) {
        AUTO_FREE char *text = str_printf("%s in version \"v1\" cannot be handled as a Lease: converting (v1.%s) to "
                                          "(coordination.Lease): unknown conversion",
                                          kind, kind);
        return refuse_bad(r, text);
    }
    if (namespace && !str_eq(namespace, r->namespace))
        return refuse_bad(r, "the namespace of the provided object does not match the namespace sent on the request");
    return check_time(r, spec, "acquireTime") && check_time(r, spec, "renewTime") &&
           check_number(r, spec, "leaseDurationSeconds", 1, "greater than") &&
           check_number(r, spec, "leaseTransitions", 0, "greater than or equal to");
}

static void write_manager(struct json_w *j, struct api_request *r, const json *spec)
{
    AUTO_JSON_W struct json_w *fields = json_w_new();
    json_w_object(fields, NULL);
    json_w_object(fields, "f:spec");
    for (struct json_iter i = json_iter(spec); json_next(&i);) {
        AUTO_FREE char *key = str_printf("f:%s", i.key);
        json_w_object(fields, key);
        json_w_end(fields);
    }
    json_w_end(fields);
    json_w_end(fields);
    AUTO_FREE char *text = json_w_take(fields, NULL);
    AUTO_FREE char *manager = str_dup(str_or_empty(http_header(r->x, "User-Agent")));
    manager[strcspn(manager, "/")] = '\0';
    world_write_manager(j, manager, GROUP "/v1", r->sim->world->now_ms, text, NULL);
}

static void store(struct api_request *r, struct object *o, const json *object)
{
    static const char *const kept[] = { "labels", "annotations", "ownerReferences" };
    const json *spec = json_get(object, "spec");
    AUTO_JSON_W struct json_w *j = json_w_new();
    json_w_object(j, NULL);
    world_write_meta(j, &(struct meta){ .object = o });
    for (size_t i = 0; i < COUNT(kept); i++)
        json_w_copy(j, kept[i], json_get(json_get(object, "metadata"), kept[i]));
    if (json_count(spec) > 0)
        write_manager(j, r, spec);
    json_w_end(j);
    json_w_object(j, "spec");
    for (struct json_iter i = json_iter(spec); json_next(&i);)
        json_w_copy(j, i.key, i.value);
    json_w_end(j);
    json_w_end(j);
    world_store(r->sim->world, o, j);
}

static void answer(struct api_request *r, int status, const struct object *o)
{
    AUTO_BUF struct buf out = { 0 };
    api_add_object(&out, o->newest, FORM_WHOLE, false);
    buf_char(&out, '\n');
    api_set_headers(r->sim, r->x);
    http_reply(r->x, status, "application/json", out.data, out.size);
}

static bool is_dry_run(const struct api_request *r)
{
    return str_eq(http_query(r->x, "dryRun"), "All");
}

static void make(struct api_request *r, const json *object)
{
    struct world *w = r->sim->world;
    if (!history_find(w->history, KIND_NAMESPACE, "", r->namespace)) {
        AUTO_FREE char *details = str_printf("{\"name\":\"%s\",\"kind\":\"namespaces\"}", r->namespace);
        api_status(r->sim, r->x, 404, "NotFound", details, "namespaces \"%s\" not found", r->namespace);
        return;
    }
    if (is_dry_run(r)) {
        refuse(r, 405, "MethodNotAllowed", "the simulator makes no lease to try");
        return;
    }
    struct object *o = history_object(w->history, KIND_LEASE, r->namespace, r->name, w->now_ms);
    store(r, o, object);
    answer(r, 201, o);
}

/* POST on the collection. */
static void create(struct api_request *r, const json *object)
{
    if (!r->name[0]) {
        refuse_value(r, "Lease", "FieldValueRequired", "metadata.name",
                     "Required value: name or generateName is required");
        return;
    }
    if (!history_find(r->sim->world->history, KIND_LEASE, r->namespace, r->name)) {
        make(r, object);
        return;
    }
    AUTO_FREE char *text = str_printf("leases." GROUP " \"%s\" already exists", r->name);
    refuse(r, 409, "AlreadyExists", text);
}

/* PUT on a name: makes what is not there, whatever version it names, as the real one does for leases. */
static void update(struct api_request *r, const json *object)
{
    struct object *o = history_find(r->sim->world->history, KIND_LEASE, r->namespace, r->name);
    const char *name = json_at_str(object, "metadata.name"), *version = json_at_str(object, "metadata.resourceVersion");
    if (!str_eq(name, r->name)) {
        AUTO_FREE char *text = str_printf("the name of the object (%s) does not match the name on the URL (%s)",
                                          str_or_empty(name), r->name);
        (void)refuse_bad(r, text);
        return;
    }
    if (!o) {
        make(r, object);
        return;
    }
    if (!version || !*version) {
        refuse_value(r, "leases", "FieldValueInvalid", "metadata.resourceVersion",
                     "Invalid value: 0: must be specified for an update");
        return;
    }
    AUTO_FREE char *newest = str_printf("%llu", (unsigned long long)o->newest->version);
    if (!str_eq(version, newest)) {
        AUTO_FREE char *text =
            str_printf("Operation cannot be fulfilled on leases." GROUP " \"%s\": the object has been modified; "
                       "please apply your changes to the latest version and try again",
                       r->name);
        refuse(r, 409, "Conflict", text);
        return;
    }
    if (!is_dry_run(r))
        store(r, o, object);
    answer(r, 200, o);
}

void api_lease_write(struct api_request *r)
{
    size_t size;
    const char *body = http_body(r->x, &size);
    struct err e;
    AUTO_JSON struct json_doc *doc = json_parse(body, size, &json_wire_limits, &e);
    if (!doc) {
        api_status(r->sim, r->x, 400, "BadRequest", NULL,
                   "the object provided is unrecognized (must be of type Lease): couldn't get version/kind; json parse "
                   "error: %s",
                   e.text);
        return;
    }
    const char *name = json_at_str(json_root(doc), "metadata.name");
    if (!r->name[0] && name && str_is_dns_name(name))
        (void)str_copy(r->name, sizeof r->name, name);
    if (!check(r, json_root(doc)))
        return;
    if (str_eq(r->verb, "create"))
        create(r, json_root(doc));
    else
        update(r, json_root(doc));
}

void api_lease_delete(struct api_request *r)
{
    struct object *o = history_find(r->sim->world->history, KIND_LEASE, r->namespace, r->name);
    if (!o) {
        api_not_found(r);
        return;
    }
    AUTO_FREE char *text =
        str_printf("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\",\"details\":{"
                   "\"name\":\"%s\",\"group\":\"" GROUP "\",\"kind\":\"leases\",\"uid\":\"%s\"}}\n",
                   r->name, o->uid);
    if (!is_dry_run(r))
        history_delete(r->sim->world->history, o);
    api_set_headers(r->sim, r->x);
    http_reply(r->x, 200, "application/json", text, strlen(text));
}
