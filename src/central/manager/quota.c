#include "central/manager/quota.h"

#define DEPTH_S   2
#define MICRO     INT64_C(1000000)
#define WINDOW_MS 10000

static int64_t depth(int64_t per_second)
{
    return per_second * DEPTH_S * MICRO;
}

enum quota_verdict quota_take(struct quota *q, int64_t per_second, int64_t count, int64_t now_ms)
{
    int64_t passed = now_ms - q->at_ms;
    /* Twice the depth is all that can be out, plus one message; a longer pause pays everything. */
    int64_t paid = passed < 3600000 ? passed * per_second * (MICRO / 1000) : q->used_micro;
    q->used_micro = paid < q->used_micro ? q->used_micro - paid : 0;
    q->at_ms = now_ms;
    if (q->used_micro >= 2 * depth(per_second))
        return QUOTA_REFUSED;
    q->used_micro += count * MICRO;
    return q->used_micro > depth(per_second) ? QUOTA_SLOW : QUOTA_WELL;
}

int64_t quota_pause_ms(const struct quota *q, int64_t per_second)
{
    int64_t debt = q->used_micro - depth(per_second);
    int64_t ms = debt > 0 ? debt / (per_second * (MICRO / 1000)) : 0;
    return ms < 100 ? 100 : ms;
}

static void turn(struct rate *r, int64_t now_ms)
{
    if (now_ms - r->window_ms < WINDOW_MS)
        return;
    r->counts[1] = now_ms - r->window_ms < 2 * WINDOW_MS ? r->counts[0] : 0;
    r->counts[0] = 0;
    r->window_ms = now_ms - (now_ms - r->window_ms) % WINDOW_MS;
}

void rate_add(struct rate *r, int64_t count, int64_t now_ms)
{
    turn(r, now_ms);
    r->counts[0] += count;
}

double rate_now(const struct rate *r, int64_t now_ms)
{
    struct rate now = *r;
    turn(&now, now_ms);
    /* The share of the window before that still lies within the last ten seconds. */
    double left = (double)(WINDOW_MS - (now_ms - now.window_ms)) / WINDOW_MS;
    return ((double)now.counts[0] + (double)now.counts[1] * left) / (WINDOW_MS / 1000.0);
}
