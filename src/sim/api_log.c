/* GET /api/v1/namespaces/NAMESPACE/pods/NAME/log */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/api.h"
#include "sim/kubelet.h"

static struct container *find_container(struct pod *p, const char *name)
{
    const struct plan *plan = &p->template->plan;
    for (size_t i = 0; i < plan->n_containers; i++)
        if (!name || str_eq(plan->containers[i].name, name))
            return &p->containers[i];
    for (size_t i = 0; name && i < plan->n_inits; i++)
        if (str_eq(plan->inits[i].name, name))
            return &p->inits[i];
    return NULL;
}

static void list_names(const struct plan *plan, struct buf *out)
{
    for (size_t i = 0; i < plan->n_containers; i++)
        buf_printf(out, "%s%s", i ? " " : "", plan->containers[i].name);
}

static const char *last_lines(const char *text, int64_t lines)
{
    const char *start = text + strlen(text);
    for (int64_t seen = 0; start > text; start--)
        if (start[-1] == '\n' && start != text + strlen(text) && ++seen == lines)
            break;
    return lines == 0 ? text + strlen(text) : start;
}

static void send_log(struct api_request *r, const char *text)
{
    const char *tail = http_query(r->x, "tailLines"), *limit = http_query(r->x, "limitBytes");
    if (tail)
        text = last_lines(text, strtoll(tail, NULL, 10));
    size_t size = strlen(text);
    if (limit && (size_t)strtoull(limit, NULL, 10) < size)
        size = (size_t)strtoull(limit, NULL, 10);
    http_set_header(r->x, "Cache-Control", "no-cache, private");
    struct http_stream *stream = http_stream_begin(r->x, 200, "text/plain", size + 1, NULL, NULL);
    if (size > 0 && http_stream_send(stream, text, size) != 0)
        abort(); /* it was made for just this */
    http_stream_end(stream);
}

/* Of images the kubelet has words of its own here. */
static const char *state_of(const struct container *c)
{
    if (c->state != CONTAINER_WAITING)
        return "";
    return str_eq(c->waiting_reason, "ErrImagePull")       ? "image can't be pulled"
           : str_eq(c->waiting_reason, "ImagePullBackOff") ? "trying and failing to pull image"
                                                           : c->waiting_reason;
}

void api_log(struct api_request *r)
{
    struct pod *p = pod_find(r->sim->world, r->namespace, r->name);
    const char *name = http_query(r->x, "container");
    if (!p) {
        api_not_found(r);
        return;
    }
    const struct plan *plan = &p->template->plan;
    AUTO_BUF struct buf names = { 0 };
    list_names(plan, &names);
    if (!name && plan->n_containers > 1) {
        api_status(r->sim, r->x, 400, "BadRequest", NULL,
                   "a container name must be specified for pod %s, choose one of: [%s]", r->name, buf_text(&names));
        return;
    }
    struct container *c = find_container(p, name);
    if (!c) {
        api_status(r->sim, r->x, 400, "BadRequest", NULL, "container %s is not valid for pod %s", name, r->name);
        return;
    }
    if (!p->node || p->started_ms == 0) {
        http_set_header(r->x, "Cache-Control", "no-cache, private");
        http_reply(r->x, 204, NULL, "", 0);
        return;
    }
    bool previous = str_eq(http_query(r->x, "previous"), "true"),
         stamps = str_eq(http_query(r->x, "timestamps"), "true");
    AUTO_FREE char *text = container_log(c, previous, stamps);
    const char *container_name = container_plan(c)->name;
    if (!text && previous)
        api_status(r->sim, r->x, 400, "BadRequest", NULL,
                   "previous terminated container \"%s\" in pod \"%s\" not found", container_name, r->name);
    else if (!text)
        api_status(r->sim, r->x, 400, "BadRequest", NULL, "container \"%s\" in pod \"%s\" is waiting to start: %s",
                   container_name, r->name, state_of(c));
    else
        send_log(r, text);
}
