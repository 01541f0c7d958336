#include "sim/sim.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "sim/api.h"
#include "sim/api_watch.h"

/* Far beyond what one agent opens, but a load test may. */
static const struct http_limits limits = {
    .body_max = (size_t)1024 * 1024,
    .header_max = (size_t)32 * 1024,
    .connections_max = 1000,
    .per_address_max = 1000,
    .idle_ms = 90000,
};

static void on_revision(void *arg, struct revision *r)
{
    struct sim *s = arg;
    if (s->world) /* what a new cluster has is nobody's news */
        oracle_made(s->oracle, r, s->world->now_ms);
}

static int64_t time_of_day(const struct sim *s)
{
    return s->wall_ms + clock_mono_ms() - s->mono_ms;
}

static void on_turn(void *arg)
{
    sim_turn(arg);
}

void sim_turn(struct sim *s)
{
    world_run(s->world, time_of_day(s));
    watch_pump_all(s);
    oracle_flush(s->oracle);
    int64_t next_ms = agenda_next(&s->world->agenda);
    if (next_ms == INT64_MAX) {
        timer_stop(&s->turn);
        return;
    }
    int64_t wait_ms = next_ms - time_of_day(s);
    timer_start(&s->turn, s->loop, wait_ms > 0 ? wait_ms : 0, on_turn, s);
}

static int serve(struct sim *s, struct err *e)
{
    s->server = http_server_new(s->loop, s->listen, &limits, s->tls.certificate ? &s->tls : NULL, api_handle, s, e);
    return s->server ? 0 : -1;
}

/* A free port that was taken is kept over a time of being down. */
static void keep_port(struct sim *s)
{
    char *colon = strrchr(s->listen, ':');
    if (str_starts(s->listen, "unix:") || !colon)
        return;
    char *listen = str_printf("%.*s:%d", (int)(colon - s->listen), s->listen, http_server_port(s->server));
    free(s->listen);
    s->listen = listen;
}

struct sim *sim_new(struct loop *l, const struct sim_options *options, struct oracle *oracle, struct err *e)
{
    struct sim *s = mem_alloc(sizeof *s);
    *s = (struct sim){ .loop = l,
                       .oracle = oracle,
                       .listen = str_dup(options->listen),
                       .tls = options->tls,
                       .wall_ms = clock_wall_ms(),
                       .mono_ms = clock_mono_ms() };
    if (serve(s, e) != 0) {
        free(s->listen);
        free(s);
        return NULL;
    }
    keep_port(s);
    s->world = world_new(&options->world, s->wall_ms, on_revision, s);
    s->world->oracle = oracle;
    uint64_t dice = options->world.seed ^ 0x70cc;
    s->token = arena_printf(&s->world->arena, "kubesim-%016llx%016llx", (unsigned long long)clock_roll(&dice),
                            (unsigned long long)clock_roll(&dice));
    return s;
}

void sim_free(struct sim *s)
{
    if (!s)
        return;
    http_server_free(s->server);
    api_forget_late(s);
    assert(!s->watchers);
    timer_stop(&s->turn);
    timer_stop(&s->restart);
    world_free(s->world);
    free(s->listen);
    free(s);
}

struct world *sim_world(struct sim *s)
{
    return s->world;
}

static void on_up_again(void *arg)
{
    struct sim *s = arg;
    struct err e;
    if (serve(s, &e) == 0)
        return;
    log_error("the API server cannot come up again", "error=\"%s\"", e.text);
    timer_start(&s->restart, s->loop, 1000, on_up_again, s);
}

static void on_down(void *arg)
{
    struct sim *s = arg;
    http_server_free(s->server);
    s->server = NULL;
    timer_start(&s->restart, s->loop, s->down_ms, on_up_again, s);
}

/* In a turn of its own, because a request may have brought the wish. */
void sim_go_down(struct sim *s, int64_t ms)
{
    if (!s->server)
        return;
    s->down_ms = ms;
    timer_start(&s->restart, s->loop, 0, on_down, s);
}
