/* The least a central can be: it welcomes an agent, counts what comes and moves the watermark; nothing is stored.
 *
 *   central_floor NATS_URL CLUSTER COUNT
 *
 * Says "ready", and once the watermark has reached COUNT, "committed SEQ lost N twice N messages N bytes N ms N": lost and twice are
 * counted by sequence number, ms runs from the first event to the last.
 */
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yyjson.h>
#include <zstd.h>

#define UNPACKED_MAX ((size_t)4 << 20)

struct central {
    natsConnection *nats;
    const char *cluster;
    char control[128];
    long long epoch, seq, wanted, lost, twice, messages, bytes;
    struct timespec first;
    char *unpacked;
};

static void say(struct central *c, const char *text)
{
    if (natsConnection_PublishString(c->nats, c->control, text) != NATS_OK)
        exit(1);
}

static void welcome(struct central *c)
{
    char text[512];
    (void)snprintf(text, sizeof text,
                   "{\"schema\":1,\"type\":\"welcome\",\"state\":\"accepted\",\"watermark\":{\"epoch\":%lld,\"seq\":%lld},"
                   "\"settings\":{\"heartbeat_interval\":\"30s\",\"batch_max\":256,\"batch_interval\":\"50ms\",\"zstd\":true}}", c->epoch, c->seq);
    say(c, text);
}

static void count(struct central *c, yyjson_val *event)
{
    long long seq = yyjson_get_sint(yyjson_obj_get(event, "seq"));
    c->epoch = yyjson_get_sint(yyjson_obj_get(event, "epoch"));
    if (seq <= c->seq) {
        c->twice++;
        return;
    }
    c->lost += seq - c->seq - 1;
    c->seq = seq;
}

static void take(struct central *c, const char *data, size_t size)
{
    yyjson_doc *doc = yyjson_read(data, size, 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *events = yyjson_obj_get(root, "events"), *event;
    size_t i, n;
    if (!events)
        count(c, root);
    yyjson_arr_foreach(events, i, n, event)
        count(c, event);
    yyjson_doc_free(doc);
}

static void on_event(struct central *c, natsMsg *m)
{
    const char *encoding = NULL, *data = natsMsg_GetData(m);
    size_t size = (size_t)natsMsg_GetDataLength(m);
    if (c->messages++ == 0)
        clock_gettime(CLOCK_MONOTONIC, &c->first);
    c->bytes += (long long)size;
    if (natsMsgHeader_Get(m, "Content-Encoding", &encoding) == NATS_OK) {
        size = ZSTD_decompress(c->unpacked, UNPACKED_MAX, data, size);
        data = c->unpacked;
        if (ZSTD_isError(size))
            exit(1);
    }
    take(c, data, size);
    char text[128];
    (void)snprintf(text, sizeof text, "{\"schema\":1,\"type\":\"watermark\",\"watermark\":{\"epoch\":%lld,\"seq\":%lld}}", c->epoch, c->seq);
    say(c, text);
}

static long long ms_since(struct timespec t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - t.tv_sec) * 1000LL + (now.tv_nsec - t.tv_nsec) / 1000000;
}

static void serve(struct central *c, natsSubscription *subscription)
{
    bool told = false;
    for (natsMsg *m; natsSubscription_NextMsg(&m, subscription, 600000) == NATS_OK; natsMsg_Destroy(m)) {
        if (!strncmp(natsMsg_GetSubject(m), "agent.register.", 15))
            welcome(c);
        else if (!strncmp(natsMsg_GetSubject(m), "agent.event.", 12))
            on_event(c, m);
        if (told || c->seq < c->wanted)
            continue;
        told = true;
        printf("committed %lld lost %lld twice %lld messages %lld bytes %lld ms %lld\n", c->seq, c->lost, c->twice, c->messages, c->bytes, ms_since(c->first));
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct central c = { .cluster = argv[2], .wanted = atoll(argv[3]), .unpacked = malloc(UNPACKED_MAX) };
    char subject[128];
    natsSubscription *subscription;
    (void)snprintf(c.control, sizeof c.control, "agent.control.%s", c.cluster);
    (void)snprintf(subject, sizeof subject, "agent.*.%s", c.cluster);
    if (!c.unpacked || natsConnection_ConnectTo(&c.nats, argv[1]) != NATS_OK || natsConnection_SubscribeSync(&subscription, c.nats, subject) != NATS_OK)
        return 1;
    printf("ready\n");
    fflush(stdout);
    serve(&c, subscription);
    return 1;
}
