#include "wire/subject.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/pack.h"
#include "base/str.h"

static const char *const kind_names[WIRE_KINDS] = {
    [WIRE_REGISTER] = "register", [WIRE_HEARTBEAT] = "heartbeat", [WIRE_EVENT] = "event",
    [WIRE_METRICS] = "metrics",   [WIRE_RESULT] = "result",       [WIRE_COMMAND] = "command",
    [WIRE_CONTROL] = "control",
};

const char *wire_kind_name(enum wire_kind kind)
{
    assert((size_t)kind < WIRE_KINDS);
    return kind_names[kind];
}

bool wire_cluster_id_ok(const char *id)
{
    return id && str_is_dns_label(id);
}

void wire_subject(enum wire_kind kind, const char *cluster_id, char out[WIRE_SUBJECT_SIZE])
{
    assert(str_eq(cluster_id, "*") || wire_cluster_id_ok(cluster_id));
    int size = snprintf(out, WIRE_SUBJECT_SIZE, "agent.%s.%s", wire_kind_name(kind), cluster_id);
    assert(size > 0 && size < WIRE_SUBJECT_SIZE);
}

int wire_subject_parse(const char *subject, enum wire_kind *kind, char cluster_id[WIRE_CLUSTER_ID_SIZE])
{
    static const char prefix[] = "agent.";
    if (!str_starts(subject, prefix))
        return -1;
    const char *name = subject + strlen(prefix);
    const char *dot = strchr(name, '.');
    if (!dot || !wire_cluster_id_ok(dot + 1))
        return -1;
    for (size_t i = 0; i < WIRE_KINDS; i++) {
        if (strlen(kind_names[i]) == (size_t)(dot - name) && str_starts(name, kind_names[i])) {
            *kind = (enum wire_kind)i;
            bool cut = str_copy(cluster_id, WIRE_CLUSTER_ID_SIZE, dot + 1);
            assert(!cut); /* a label has 63 bytes at most */
            return 0;
        }
    }
    return -1;
}

int wire_unpack(const char *encoding, const void *data, size_t size, char **out, size_t *out_size, struct err *e)
{
    AUTO_BUF struct buf body = { 0 };
    if (!encoding || !*encoding) {
        if (size > WIRE_BODY_MAX)
            return err_set(e, ERR_TOO_LARGE, "the message has %zu bytes, at most %u are allowed", size, WIRE_BODY_MAX);
        buf_add(&body, data, size);
    } else if (str_eq(encoding, "zstd")) {
        if (pack_unzstd(data, size, WIRE_BODY_MAX, &body, e) != 0)
            return err_wrap(e, "unpacking a message");
    } else {
        return err_set(e, ERR_INVALID, "content encoding %.32s is not known; zstd is", encoding);
    }
    *out = buf_take(&body, out_size);
    return 0;
}
