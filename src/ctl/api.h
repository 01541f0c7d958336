/* Requests to central.
 *
 * Each turns the loop until it is answered.  Errors carry what to do next.
 */
#pragma once

#include "ctl/ctl.h"

struct api_answer {
    int status;
    char *text;                   /* the body, 0-terminated                */
    size_t size;
    struct json_doc *doc;         /* NULL when it is no JSON               */
};
void api_answer_fini(struct api_answer *a);
#define AUTO_ANSWER __attribute__((cleanup(api_answer_fini)))

/* path: "/api/v1/clusters?limit=5". 0 for 2xx, else -1 with *e: ERR_NOT_FOUND for 404, ERR_UNAVAILABLE when nobody answers. */
int api_get(struct ctl *c, const char *path, struct api_answer *out, struct err *e) MUST_CHECK;
int api_post(struct ctl *c, const char *path, const char *body, struct api_answer *out, struct err *e) MUST_CHECK;

/* Appends "?name=value" or "&name=value", escaped; nothing when value is NULL or "". */
void api_param(struct buf *path, const char *name, const char *value);

/* The same for a time: RFC 3339, or how long ago ("2h", "30m"). -1 with *e when it is neither. */
int api_param_time(struct buf *path, const char *name, const char *value, int64_t now_ms, struct err *e) MUST_CHECK;

/* "/api/v1/incidents/" and an id, escaped. */
void api_segment(struct buf *path, const char *segment);

/* A list page by page, at most limit items: an object with items and next, as one page has it. path has no limit and cursor. */
struct json_doc *api_list(struct ctl *c, const char *path, int64_t limit, struct err *e);

/* Follows /api/v1/stream until on_item returns false; comes back by itself after a break, which on_break is told (with err), and on_item gets "reset". */
struct api_follow {
    const char *path;                                   /* with kinds */
    bool (*on_item)(void *arg, const char *kind, const json *item);
    void (*on_break)(void *arg, const struct err *err);
    void *arg;
};
void api_follow(struct ctl *c, const struct api_follow *follow);

void api_close(struct ctl *c);
