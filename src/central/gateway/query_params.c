#include "central/gateway/query_params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

static const struct query_param kinds[] = {
    { "limit", PARAM_NUMBER, 1, 500, NULL },
    { "buckets", PARAM_NUMBER, 10, 240, NULL },
    { "since", PARAM_TIME, 0, 0, NULL },
    { "until", PARAM_TIME, 0, 0, NULL },
    { "severity", PARAM_CHOICES, 0, 0, "critical|high|medium|low|info" },
    { "series", PARAM_CHOICES, 0, 0, "cpu|memory|restarts|events|pods" },
    { "kinds", PARAM_CHOICES, 0, 0, "event|incident|cluster|command|gap" },
    { "state", PARAM_CHOICE, 0, 0, "open|closed" },
    { "format", PARAM_CHOICE, 0, 0, "md|html|json" },
    { "lang", PARAM_CHOICE, 0, 0, "en|zh" },
};
static const struct query_param text = { .name = "", .type = PARAM_TEXT };

const struct query_param *query_params_kind(const char *name)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_eq(kinds[i].name, name))
            return &kinds[i];
    return &text;
}

static bool is_choice(const char *choices, const char *value, size_t size)
{
    for (const char *at = choices;; at += strcspn(at, "|") + 1) {
        size_t n = strcspn(at, "|");
        if (n == size && memcmp(at, value, n) == 0)
            return true;
        if (!at[n])
            return false;
    }
}

/* The first piece of "high,low" that is no choice; NULL when all are. */
static const char *find_odd(const struct query_param *k, const char *value)
{
    for (const char *at = value;; at += strcspn(at, ",") + 1) {
        size_t size = k->type == PARAM_CHOICES ? strcspn(at, ",") : strlen(at);
        if (!is_choice(k->choices, at, size))
            return at;
        if (!at[size])
            return NULL;
    }
}

static bool is_time(const char *value)
{
    int64_t ms;
    return clock_parse(value, &ms) == 0 || (clock_parse_duration(value, &ms) == 0 && ms >= 0);
}

static int write_number(struct json_w *w, const struct query_param *k, const char *value, struct err *e)
{
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || value[digits] || digits > 9 || strtoll(value, NULL, 10) < k->min)
        return err_set(e, ERR_INVALID, "%s: \"%.40s\" is no number from %lld to %lld", k->name, value, (long long)k->min, (long long)k->max);
    long long number = strtoll(value, NULL, 10);
    char clamped[24];
    (void)snprintf(clamped, sizeof clamped, "%lld", number > k->max ? (long long)k->max : number);
    json_w_str(w, k->name, clamped);
    return 0;
}

static int write_one(struct json_w *w, const char *name, const char *value, struct err *e)
{
    const struct query_param *k = query_params_kind(name);
    const char *odd = k->choices ? find_odd(k, value) : NULL;
    if (k->type == PARAM_NUMBER)
        return write_number(w, k, value, e);
    if (k->type == PARAM_TIME && !is_time(value))
        return err_set(e, ERR_INVALID, "%s: \"%.40s\" is no RFC 3339 time, such as 2026-01-02T03:04:05Z, nor how long ago, such as 15m", name, value);
    if (odd)
        return err_set(e, ERR_INVALID, "%s: \"%.*s\" is none of %s", name, (int)(k->type == PARAM_CHOICES ? strcspn(odd, ",") : 40), odd, k->choices);
    if (strlen(value) > QUERY_TEXT_MAX)
        return err_set(e, ERR_INVALID, "%s: longer than %d bytes", name, QUERY_TEXT_MAX);
    json_w_str(w, name, value);
    return 0;
}

int query_params_write(const struct http_exchange *x, const struct route *route, struct json_w *w, struct err *e)
{
    for (size_t i = 0; i < route->n_params; i++) {
        const char *name = route->params[i].name, *value = http_query(x, name);
        if (value && value[0] && write_one(w, name, value, e))
            return -1;
    }
    return 0;
}

int query_params_check(const struct http_exchange *x, const struct route *route, struct err *e)
{
    AUTO_JSON_W struct json_w *unread = json_w_new();
    json_w_object(unread, NULL);
    return query_params_write(x, route, unread, e);
}
