/* `aetherctl cluster accept|refuse CLUSTER`: a person's word on a cluster that waits, or a second thought on one that was decided. */
#include "ctl/admission.h"

#include "ctl/api.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/words.h"

static const char *const decisions[] = { "accept", "refuse" };

bool admission_is_decision(const char *word)
{
    for (size_t i = 0; i < COUNT(decisions); i++)
        if (str_eq(decisions[i], word))
            return true;
    return false;
}

static char *make_body(const struct ctl *c)
{
    AUTO_JSON_W struct json_w *w = json_w_new();
    json_w_object(w, NULL);
    if (c->options.reason[0])
        json_w_str(w, "reason", c->options.reason);
    return json_w_take(w, NULL);
}

/* Refused as central keeps it; accepted tells whether the cluster is heard at the moment. */
static void tell(const struct ctl *c, const json *cluster)
{
    const char *state = json_get_str(cluster, "state"), *why = json_get_str(cluster, "state_reason");
    tone_print(c, TONE_STRONG, json_get_str(cluster, "cluster_id"));
    fputs(str_eq(state, "refused") ? tr(c, " is refused", " 已拒绝接纳") : tr(c, " is accepted, and is ", " 已接纳，当前状态："), c->out);
    if (!str_eq(state, "refused"))
        tone_print(c, tone_of_state(state), words_tr(c, state));
    if (why && why[0]) {
        fputs(": ", c->out);
        tone_print(c, TONE_WARN, why);
    }
    fputc('\n', c->out);
}

int admission_decide(struct ctl *c, const char *decision, const char *cluster_id)
{
    struct err e;
    AUTO_ANSWER struct api_answer answer = { 0 };
    AUTO_BUF struct buf path = { 0 };
    AUTO_FREE char *body = make_body(c);
    buf_str(&path, "/api/v1/clusters/");
    api_segment(&path, cluster_id);
    buf_printf(&path, "/%s", decision);
    if (api_post(c, buf_text(&path), body, &answer, &e))
        return ctl_fail(c, &e);
    const json *cluster = json_root(answer.doc);
    if (!json_get_str(cluster, "cluster_id")) {
        err_set(&e, ERR_INVALID, "%s does not answer as central does; is the address right?", c->options.server);
        return ctl_fail(c, &e);
    }
    if (ctl_is_data(c))
        show_data(c, cluster);
    else
        tell(c, cluster);
    return EXIT_FINE;
}

void admission_remind(const struct ctl *c, const char *cluster_id, int64_t waiting)
{
    AUTO_BUF struct buf id = { 0 };
    str_terminal(&id, cluster_id, false);
    if (waiting == 1)
        fprintf(c->out, tr(c, "\n%s waits for a decision: aetherctl cluster accept %s (or: refuse)\n", "\n集群 %s 等待接纳：aetherctl cluster accept %s（或 refuse）\n"), buf_text(&id), buf_text(&id));
    else if (waiting > 1)
        fprintf(c->out, tr(c, "\n%lld clusters wait for a decision, %s first: aetherctl cluster accept %s (or: refuse)\n", "\n%lld 个集群等待接纳，首个是 %s：aetherctl cluster accept %s（或 refuse）\n"),
                (long long)waiting, buf_text(&id), buf_text(&id));
}
