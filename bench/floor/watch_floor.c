/* The floor: what reading a watch and handing each event to a broker costs with the same libraries and nothing of ours.
 *
 *   watch_floor URL NATS_URL COUNT
 *
 * libcurl reads a watch of events over HTTP/1.1, yyjson parses each line, nats.c publishes uid, version and message.  No normalising, no dedup, no spool, no acknowledgement.
 * Ends after COUNT events and prints their number and the CPU seconds it took.
 */
#include <curl/curl.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <yyjson.h>

struct floor {
    natsConnection *nats;
    char *line;
    size_t size, capacity;
    long count, wanted;
};

static void one_line(struct floor *f, size_t length)
{
    yyjson_doc *doc = yyjson_read(f->line, length, 0);
    yyjson_val *object = yyjson_obj_get(yyjson_doc_get_root(doc), "object");
    yyjson_val *metadata = yyjson_obj_get(object, "metadata");
    const char *uid = yyjson_get_str(yyjson_obj_get(metadata, "uid")), *version = yyjson_get_str(yyjson_obj_get(metadata, "resourceVersion"));
    const char *message = yyjson_get_str(yyjson_obj_get(object, "message"));
    if (uid && version) {
        char out[2048];
        int n = snprintf(out, sizeof out, "{\"id\":\"%s.%s\",\"message\":\"%.1500s\"}", uid, version, message ? message : "");
        if (n < (int)sizeof out && natsConnection_Publish(f->nats, "floor.event", out, n) != NATS_OK)
            exit(1);
        f->count++;
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
        if (!f->line)
            exit(1);
    }
    memcpy(f->line + f->size, data, size);
    f->size += size;
    for (char *end; (end = memchr(f->line, '\n', f->size));) {
        size_t length = (size_t)(end - f->line);
        one_line(f, length);
        f->size -= length + 1;
        memmove(f->line, end + 1, f->size);
    }
    return f->count >= f->wanted ? 0 : size;    /* 0 ends the transfer */
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct floor f = { .wanted = atol(argv[3]) };
    if (natsConnection_ConnectTo(&f.nats, argv[2]) != NATS_OK)
        return 1;
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &f);
    curl_easy_perform(curl);
    natsConnection_Flush(f.nats);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("%ld %.3f %ld\n", f.count, (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6 + (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6, used.ru_maxrss);
    curl_easy_cleanup(curl);
    natsConnection_Destroy(f.nats);
    free(f.line);
    return f.count >= f.wanted ? 0 : 1;
}
