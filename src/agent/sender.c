#include "agent/sender.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/pack.h"
#include "base/str.h"

#define SLICE_MS         50
#define MESSAGE_BYTES    ((size_t)256 << 10)    /* a message is sent when it has reached this        */
#define PACK_BYTES       1024                   /* smaller ones are not worth it                     */
#define PACKED_LEAST     64                     /* records that are worth a message of their own     */
#define READ_ROWS        256
#define LOOK_MS          1000
#define SILENCE_MOST_MS  60000

struct sender {
    struct loop *loop;
    struct spool *spool;
    sender_publish publish;
    void *arg;
    struct sender_settings settings;
    bool open;
    uint64_t taken;               /* last seq that is in the message under way, or was sent */
    uint64_t sent, acknowledged;
    struct buf message;           /* as it will be sent, but for its end              */
    int64_t in_message;
    bool many;                    /* the message is of the form that holds many       */
    int64_t sent_ms, progress_ms, silence_ms;
    struct timer slice, look, pause;
    struct sender_status status;
};

enum { MESSAGES, EVENTS, BYTES, RESENDS, LAG };
static struct metric metrics[] = {
    [MESSAGES] = { "aetherius_agent_event_messages_total", METRIC_COUNTER, NULL, "Messages with events that were sent." },
    [EVENTS] = { "aetherius_agent_events_sent_total", METRIC_COUNTER, NULL, "Events that were sent, repeats included." },
    [BYTES] = { "aetherius_agent_event_bytes_total", METRIC_COUNTER, NULL, "Bytes of messages with events, as sent." },
    [RESENDS] = { "aetherius_agent_resends_total", METRIC_COUNTER, NULL, "Times that everything behind the watermark was sent again for want of progress." },
    [LAG] = { "aetherius_agent_unacknowledged_events", METRIC_GAUGE, NULL, "Events that central's watermark has not passed yet." },
};
METRIC_DECLARE(metrics);

static void pump(struct sender *s);

/* --- messages ---------------------------------------------------------------------------------------------------- */

static int publish(struct sender *s, const void *data, size_t size, const char *encoding, struct err *e)
{
    if (s->publish(s->arg, data, size, encoding, e))
        return -1;
    metric_add(&metrics[MESSAGES], NULL, 1);
    metric_add(&metrics[BYTES], NULL, (double)size);
    s->status.messages++;
    return 0;
}

static int pack_and_publish(struct sender *s, const struct buf *body, struct err *e)
{
    struct buf AUTO_BUF packed = { 0 };
    bool pack = s->settings.zstd && body->size >= PACK_BYTES && pack_zstd(body->data, body->size, &packed, e) == 0 && packed.size < body->size;
    return pack ? publish(s, packed.data, packed.size, "zstd", e) : publish(s, body->data, body->size, NULL, e);
}

static void forget_message(struct sender *s)
{
    buf_reset(&s->message);
    s->in_message = 0;
    timer_stop(&s->slice);
}

/* What was taken is sent, or is to be taken again. */
static bool note_sent(struct sender *s, int64_t events, int failed, const struct err *e)
{
    if (failed) {
        s->status.errors++;
        s->taken = s->sent;
        log_debug("events wait", "why=\"%s\"", e->text);
        return false;
    }
    int64_t now = loop_now_ms(s->loop);
    if (s->sent == s->acknowledged)
        s->progress_ms = now;    /* from here on an answer is due */
    s->sent = s->taken;
    s->sent_ms = now;
    s->status.events += events;
    metric_add(&metrics[EVENTS], NULL, (double)events);
    return true;
}

/* What is gathered goes out.  False: it could not, and is gathered again later. */
static bool send_message(struct sender *s)
{
    struct err e;
    if (s->in_message == 0)
        return true;
    int64_t events = s->in_message;
    if (s->many)
        buf_str(&s->message, "]}");
    int failed = pack_and_publish(s, &s->message, &e);
    forget_message(s);
    return note_sent(s, events, failed, &e);
}

static void on_slice(void *arg)
{
    (void)send_message(arg);    /* what failed is taken up again by look() */
}

static void add_event(struct sender *s, const struct spool_row *row)
{
    if (s->in_message == 0)
        s->many = s->settings.batch_max > 0;
    if (s->many)
        buf_str(&s->message, s->in_message > 0 ? "," : "{\"schema\":1,\"events\":[");
    buf_add(&s->message, row->body, row->size);
    s->in_message++;
    s->taken = row->seq;
}

static bool take(struct sender *s, const struct spool_row *row)
{
    if (row->seq <= s->taken || row->size < 2)
        return true;
    int64_t most = s->many ? s->settings.batch_max : 1;
    bool filled = s->in_message >= most || s->message.size + row->size > MESSAGE_BYTES;
    if (s->in_message > 0 && filled && !send_message(s))
        return false;
    add_event(s, row);
    return true;
}

/* The pack that begins with a record and may go out as it stands, or NULL. */
static const struct spool_pack *pack_at(const struct sender *s, const struct spool_packing *packed, uint64_t seq)
{
    if (!packed || !s->settings.zstd || seq <= s->taken)
        return NULL;
    for (size_t i = 0; i < packed->count; i++) {
        const struct spool_pack *p = &packed->packs[i];
        if (p->first == seq)
            return p->count >= PACKED_LEAST && (int64_t)p->count <= s->settings.batch_max ? p : NULL;
    }
    return NULL;
}

static bool send_pack(struct sender *s, const struct spool_pack *p)
{
    struct err e;
    if (!send_message(s))
        return false;
    s->taken = p->last;
    return note_sent(s, (int64_t)p->count, publish(s, p->data, p->size, "zstd", &e), &e);
}

/* At once after a while of silence, else at the end of the slice. */
static void plan_flush(struct sender *s)
{
    if (s->in_message == 0 || timer_running(&s->slice))
        return;
    int64_t wait = s->sent_ms + s->settings.slice_ms - loop_now_ms(s->loop);
    timer_start(&s->slice, s->loop, wait > 0 && s->sent_ms ? wait : 0, on_slice, s);
}

/* --- what to send ------------------------------------------------------------------------------------------------ */

static bool may_send(const struct sender *s)
{
    bool in_window = !s->settings.acknowledged || s->taken < s->acknowledged + SENDER_WINDOW;
    return s->open && !timer_running(&s->pause) && in_window;
}

static bool take_all(struct sender *s, const struct spool_row *rows, size_t count, const struct spool_packing *packed)
{
    bool taken = true;
    for (size_t i = 0, step; i < count && taken; i += step) {
        const struct spool_pack *p = pack_at(s, packed, rows[i].seq);
        step = p ? p->count : 1;
        taken = may_send(s) && (p ? send_pack(s, p) : take(s, &rows[i]));    /* what is beyond the window is read back later */
    }
    plan_flush(s);
    return taken;
}

/* No rows: what was there went at the spool's bound; the next commit goes on. */
static void on_rows(void *arg, const struct spool_row *rows, size_t count)
{
    struct sender *s = arg;
    if (may_send(s) && count > 0 && take_all(s, rows, count, NULL))
        pump(s);
}

static void pump(struct sender *s)
{
    if (may_send(s) && s->taken < spool_newest(s->spool) && !spool_reading(s->spool))
        spool_read(s->spool, s->taken, READ_ROWS, MESSAGE_BYTES, on_rows, s);
}

void sender_committed(struct sender *s, const struct spool_row *rows, size_t count, const struct spool_packing *packed)
{
    metric_set(&metrics[LAG], NULL, (double)(spool_newest(s->spool) - s->acknowledged));
    if (!may_send(s) || spool_reading(s->spool))
        return;
    if (rows[0].seq <= s->taken + 1)
        (void)take_all(s, rows, count, packed);    /* what it left is read back */
    pump(s);
}

void sender_watermark(struct sender *s, uint64_t seq)
{
    if (seq <= s->acknowledged)
        return;
    s->acknowledged = seq;
    s->progress_ms = loop_now_ms(s->loop);
    s->silence_ms = SENDER_SILENCE_MS;
    if (s->sent < seq)
        s->sent = seq;
    if (s->taken < seq && s->in_message == 0)
        s->taken = seq;
    spool_acknowledge(s->spool, seq);
    metric_set(&metrics[LAG], NULL, (double)(spool_newest(s->spool) > seq ? spool_newest(s->spool) - seq : 0));
    pump(s);
}

static void send_again(struct sender *s)
{
    log_warn("central's watermark does not move; sending again", "from=%llu sent=%llu", (unsigned long long)s->acknowledged + 1, (unsigned long long)s->sent);
    forget_message(s);
    s->taken = s->sent = s->acknowledged;
    s->silence_ms = s->silence_ms * 2 < SILENCE_MOST_MS ? s->silence_ms * 2 : SILENCE_MOST_MS;
    s->status.resends++;
    metric_add(&metrics[RESENDS], NULL, 1);
}

static void look(void *arg)
{
    struct sender *s = arg;
    bool waiting = s->open && s->settings.acknowledged && s->sent > s->acknowledged && !timer_running(&s->pause);
    if (waiting && loop_now_ms(s->loop) - s->progress_ms >= s->silence_ms)
        send_again(s);
    pump(s);
}

/* --- life -------------------------------------------------------------------------------------------------------- */

struct sender *sender_new(struct loop *l, struct spool *spool, sender_publish publish_, void *arg)
{
    metric_register(metrics, COUNT(metrics));
    struct sender *s = mem_alloc(sizeof *s);
    *s = (struct sender){ .loop = l, .spool = spool, .publish = publish_, .arg = arg, .silence_ms = SENDER_SILENCE_MS };
    timer_every(&s->look, l, LOOK_MS, look, s);
    return s;
}

void sender_free(struct sender *s)
{
    if (!s)
        return;
    timer_stop(&s->look);
    timer_stop(&s->slice);
    timer_stop(&s->pause);
    buf_fini(&s->message);
    free(s);
}

void sender_open(struct sender *s, const struct sender_settings *settings, uint64_t seq)
{
    bool goes_on = s->open && s->settings.acknowledged == settings->acknowledged && seq >= s->acknowledged;
    s->settings = *settings;
    if (s->settings.slice_ms == 0)
        s->settings.slice_ms = SLICE_MS;
    if (goes_on) {
        sender_watermark(s, seq);
        return;
    }
    s->open = true;
    forget_message(s);
    s->taken = s->sent = s->acknowledged = seq;
    if (settings->acknowledged)
        spool_acknowledge(s->spool, seq);
    s->silence_ms = SENDER_SILENCE_MS;
    pump(s);
}

void sender_shut(struct sender *s)
{
    s->open = false;
    forget_message(s);
    s->taken = s->sent;
}

bool sender_is_open(const struct sender *s)
{
    return s->open;
}

static void go_on(void *arg)
{
    pump(arg);
}

void sender_pause(struct sender *s, int64_t pause_ms)
{
    if (pause_ms <= 0)
        return;
    forget_message(s);
    s->taken = s->sent;
    timer_start(&s->pause, s->loop, pause_ms, go_on, s);
}

bool sender_flush(struct sender *s)
{
    if (s->open)
        (void)send_message(s);    /* the answer below tells */
    return s->sent >= spool_newest(s->spool);
}

void sender_status(const struct sender *s, struct sender_status *out)
{
    *out = s->status;
    out->sent = s->sent;
    out->acknowledged = s->acknowledged;
}
