/* The floor: what fetching event messages from a broker's stream and writing as many rows costs with the same libraries and nothing of ours.
 *
 *   ingest_floor NATS_URL SUBJECT EVENTS BATCH FILE
 *
 * Makes a stream over SUBJECT, prints "ready", and waits for EVENTS / BATCH messages there. Then, by themselves: fetches them, acknowledging each fetch; and
 * writes each message as BATCH rows of one column into a new SQLite database FILE, 2,048 rows a transaction, each synced. No parsing, no key, no index.
 * Prints seconds and CPU seconds of the one, then of the other.
 */
#include <nats/nats.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define STREAM "FLOOR"
#define FETCH  32
#define ROWS   2048

static void must(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "ingest_floor: %s\n", what);
    exit(1);
}

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void make_stream(jsCtx *js, const char *subject)
{
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = STREAM;
    config.Subjects = &subject;
    config.SubjectsLen = 1;
    must(js_AddStream(NULL, js, &config, NULL, NULL) == NATS_OK, "the stream cannot be made");
    printf("ready\n");
    fflush(stdout);
}

static void wait_for(jsCtx *js, size_t messages)
{
    for (int tries = 0; tries < 600; tries++) {
        jsStreamInfo *info = NULL;
        must(js_GetStreamInfo(&info, js, STREAM, NULL, NULL) == NATS_OK, "the stream is gone");
        size_t there = info->State.Msgs;
        jsStreamInfo_Destroy(info);
        if (there >= messages)
            return;
        nats_Sleep(100);
    }
    must(0, "the messages do not come");
}

static void fetch(jsCtx *js, const char *subject, natsMsg **messages, size_t count)
{
    natsSubscription *sub = NULL;
    jsSubOptions options;
    jsSubOptions_Init(&options);
    options.Config.AckPolicy = js_AckAll;
    must(js_PullSubscribe(&sub, js, subject, "floor", NULL, &options, NULL) == NATS_OK, "subscribing failed");
    for (size_t got = 0; got < count;) {
        natsMsgList list;
        must(natsSubscription_Fetch(&list, sub, count - got < FETCH ? (int)(count - got) : FETCH, 5000, NULL) == NATS_OK, "fetching failed");
        must(natsMsg_Ack(list.Msgs[list.Count - 1], NULL) == NATS_OK, "acknowledging failed");
        for (int i = 0; i < list.Count; i++) {
            messages[got++] = list.Msgs[i];
            list.Msgs[i] = NULL;
        }
        natsMsgList_Destroy(&list);
    }
    natsSubscription_Destroy(sub);
}

static void store(const char *path, natsMsg *const *messages, size_t count, size_t batch)
{
    sqlite3 *d;
    sqlite3_stmt *insert;
    size_t rows = 0;
    must(sqlite3_open(path, &d) == SQLITE_OK, "the database cannot be made");
    must(sqlite3_exec(d, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE floor (n INTEGER PRIMARY KEY, body TEXT); BEGIN", NULL, NULL, NULL) == SQLITE_OK, "no table");
    must(sqlite3_prepare_v2(d, "INSERT INTO floor (body) VALUES (?1)", -1, &insert, NULL) == SQLITE_OK, "no statement");
    for (size_t i = 0; i < count; i++) {
        int size = natsMsg_GetDataLength(messages[i]) / (int)batch;
        for (size_t k = 0; k < batch; k++) {
            sqlite3_bind_text(insert, 1, natsMsg_GetData(messages[i]) + k * (size_t)size, size, SQLITE_STATIC);
            must(sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK, "inserting failed");
            if (++rows % ROWS == 0)
                must(sqlite3_exec(d, "COMMIT; BEGIN", NULL, NULL, NULL) == SQLITE_OK, "committing failed");
        }
    }
    must(sqlite3_exec(d, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "committing failed");
    sqlite3_finalize(insert);
    sqlite3_close(d);
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    natsConnection *nats = NULL;
    jsCtx *js = NULL;
    size_t batch = strtoull(argv[4], NULL, 10), count = strtoull(argv[3], NULL, 10) / (batch ? batch : 1);
    natsMsg **messages = calloc(count + 1, sizeof(natsMsg *));
    must(batch && count && messages, "EVENTS and BATCH are numbers");
    must(natsConnection_ConnectTo(&nats, argv[1]) == NATS_OK && natsConnection_JetStream(&js, nats, NULL) == NATS_OK, "no broker");
    make_stream(js, argv[2]);
    wait_for(js, count);
    double began = wall(), used = cpu();
    fetch(js, argv[2], messages, count);
    double fetched = wall(), fetched_used = cpu();
    store(argv[5], messages, count, batch);
    printf("%.3f %.3f %.3f %.3f\n", fetched - began, fetched_used - used, wall() - fetched, cpu() - fetched_used);
    for (size_t i = 0; i < count; i++)
        natsMsg_Destroy(messages[i]);
    free(messages);
    jsCtx_Destroy(js);
    natsConnection_Destroy(nats);
    return 0;
}
