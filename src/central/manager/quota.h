/* What one cluster may send in a second, and how many it does.  Pure functions over a clock that the caller gives. */
#pragma once

#include <stdint.h>

/* A bucket that fills with per_second tokens a second, two seconds deep.  Zeroed storage is a full one. */
struct quota {
    int64_t used_micro;           /* millionths of a token that are out; beyond the depth it is a debt */
    int64_t at_ms;
};

enum quota_verdict {
    QUOTA_WELL,
    QUOTA_SLOW,                   /* taken, but the sender is to pause for quota_pause_ms()            */
    QUOTA_REFUSED,                /* a sender that does not pause: not taken                           */
};
enum quota_verdict quota_take(struct quota *q, int64_t per_second, int64_t count, int64_t now_ms);

/* How long until the debt is paid, at least 100 ms. */
int64_t quota_pause_ms(const struct quota *q, int64_t per_second);

/* Events per second over the last ten seconds. */
struct rate {
    int64_t window_ms;            /* start of the running window                                       */
    int64_t counts[2];            /* in the running window, in the one before                          */
};
void rate_add(struct rate *r, int64_t count, int64_t now_ms);
double rate_now(const struct rate *r, int64_t now_ms);
