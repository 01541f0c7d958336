#include "http/call.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#define CONNECT_MS       10000
#define BODY_MAX         ((size_t)1024 * 1024)
#define KEEP_ALIVE_S     15L
#define KEEP_ALIVE_TRIES 3L

/* ---- the end ---- */

static void unlink_call(struct http_call *call)
{
    struct http_client *c = call->client;
    *(call->prev ? &call->prev->next : &c->calls) = call->next;
    *(call->next ? &call->next->prev : &c->last) = call->prev;
}

void call_detach(struct http_call *call)
{
    timer_stop(&call->silence);
    if (call->added)
        curl_multi_remove_handle(call->client->multi, call->easy);
    unlink_call(call);
}

void call_free(struct http_call *call)
{
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    curl_slist_free_all(call->connect_to);
    buf_fini(&call->body);
    free(call);
}

static const struct trouble {
    CURLcode code;
    enum err_kind kind;
} troubles[] = {
    { CURLE_UNSUPPORTED_PROTOCOL, ERR_INVALID },
    { CURLE_URL_MALFORMAT, ERR_INVALID },
    { CURLE_SSL_CERTPROBLEM, ERR_INVALID },
    { CURLE_SSL_CACERT_BADFILE, ERR_INVALID },
    { CURLE_BAD_CONTENT_ENCODING, ERR_INVALID },
    { CURLE_WEIRD_SERVER_REPLY, ERR_INVALID },
    { CURLE_PEER_FAILED_VERIFICATION, ERR_REFUSED },
    { CURLE_COULDNT_RESOLVE_HOST, ERR_UNAVAILABLE },
    { CURLE_COULDNT_RESOLVE_PROXY, ERR_UNAVAILABLE },
    { CURLE_COULDNT_CONNECT, ERR_UNAVAILABLE },
    { CURLE_SSL_CONNECT_ERROR, ERR_UNAVAILABLE },
    { CURLE_GOT_NOTHING, ERR_UNAVAILABLE },
    { CURLE_SEND_ERROR, ERR_UNAVAILABLE },
    { CURLE_RECV_ERROR, ERR_UNAVAILABLE },
    { CURLE_PARTIAL_FILE, ERR_UNAVAILABLE },
    { CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT },
    { CURLE_TOO_LARGE, ERR_TOO_LARGE },
};

static enum err_kind kind_of(CURLcode code)
{
    for (size_t i = 0; i < COUNT(troubles); i++)
        if (troubles[i].code == code)
            return troubles[i].kind;
    return ERR_INTERNAL;
}

static void explain(const struct http_call *call, CURLcode code, struct err *e)
{
    if (call->too_large)
        err_set(e, ERR_TOO_LARGE, "%s: the answer has more than %zu bytes", call->place, call->body_max);
    else if (call->given_up)
        err_set(e, ERR_REFUSED, "%s: given up at status %d", call->place, call->status);
    else
        err_set(e, kind_of(code), "%s: %s", call->place, call->trouble[0] ? call->trouble : curl_easy_strerror(code));
    e->sys = (int)code;
}

/* e: why no whole answer came, or NULL. */
static void end_with(struct http_call *call, const struct err *e)
{
    struct http_client *c = call->client;
    curl_off_t retry_after_s = 0;
    char *content_type = NULL;
    curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &content_type);
    call_detach(call);
    struct http_answer answer = {
        .status = call->status,
        .content_type = content_type,
        .retry_after_ms = retry_after_s > INT_MAX ? (int64_t)INT_MAX * 1000 : (int64_t)retry_after_s * 1000,
        .body = buf_text(&call->body),
        .size = call->body.size,
        .whole = !e,
        .err = e,
    };
    c->depth++;
    call->done(call->arg, &answer);
    c->depth--;
    call_free(call);
}

void call_finish(struct http_call *call, CURLcode code)
{
    struct err e;
    if (code != CURLE_OK)
        explain(call, code, &e);
    end_with(call, code == CURLE_OK ? NULL : &e);
}

/* ---- the answer, as it comes ---- */

static void on_silence(void *arg)
{
    struct http_call *call = arg;
    struct http_client *c = call->client;
    struct err e;
    err_set(&e, ERR_TIMEOUT, "%s: not a byte for %lld ms", call->place, (long long)call->silence_ms);
    end_with(call, &e);
    client_settle(c);
}

static void heard(struct http_call *call)
{
    if (call->silence_ms > 0 && !call->paused)
        timer_start(&call->silence, call->client->loop, call->silence_ms, on_silence, call);
}

static size_t on_header(char *data, size_t one, size_t size, void *arg)
{
    (void)one;
    struct http_call *call = arg;
    if (call->cancelled)
        return CURL_WRITEFUNC_ERROR;
    heard(call);
    bool end_of_head = data[0] == '\r' || data[0] == '\n';
    if (!end_of_head || call->begun)
        return size;
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200) /* an interim answer */
        return size;
    call->status = (int)status;
    call->begun = true;
    if (call->stream.begin && !call->stream.begin(call->arg, call->status))
        call->given_up = true;
    return call->given_up || call->cancelled ? CURL_WRITEFUNC_ERROR : size;
}

static size_t on_data(char *data, size_t one, size_t size, void *arg)
{
    (void)one;
    struct http_call *call = arg;
    if (call->cancelled)
        return CURL_WRITEFUNC_ERROR;
    if (call->paused)
        return CURL_WRITEFUNC_PAUSE; /* comes again */
    heard(call);
    if (call->stream.data && call->status == 200) {
        call->stream.data(call->arg, data, size);
        return call->cancelled ? CURL_WRITEFUNC_ERROR : size;
    }
    if (size > call->body_max - call->body.size) {
        call->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    buf_add(&call->body, data, size);
    return size;
}

/* ---- the beginning ---- */

static void set_blob(CURL *easy, CURLoption option, const char *pem)
{
    if (!pem)
        return;
    struct curl_blob blob = { .data = (void *)(uintptr_t)pem, .len = strlen(pem), .flags = CURL_BLOB_COPY };
    curl_easy_setopt(easy, option, &blob);
}

static void set_identity(CURL *easy, const struct identity *i)
{
    if (i->ca_pem)
        set_blob(easy, CURLOPT_CAINFO_BLOB, i->ca_pem);
    else if (i->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, i->ca_file);
    if (i->cert_pem)
        set_blob(easy, CURLOPT_SSLCERT_BLOB, i->cert_pem);
    else if (i->cert_file)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, i->cert_file);
    if (i->key_pem)
        set_blob(easy, CURLOPT_SSLKEY_BLOB, i->key_pem);
    else if (i->key_file)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, i->key_file);
    if (i->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

/* Cut at the first control character: a line break, say at the end of a token file, would begin another header. */
static void add_header(struct http_call *call, const char *text)
{
    AUTO_FREE char *line = str_dup(text);
    char *end = line;
    while ((unsigned char)*end >= 0x20 && *end != 0x7f)
        end++;
    *end = '\0';
    call->headers = curl_slist_append(call->headers, line);
    assert(call->headers);
    explicit_bzero(line, strlen(line));
}

static bool is_loopback(const char *host)
{
    return str_eq_nocase(host, "localhost") || str_starts(host, "127.") || str_eq(host, "[::1]");
}

/* The certificate may name another host than the one to connect to: then the URL carries that name, and the connection is led to the
 * host that was meant. */
static void lead(struct http_call *call, CURLU *u, const char *host, const char *port, const char *server_name)
{
    AUTO_FREE char *to = str_printf("::%s:%s", host, port);
    AUTO_FREE char *header = str_printf("Host: %s:%s", host, port);
    char *named = NULL;
    if (curl_url_set(u, CURLUPART_HOST, server_name, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_URL, &named, 0) != CURLUE_OK)
        return;
    call->connect_to = curl_slist_append(NULL, to);
    curl_easy_setopt(call->easy, CURLOPT_CONNECT_TO, call->connect_to);
    curl_easy_setopt(call->easy, CURLOPT_URL, named);
    add_header(call, header);
    curl_free(named);
}

static void set_address(struct http_call *call, const char *url, const char *server_name)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL;
    curl_easy_setopt(call->easy, CURLOPT_URL, url);
    str_copy(call->place, sizeof call->place, "bad URL");
    if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
        AUTO_FREE char *place =
            str_printf("%s://%s:%s", scheme, host, port); /* the rest of a URL may hold what no log should */
        str_copy(call->place, sizeof call->place, place);
        if (is_loopback(host))
            curl_easy_setopt(call->easy, CURLOPT_PROXY, "");
        if (server_name)
            lead(call, u, host, port, server_name);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(u);
}

static void set_method(struct http_call *call, const struct http_get *get)
{
    const char *method = get->method ? get->method : "GET";
    if (str_eq(method, "HEAD")) {
        curl_easy_setopt(call->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (get->body || str_eq(method, "POST") || str_eq(method, "PUT")) {
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(get->body ? get->body_size : 0));
        curl_easy_setopt(call->easy, CURLOPT_COPYPOSTFIELDS, get->body ? get->body : "");
        add_header(call, "Expect:"); /* a round trip that nobody needs */
    }
    if (!str_eq(method, "GET") || get->body)
        curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_headers(struct http_call *call, const struct http_get *get)
{
    for (size_t i = 0; get->headers && get->headers[i]; i++)
        add_header(call, get->headers[i]);
    if (get->bearer) {
        AUTO_FREE char *line = str_printf("Authorization: Bearer %s", get->bearer);
        add_header(call, line);
        explicit_bzero(line, strlen(line));
    }
    if (call->headers)
        curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
}

static void set_up(struct http_call *call, const struct http_get *get)
{
    CURL *easy = call->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->trouble);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "aetherius/" AETHERIUS_VERSION);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEP_ALIVE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEP_ALIVE_S);
#if LIBCURL_VERSION_NUM >= 0x080900
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPCNT, KEEP_ALIVE_TRIES);
#endif
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(get->connect_ms > 0 ? get->connect_ms : CONNECT_MS));
    if (get->total_ms > 0)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)get->total_ms);
    if (get->compressed)
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
}

struct http_call *http_call(struct http_client *c, const struct http_get *get,
                            const struct http_stream_handlers *stream, http_done done, void *arg)
{
    assert(!c->freed && get->url && done && (!stream || stream->data));
    struct http_call *call = mem_alloc(sizeof *call);
    *call = (struct http_call){
        .client = c,
        .prev = c->last,
        .easy = curl_easy_init(),
        .done = done,
        .arg = arg,
        .body_max = get->body_max > 0 ? get->body_max : BODY_MAX,
        .silence_ms = get->silence_ms,
    };
    assert(call->easy);
    if (stream)
        call->stream = *stream;
    *(c->last ? &c->last->next : &c->calls) = call;
    c->last = call;
    set_up(call, get);
    set_identity(call->easy, &c->identity);
    set_address(call, get->url, c->identity.server_name);
    set_method(call, get);
    set_headers(call, get);
    heard(call);
    client_chores(c);
    return call;
}

void http_call_cancel(struct http_call *call)
{
    if (!call)
        return;
    assert(!call->cancelled);
    call->cancelled = true;
    timer_stop(&call->silence);
    client_chores(call->client);
}

void http_call_pause(struct http_call *call, bool pause)
{
    if (call->paused == pause)
        return;
    call->paused = pause;
    call->resuming = !pause;
    if (pause) {
        timer_stop(&call->silence);
        if (call->added)
            curl_easy_pause(call->easy, CURLPAUSE_RECV);
    } else {
        heard(call);
        client_chores(call->client);
    }
}

char *http_escape(const char *text)
{
    static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    struct buf out = { 0 };
    for (const char *c = text; *c; c++)
        if (strchr(unreserved, *c))
            buf_char(&out, *c);
        else
            buf_printf(&out, "%%%02X", (unsigned char)*c);
    return buf_take(&out, NULL);
}
