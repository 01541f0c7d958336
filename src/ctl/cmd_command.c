#include "base/clock.h"
#include "ctl/api.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/table.h"

#define POLL_FIRST_MS 100
#define POLL_MOST_MS  1000

/* The words behind "--": a kubectl verb and its arguments. "kubectl" itself may stand in front. */
static char *make_body(const struct ctl *c)
{
    int at = str_eq(c->args[1], "kubectl") && c->n_args > 2 ? 2 : 1;
    char timeout[CLOCK_TEXT_SIZE];
    clock_format_duration(c->options.timeout_ms, timeout);
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    json_w_str(w, "type", "diagnostic");
    json_w_str(w, "tool", "kubectl");
    json_w_str(w, "action", c->args[at]);
    json_w_array(w, "args");
    for (int i = at + 1; i < c->n_args; i++)
        json_w_str(w, NULL, c->args[i]);
    json_w_end(w);
    json_w_str(w, "timeout", timeout);
    return json_w_take(w, NULL);
}

static bool is_over(const char *state)
{
    static const char *const under_way[] = { "queued", "sent", "accepted", "running" };
    for (size_t i = 0; i < COUNT(under_way); i++)
        if (str_eq(state, under_way[i]))
            return false;
    return true;
}

static int print_result(const struct ctl *c, const json *command)
{
    const char *state = str_or_empty(json_get_str(command, "state"));
    const json *result = json_get(command, "result");
    const char *output = str_or_empty(json_get_str(result, "output")), *error = json_get_str(result, "error");
    AUTO_BUF struct buf shown = { 0 }, why = { 0 };
    bool fine = str_eq(state, "success");
    if (ctl_is_data(c)) {
        show_data(c, command);
        return fine ? EXIT_FINE : EXIT_FAILED;
    }
    str_terminal(&shown, output, true);
    fputs(buf_text(&shown), c->out);
    if (shown.size > 0 && shown.data[shown.size - 1] != '\n')
        fputc('\n', c->out);
    (void)fflush(c->out);
    if (json_get_bool(result, "truncated", false))
        fprintf(stderr, tr(c, "aetherctl: cut; the whole is %lld bytes. Ask for less: --tail=100\n", "aetherctl: 输出被截断，完整内容有 %lld 字节。请缩小范围：--tail=100\n"),
                (long long)json_get_int(result, "total_bytes", 0));
    if (fine)
        return EXIT_FINE;
    str_terminal(&why, str_or_empty(error), false);
    fprintf(stderr, "aetherctl: %s%s%s\n", state, why.size ? ": " : "", buf_text(&why));
    return EXIT_FAILED;
}

static void on_pause_over(void *arg)
{
    loop_stop(arg);
}

static void pause_ms(struct ctl *c, int64_t ms)
{
    struct timer timer = { 0 };
    timer_start(&timer, c->loop, ms, on_pause_over, c->loop);
    loop_run(c->loop);
    timer_stop(&timer);
}

/* Asks again until the agent has answered, or for a while longer than the command may take. */
static int wait_for(struct ctl *c, const char *id, struct err *e)
{
    AUTO_BUF struct buf path = { 0 };
    buf_str(&path, "/api/v1/commands/");
    api_segment(&path, id);
    int64_t end_ms = clock_mono_ms() + c->options.timeout_ms + 10000;
    for (int64_t pause = POLL_FIRST_MS; clock_mono_ms() < end_ms; pause = pause * 2 < POLL_MOST_MS ? pause * 2 : POLL_MOST_MS) {
        AUTO_ANSWER struct api_answer answer = { 0 };
        if (api_get(c, buf_text(&path), &answer, e))
            return -1;
        const json *command = json_root(answer.doc);
        const char *state = json_get_str(command, "state");
        if (!state)
            return err_set(e, ERR_INVALID, "command %.64s: central's answer has no state", id);
        if (is_over(state))
            return print_result(c, command);
        pause_ms(c, pause);
    }
    return err_set(e, ERR_TIMEOUT, "command %.64s has not been answered; look later: curl %s/api/v1/commands/%.64s", id, c->options.server, id);
}

int cmd_command(struct ctl *c)
{
    struct err e;
    AUTO_ANSWER struct api_answer answer = { 0 };
    AUTO_BUF struct buf path = { 0 };
    AUTO_FREE char *body = make_body(c);
    buf_str(&path, "/agents/");
    api_segment(&path, c->args[0]);
    buf_str(&path, "/commands");
    if (api_post(c, buf_text(&path), body, &answer, &e))
        return ctl_fail(c, &e);
    const char *id = json_get_str(json_root(answer.doc), "command_id");
    if (!id) {
        err_set(&e, ERR_INVALID, "%s does not answer as central does; is the address right?", c->options.server);
        return ctl_fail(c, &e);
    }
    int code = wait_for(c, id, &e);
    return code < 0 ? ctl_fail(c, &e) : code;
}
