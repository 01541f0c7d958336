/* What a scenario can say of the API server itself: faults, load, and what its client may not do. */
#include <stdlib.h>
#include <string.h>

#include "sim/api_watch.h"
#include "sim/recorder.h"
#include "sim/script.h"
#include "sim/sim.h"

static int begin(struct saying *s, struct err *e)
{
    (void)s, (void)e;
    return 0;
}

/* ---- faults ---- */

static void add(struct saying *s, struct fault fault)
{
    faults_add(&s->sim->faults, &fault);
}

static void answers_once(struct saying *s, const struct phrase *p)
{
    add(s, (struct fault){ .verb = p->text[0], .resource = p->text[1], .status = (int)p->number[2], .left = 1 });
}

static void answers_times(struct saying *s, const struct phrase *p)
{
    add(s, (struct fault){
               .verb = p->text[0], .resource = p->text[1], .status = (int)p->number[2], .left = p->number[3] });
}

static void answers_after(struct saying *s, const struct phrase *p)
{
    add(s, (struct fault){ .verb = p->text[0],
                           .resource = p->text[1],
                           .status = (int)p->number[2],
                           .ms = 1000 * p->number[3],
                           .left = p->number[4] });
}

static void all_answer(struct saying *s, const struct phrase *p)
{
    add(s, (struct fault){ .status = (int)p->number[0], .left = p->number[1] });
}

static void all_answer_after(struct saying *s, const struct phrase *p)
{
    add(s, (struct fault){ .status = (int)p->number[0], .ms = 1000 * p->number[1], .left = p->number[2] });
}

static void delay_once(struct saying *s, const struct phrase *p)
{
    add(s, (struct fault){ .action = FAULT_DELAY, .ms = p->number[0], .left = 1 });
}

static void delay_times(struct saying *s, const struct phrase *p)
{
    add(s, (struct fault){ .action = FAULT_DELAY, .ms = p->number[0], .left = p->number[1] });
}

static void hangs(struct saying *s, const struct phrase *p)
{
    add(s, (struct fault){ .action = FAULT_HANG, .verb = p->text[0], .resource = p->text[1], .left = 1 });
}

static void cut_line(struct saying *s, const struct phrase *p)
{
    (void)p;
    add(s, (struct fault){ .action = FAULT_CUT_LINE, .left = 1 });
}

static void cut_line_of(struct saying *s, const struct phrase *p)
{
    add(s, (struct fault){ .action = FAULT_CUT_LINE, .resource = p->text[0], .left = 1 });
}

static void drop(struct saying *s, const struct phrase *p)
{
    (void)p;
    watch_cut_all(s->sim);
}

static void end_watches(struct saying *s, const struct phrase *p)
{
    (void)p;
    watch_end_all(s->sim);
}

static void compact(struct saying *s, const struct phrase *p)
{
    (void)p;
    history_compact(s->world->history);
}

static void expire(struct saying *s, const struct phrase *p)
{
    (void)p;
    recorder_expire(s->world);
}

static void down(struct saying *s, const struct phrase *p)
{
    sim_go_down(s->sim, p->number[0]);
}

static const struct clause_row fault_clauses[] = {
    { "{word} {word} answers {number} once", answers_once,
      "`watch events answers 410 once`: verb (list, watch, get), resource, status; a watch says 410 in its two "
      "shapes" },
    { "{word} {word} answers {number} {number} times", answers_times, "" },
    { "{word} {word} answers {number} with retry-after {number} {number} times", answers_after, "seconds" },
    { "{number} with retry-after {number} for {number} requests", all_answer_after, "whatever they are" },
    { "{number} for {number} requests", all_answer, "" },
    { "delay {time}", delay_once, "the next request is answered late" },
    { "delay {time} for {number} requests", delay_times, "" },
    { "{word} {word} hangs", hangs, "is never answered" },
    { "cut half a line", cut_line, "the next frame of any watch is cut in its middle, and so is its connection" },
    { "cut half a line of {word}", cut_line_of, "of the watch of a resource" },
    { "drop connections", drop, "all watches are cut" },
    { "end watches", end_watches, "all watches end in order" },
    { "compact history", compact, "every earlier resource version is too old" },
    { "expire events", expire, "their time to live is over: DELETED frames" },
    { "down for {time}", down, "no connection is taken" },
};

/* ---- load ---- */

static void load(struct saying *s, const struct phrase *p, bool repeats)
{
    load_begin(&s->sim->load, s->world, p->number[0], strtoll(p->text[1], NULL, 10), repeats);
}

static void load_with(struct saying *s, const struct phrase *p)
{
    load(s, p, true);
}

static void load_without(struct saying *s, const struct phrase *p)
{
    load(s, p, false);
}

static const struct clause_row load_clauses[] = {
    { "{number} events at {word}", load_without, "`5000 events at 500/s`" },
    { "{number} events at {word} with repeats", load_with, "a third of them raise the count of an earlier one" },
};

/* ---- the client's rights ---- */

static void may_not(struct saying *s, const struct phrase *p)
{
    struct sim *sim = s->sim;
    if (sim->n_denied < ACCESS_RULES_MAX)
        sim->denied[sim->n_denied++] = (struct access_rule){ p->text[0], p->text[1] };
}

static void may(struct saying *s, const struct phrase *p)
{
    struct sim *sim = s->sim;
    if (sim->n_granted < ACCESS_RULES_MAX)
        sim->granted[sim->n_granted++] = (struct access_rule){ p->text[0], p->text[1] };
}

static void may_everything(struct saying *s, const struct phrase *p)
{
    (void)p;
    s->sim->n_denied = s->sim->n_granted = 0;
}

static const struct clause_row client_clauses[] = {
    { "may not {word} {word}", may_not, "`may not list secrets`: 403, and so say access reviews" },
    { "may do everything", may_everything, "that its role allows, and no more: forgets the sentences above and below" },
    { "may {word} {word}", may,
      "`may get nodes/proxy`, `may * *`: access reviews tell of a right that the role does not have" },
};

const struct subject_row sim_subjects[] = {
    { "fault", NULL, begin, NULL, fault_clauses, COUNT(fault_clauses), "What the next requests meet." },
    { "load", NULL, begin, NULL, load_clauses, COUNT(load_clauses), "Events in bulk, in the namespace load." },
    { "client", NULL, begin, NULL, client_clauses, COUNT(client_clauses), "The account of the kubeconfig." },
};
const size_t n_sim_subjects = COUNT(sim_subjects);
