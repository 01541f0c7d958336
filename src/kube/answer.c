#include "kube/answer.h"

#include <string.h>

#include "base/str.h"

#define RETRY_AFTER_MOST_S 600 /* a server may not send us to sleep for a day */

static const struct status_kind {
    int status;
    enum err_kind kind;
} status_kinds[] = {
    { 400, ERR_INVALID }, { 401, ERR_REFUSED },     { 403, ERR_REFUSED },     { 404, ERR_NOT_FOUND },
    { 405, ERR_INVALID }, { 406, ERR_INVALID },     { 408, ERR_TIMEOUT },     { 409, ERR_CONFLICT },
    { 410, ERR_EXPIRED }, { 413, ERR_TOO_LARGE },   { 415, ERR_INVALID },     { 422, ERR_INVALID },
    { 429, ERR_BUSY },    { 500, ERR_UNAVAILABLE }, { 502, ERR_UNAVAILABLE }, { 503, ERR_UNAVAILABLE },
    { 504, ERR_TIMEOUT },
};

static enum err_kind kind_of_status(int status)
{
    for (size_t i = 0; i < COUNT(status_kinds); i++)
        if (status_kinds[i].status == status)
            return status_kinds[i].kind;
    return status >= 500 ? ERR_UNAVAILABLE : ERR_INVALID;
}

void answer_error(struct err *e, int status, const json *object, const char *text)
{
    const char *message = json_get_str(object, "message");
    if (status == 401) /* the server says "Unauthorized" and nothing else */
        err_set(e, ERR_REFUSED,
                "the API server does not accept our credentials (401): the token or client certificate has expired or "
                "belongs to another cluster");
    else if (message && *message)
        err_set(e, kind_of_status(status), "%s", message);
    else if (text && *text)
        err_set(e, kind_of_status(status), "HTTP %d: %.200s", status, text);
    else
        err_set(e, kind_of_status(status), "HTTP %d", status);
    e->sys = status;
}

int64_t answer_retry_after_ms(const json *status)
{
    int64_t seconds = json_int(json_at(status, "details.retryAfterSeconds"), 0);
    return seconds < 0 ? 0 : 1000 * (seconds > RETRY_AFTER_MOST_S ? RETRY_AFTER_MOST_S : seconds);
}

/* True when there is an answer in spite of http->err. */
static bool is_cut_text(const struct http_answer *http)
{
    return http->err->kind == ERR_TOO_LARGE && http->status == 200 && http->size && http->content_type &&
           str_starts(http->content_type, "text/plain");
}

void answer_read(struct answer *out, const struct http_answer *http)
{
    *out = (struct answer){
        .view = { .status = http->status, .text = str_or_empty(http->body), .size = http->body ? http->size : 0 }
    };
    if (http->err) {
        out->view.truncated = is_cut_text(http);
        if (!out->view.truncated) {
            out->err = *http->err;
            out->view.err = &out->err;
        }
        return;
    }
    struct err bad = { 0 };
    if (http->status != 204 && http->content_type && strstr(http->content_type, "json")) {
        struct json_limits limits = json_list_limits;
        out->doc = json_parse(out->view.text, out->view.size, &limits, &bad);
        out->view.object = json_root(out->doc);
    }
    if (http->status < 200 || http->status > 299)
        answer_error(&out->err, http->status, out->view.object, out->view.text);
    else if (bad.kind)
        err_set(&out->err, ERR_INVALID, "the API server's answer is no JSON: %s", bad.text);
    if (out->err.kind)
        out->view.err = &out->err;
}

void answer_fini(struct answer *a)
{
    json_doc_free(a->doc);
    *a = (struct answer){ 0 };
}
