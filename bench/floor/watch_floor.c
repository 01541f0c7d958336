/* The floor: what reading a watch and handing each event to a broker costs with the same libraries and nothing of ours.
 *
 *   watch_floor URL CA_FILE TOKEN NATS_URL COUNT                       reads, parses and publishes each event
 *   watch_floor URL CA_FILE TOKEN NATS_URL COUNT CLUSTER SPOOL_FILE    with acknowledgement
 *
 * libcurl reads a watch of events over HTTP/1.1 (and TLS when URL says so), yyjson parses each line and finds uid, version and message,
 * nats.c publishes them.  With acknowledgement the events of up to 50 ms, 256 at most, become one message: kept in SQLite (WAL, a full
 * sync a commit) as one row, packed with zstd, published, and deleted once central's watermark has passed it.  No normalising, no
 * redaction, no dedup, no filter, no state of objects.
 *
 * Ends when COUNT events are published, or acknowledged, and prints their number, the CPU seconds it took and the peak RSS in KiB.
 */
#include <curl/curl.h>
#include <nats/nats.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <yyjson.h>
#include <zstd.h>

#define BATCH_MS    50
#define BATCH_MOST  256
#define MESSAGE_MAX ((size_t)1 << 20)
#define PATIENCE_MS 60000

struct floor {
    natsConnection *nats;
    char *line;
    size_t size, capacity;
    long long count, wanted;

    const char *cluster;            /* NULL: without acknowledgement */
    char subject[128];
    natsSubscription *control;
    sqlite3 *db;
    sqlite3_stmt *insert, *delete;
    ZSTD_CCtx *zstd;
    char *message, *packed;
    size_t filled;
    int in_message;
    long long began_ms, kept, acknowledged;
};

static void must(bool right, const char *what)
{
    if (right)
        return;
    (void)fprintf(stderr, "watch_floor: %s\n", what);
    exit(1);
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void run(struct floor *f, const char *sql)
{
    must(sqlite3_exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

static void run_with(sqlite3_stmt *s, long long seq, const char *body, size_t size)
{
    sqlite3_bind_int64(s, 1, seq);
    if (body)
        sqlite3_bind_blob(s, 2, body, (int)size, SQLITE_STATIC);
    must(sqlite3_step(s) == SQLITE_DONE, "sqlite3_step");
    sqlite3_reset(s);
}

/* What central has said meanwhile; waits for a word so long. */
static void hear(struct floor *f, long long wait_ms)
{
    long long before = f->acknowledged;
    for (natsMsg *m; natsSubscription_NextMsg(&m, f->control, wait_ms) == NATS_OK; natsMsg_Destroy(m), wait_ms = 0) {
        const char *seq = strstr(natsMsg_GetData(m), "\"seq\":");
        if (seq && strstr(natsMsg_GetData(m), "watermark"))
            f->acknowledged = atoll(seq + 6);
    }
    if (f->acknowledged > before)
        run_with(f->delete, f->acknowledged, NULL, 0);
}

static void send_message(struct floor *f)
{
    if (!f->in_message)
        return;
    memcpy(f->message + f->filled, "]}", 2);
    size_t size = ZSTD_compressCCtx(f->zstd, f->packed, ZSTD_compressBound(MESSAGE_MAX), f->message, f->filled + 2, 3);
    must(!ZSTD_isError(size), "zstd");
    run(f, "BEGIN");
    run_with(f->insert, f->kept = f->count, f->packed, size);
    hear(f, 0);
    run(f, "COMMIT");
    natsMsg *m;
    must(natsMsg_Create(&m, f->subject, NULL, f->packed, (int)size) == NATS_OK && natsMsgHeader_Set(m, "Content-Encoding", "zstd") == NATS_OK &&
             natsConnection_PublishMsg(f->nats, m) == NATS_OK, "publishing");
    natsMsg_Destroy(m);
    f->in_message = 0;
}

static void gather(struct floor *f, const char *event, size_t size)
{
    if (!f->in_message++) {
        f->filled = (size_t)snprintf(f->message, MESSAGE_MAX, "{\"schema\":1,\"events\":[");
        f->began_ms = now_ms();
    } else {
        f->message[f->filled++] = ',';
    }
    memcpy(f->message + f->filled, event, size);
    f->filled += size;
    if (f->in_message == BATCH_MOST)
        send_message(f);
}

static void one_line(struct floor *f, size_t length)
{
    yyjson_doc *doc = yyjson_read(f->line, length, 0);
    yyjson_val *object = yyjson_obj_get(yyjson_doc_get_root(doc), "object");
    yyjson_val *metadata = yyjson_obj_get(object, "metadata");
    const char *uid = yyjson_get_str(yyjson_obj_get(metadata, "uid")), *version = yyjson_get_str(yyjson_obj_get(metadata, "resourceVersion"));
    const char *message = yyjson_get_str(yyjson_obj_get(object, "message"));
    if (uid && version && f->count < f->wanted) {
        char out[2048];
        bool plain = message && !strpbrk(message, "\"\\");    /* the load's sentence with a quoted name goes without */
        int n = snprintf(out, sizeof out, "{\"epoch\":1,\"seq\":%lld,\"id\":\"%s.%s\",\"message\":\"%.1500s\"}", f->count + 1, uid, version, plain ? message : "");
        must(n < (int)sizeof out, "an event is too long");
        f->count++;
        if (f->cluster)
            gather(f, out, (size_t)n);
        else
            must(natsConnection_Publish(f->nats, "floor.event", out, n) == NATS_OK, "publishing");
    }
    yyjson_doc_free(doc);
}

static size_t on_data(char *data, size_t one, size_t size, void *arg)
{
    struct floor *f = arg;
    (void)one;
    if (f->size + size > f->capacity) {
        f->capacity = (f->size + size) * 2;
        f->line = realloc(f->line, f->capacity);
        must(f->line, "memory");
    }
    memcpy(f->line + f->size, data, size);
    f->size += size;
    for (char *end; (end = memchr(f->line, '\n', f->size));) {
        size_t length = (size_t)(end - f->line);
        one_line(f, length);
        f->size -= length + 1;
        memmove(f->line, end + 1, f->size);
    }
    if (f->in_message && now_ms() - f->began_ms >= BATCH_MS)
        send_message(f);
    return f->count >= f->wanted ? 0 : size;    /* 0 ends the transfer */
}

static void open_spool(struct floor *f, const char *cluster, const char *file)
{
    char control[128];
    f->cluster = cluster;
    (void)snprintf(f->subject, sizeof f->subject, "agent.event.%s", cluster);
    (void)snprintf(control, sizeof control, "agent.control.%s", cluster);
    must(natsConnection_SubscribeSync(&f->control, f->nats, control) == NATS_OK, "subscribing");
    must(sqlite3_open(file, &f->db) == SQLITE_OK, "opening the spool");
    run(f, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE records (seq INTEGER PRIMARY KEY, body BLOB NOT NULL)");
    must(sqlite3_prepare_v2(f->db, "INSERT INTO records (seq, body) VALUES (?, ?)", -1, &f->insert, NULL) == SQLITE_OK &&
             sqlite3_prepare_v2(f->db, "DELETE FROM records WHERE seq <= ?", -1, &f->delete, NULL) == SQLITE_OK, "preparing");
    f->zstd = ZSTD_createCCtx();
    f->message = malloc(MESSAGE_MAX);
    f->packed = malloc(ZSTD_compressBound(MESSAGE_MAX));
    must(f->zstd && f->message && f->packed, "memory");
}

static void await_the_rest(struct floor *f)
{
    send_message(f);
    for (long long end = now_ms() + PATIENCE_MS; f->acknowledged < f->kept && now_ms() < end;)
        hear(f, 100);
    must(f->acknowledged >= f->kept, "the watermark does not come");
}

int main(int argc, char **argv)
{
    if (argc != 6 && argc != 8)
        return 2;
    struct floor f = { .wanted = atoll(argv[5]) };
    must(natsConnection_ConnectTo(&f.nats, argv[4]) == NATS_OK, "connecting");
    if (argc == 8)
        open_spool(&f, argv[6], argv[7]);
    char bearer[1024];
    (void)snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", argv[3]);
    struct curl_slist *headers = curl_slist_append(NULL, bearer);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &f);
    CURLcode ended = curl_easy_perform(curl);
    if (f.count < f.wanted)
        (void)fprintf(stderr, "the watch ended after %lld of %lld events: %s\n", f.count, f.wanted, curl_easy_strerror(ended));
    must(f.count >= f.wanted, "too few events");
    if (f.cluster)
        await_the_rest(&f);
    natsConnection_Flush(f.nats);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("%lld %.3f %ld\n", f.count, (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6 + (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6, used.ru_maxrss);
    return 0;
}
