#include "central/gateway/openapi.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "central/gateway/query_params.h"
#include "central/gateway/schema.h"

#define HEAD_TEXT                                                                                                                                    \
    "Watches many Kubernetes clusters, names the cause of what breaks and reports it. Lists answer {items, next} and take limit and cursor. "        \
    "Everything that came from a cluster is data, never markup."

/* "GET", "/api/v1/clusters/{id}/nodes": "getClustersIdNodes". */
static char *operation_id(const struct route *r)
{
    struct buf out = { 0 };
    const char *at = str_starts(r->pattern, "/api/v1") ? r->pattern + strlen("/api/v1") : r->pattern;
    for (const char *m = r->method; *m; m++)
        buf_char(&out, (char)tolower((unsigned char)*m));
    bool capital = true;
    for (; *at; at++) {
        bool word = isalnum((unsigned char)*at);
        if (word)
            buf_char(&out, capital ? (char)toupper((unsigned char)*at) : *at);
        capital = !word;
    }
    return buf_take(&out, NULL);
}

static void write_path_parameters(struct json_w *w, const char *pattern)
{
    for (const char *at = strchr(pattern, '{'); at; at = strchr(at, '{')) {
        size_t size = strcspn(++at, "}");
        json_w_object(w, NULL);
        json_w_strn(w, "name", at, size);
        json_w_str(w, "in", "path");
        json_w_bool(w, "required", true);
        schema_write_type(w, "schema", "string", NULL, false);
        json_w_end(w);
        at += size;
    }
}

static void write_parameter_type(struct json_w *w, const struct query_param *k)
{
    if (k->type != PARAM_NUMBER) {
        schema_write_type(w, "schema", k->type == PARAM_CHOICE ? k->choices : "string", NULL, false);
        return;
    }
    json_w_object(w, "schema");
    json_w_str(w, "type", "integer");
    json_w_int(w, "minimum", k->min);
    json_w_int(w, "maximum", k->max);
    json_w_end(w);
}

static void write_parameters(struct json_w *w, const struct route *r)
{
    json_w_array(w, "parameters");
    write_path_parameters(w, r->pattern);
    for (size_t i = 0; i < r->n_params; i++) {
        json_w_object(w, NULL);
        json_w_str(w, "name", r->params[i].name);
        json_w_str(w, "in", "query");
        json_w_str(w, "description", r->params[i].help);
        write_parameter_type(w, query_params_kind(r->params[i].name));
        json_w_end(w);
    }
    json_w_end(w);
}

static void write_page(struct json_w *w, const char *type)
{
    json_w_object(w, "schema");
    json_w_str(w, "type", "object");
    json_w_object(w, "properties");
    schema_write_type(w, "items", type, NULL, false);
    schema_write_type(w, "next", "string", "Cursor of the rest, or empty.", false);
    json_w_end(w);
    json_w_array(w, "required");
    json_w_str(w, NULL, "items");
    json_w_str(w, NULL, "next");
    json_w_end(w);
    json_w_end(w);
}

static void write_content(struct json_w *w, const char *media, const char *type)
{
    json_w_object(w, "content");
    json_w_object(w, media);
    if (type[0] == '[')
        write_page(w, type);
    else if (str_ends(type, "[]")) {
        AUTO_FREE char *list = str_printf("[%.*s]", (int)strlen(type) - 2, type);
        schema_write_type(w, "schema", list, NULL, false);
    } else {
        schema_write_type(w, "schema", type, NULL, false);
    }
    json_w_end(w);
    json_w_end(w);
}

/* "text/markdown text/html": what is no JSON is text. */
static void write_texts(struct json_w *w, const char *medias)
{
    json_w_object(w, "content");
    for (const char *at = medias; *at;) {
        size_t n = strcspn(at, " ");
        AUTO_FREE char *media = str_ndup(at, n);
        json_w_object(w, media);
        schema_write_type(w, "schema", str_eq(media, "application/json") ? "object" : "string", NULL, false);
        json_w_end(w);
        at += n + strspn(at + n, " ");
    }
    json_w_end(w);
}

static void write_responses(struct json_w *w, const struct route *r)
{
    json_w_object(w, "responses");
    json_w_object(w, r->success == 202 ? "202" : "200");
    json_w_str(w, "description", r->success == 202 ? "Taken." : "The answer.");
    if (strchr(r->answer, '/'))
        write_texts(w, r->answer);
    else
        write_content(w, "application/json", r->answer);
    json_w_end(w);
    json_w_object(w, "default");
    json_w_str(w, "description", "What was wrong.");
    write_content(w, "application/problem+json", "Problem");
    json_w_end(w);
    json_w_end(w);
}

static void write_body(struct json_w *w, const char *body)
{
    AUTO_FREE char *name = str_ndup(body, strcspn(body, "?"));
    json_w_object(w, "requestBody");
    json_w_bool(w, "required", !str_ends(body, "?"));
    write_content(w, "application/json", name);
    json_w_end(w);
}

static void write_operation(struct json_w *w, const struct route *r)
{
    char method[8] = "";
    assert(r->summary && r->tag && r->answer && strlen(r->method) < sizeof method && (r->success == 0 || r->success == 202));
    for (size_t i = 0; r->method[i]; i++)
        method[i] = (char)tolower((unsigned char)r->method[i]);
    AUTO_FREE char *id = operation_id(r);
    json_w_object(w, method);
    json_w_str(w, "operationId", id);
    json_w_str(w, "summary", r->summary);
    json_w_array(w, "tags");
    json_w_str(w, NULL, r->tag);
    json_w_end(w);
    write_parameters(w, r);
    if (r->body)
        write_body(w, r->body);
    write_responses(w, r);
    json_w_end(w);
}

/* Rows of one pattern follow each other in the table. */
static void write_paths(struct json_w *w, const struct route *routes, size_t count)
{
    json_w_object(w, "paths");
    for (size_t i = 0; i < count;) {
        json_w_object(w, routes[i].pattern);
        size_t first = i;
        for (; i < count && str_eq(routes[i].pattern, routes[first].pattern); i++)
            write_operation(w, &routes[i]);
        json_w_end(w);
    }
    json_w_end(w);
}

static void write_head(struct json_w *w)
{
    json_w_str(w, "openapi", "3.1.0");
    json_w_object(w, "info");
    json_w_str(w, "title", "Aetherius");
    json_w_str(w, "version", AETHERIUS_VERSION);
    json_w_str(w, "description", HEAD_TEXT);
    json_w_object(w, "license");
    json_w_str(w, "name", "Apache-2.0");
    json_w_str(w, "identifier", "Apache-2.0");
    json_w_end(w);
    json_w_end(w);
}

char *openapi_text(const struct route *routes, size_t count, size_t *size)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    write_head(w);
    write_paths(w, routes, count);
    json_w_object(w, "components");
    json_w_object(w, "schemas");
    schema_write_all(w);
    json_w_end(w);
    json_w_end(w);
    json_w_end(w);
    return json_w_take(w, size);
}
