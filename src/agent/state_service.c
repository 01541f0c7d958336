/* Services with their endpoints, and PersistentVolumeClaims. */
#include <stdio.h>

#include "agent/state_object.h"
#include "base/str.h"

#define EMPTY_MS   2000      /* endpoints come and go while Pods are replaced                */
#define YOUNG_MS   10000     /* a Service may be there before its Pods                       */
#define PENDING_MS 10000     /* a claim may take so long to be bound                         */

enum { EMPTY = 1 };          /* troubles of a Service */
enum { PENDING = 1, LOST = 2 };    /* of a claim */

/* --- Service ----------------------------------------------------------------------------------------------------- */

static void judge_service(struct state_object *o, struct state_news *news)
{
    struct state_service *s = &o->service;
    if (!s->there || !s->selects || s->ready > 0) {
        if (o->troubles & EMPTY)
            news_add(news, &(struct state_piece){ .reason = "ServiceHasEndpoints", .severity = SEVERITY_INFO, .recovery = true, .message = "the Service has endpoints again" });
        o->troubles = 0;
        s->empty_ms = 0;
        s->had |= s->ready > 0;
        return;
    }
    if (!s->empty_ms)
        s->empty_ms = news->now_ms;
    if (o->troubles & EMPTY)
        return;
    int64_t age_ms = news->wall_ms - s->created_at, due_ms = s->empty_ms + EMPTY_MS;
    if (!s->had && age_ms < YOUNG_MS && news->now_ms + YOUNG_MS - age_ms > due_ms)
        due_ms = news->now_ms + YOUNG_MS - (age_ms > 0 ? age_ms : 0);
    state_look_at(o, due_ms);    /* always by the clock: that is when the slices of a new list are all there */
}

void service_see(struct state_object *o, json *object, struct state_news *news)
{
    o->service.there = true;
    o->service.selects = json_count(json_at(object, "spec.selector")) > 0 && !str_eq(json_at_str(object, "spec.type"), "ExternalName");
    o->service.created_at = state_time(json_get(object, "metadata"), "creationTimestamp");
    judge_service(o, news);
}

void service_count(struct state_object *o, int32_t by, struct state_news *news)
{
    o->service.ready += by;
    if (o->service.there) {
        o->due_ms = 0;
        judge_service(o, news);
    }
}

void service_due(struct state_object *o, struct state_news *news)
{
    if (!o->service.there || !o->service.selects || o->service.ready > 0 || (o->troubles & EMPTY))
        return;
    o->troubles |= EMPTY;
    news_add(news, &(struct state_piece){ .reason = "ServiceWithoutEndpoints", .severity = SEVERITY_MEDIUM,
                                          .message = o->service.had ? "no Pod behind the Service is ready any more" : "no ready Pod matches the Service's selector" });
}

int32_t slice_ready(const json *object)
{
    int32_t ready = 0;
    for (struct json_iter i = json_iter(json_get(object, "endpoints")); json_next(&i);) {
        const json *is = json_at(i.value, "conditions.ready");
        ready += !is || json_is_null(is) || json_bool(is, false);    /* unknown counts as ready, says the API */
    }
    return ready;
}

/* --- PersistentVolumeClaim --------------------------------------------------------------------------------------- */

void claim_see(struct state_object *o, json *object, struct state_news *news)
{
    const char *phase = json_at_str(object, "status.phase");
    if (str_eq(phase, "Lost") && !(o->troubles & LOST)) {
        o->troubles |= LOST;
        news_add(news, &(struct state_piece){ .reason = "ClaimLost", .severity = SEVERITY_HIGH, .message = "the claim's volume is gone" });
    }
    if (str_eq(phase, "Bound")) {
        if (o->troubles)
            news_add(news, &(struct state_piece){ .reason = "ClaimBound", .severity = SEVERITY_INFO, .recovery = true, .message = "the claim is bound" });
        o->troubles = 0;
    }
    if (!str_eq(phase, "Pending") || (o->troubles & PENDING))
        return;
    int64_t age_ms = news->wall_ms - state_time(json_get(object, "metadata"), "creationTimestamp");
    state_look_at(o, news->now_ms + (age_ms < 0 ? PENDING_MS : age_ms < PENDING_MS ? PENDING_MS - age_ms : 0));
}

/* A claim that waits for its first consumer is pending, too: so this is said quietly, and a Pod that waits for it is said aloud. */
void claim_due(struct state_object *o, struct state_news *news)
{
    o->troubles |= PENDING;
    news_add(news, &(struct state_piece){ .reason = "ClaimPending", .severity = SEVERITY_LOW, .message = "the claim is not bound to a volume" });
}
