#include "agent/filter.h"

#include <stdlib.h>

#include "base/str.h"

static int read_words(struct filter_words *w, const char *name, const char *text, struct err *e)
{
    w->text = str_dup(text);
    w->count = conf_split(w->text, w->words, FILTER_WORDS_MAX, e);
    return w->count < 0 ? err_wrap(e, "%s", name) : 0;
}

static bool among(const struct filter_words *w, const char *word)
{
    for (int i = 0; i < w->count; i++)
        if (str_eq(w->words[i], word))
            return true;
    return false;
}

int filter_init(struct filter *f, const struct agent_options *options, struct err *e)
{
    *f = (struct filter){ .normal = options->normal_events == NORMAL_ALL };
    if (read_words(&f->namespaces, "namespaces", options->namespaces, e) ||
        read_words(&f->excluded, "exclude_namespaces", options->exclude_namespaces, e) ||
        read_words(&f->reasons, "exclude_reasons", options->exclude_reasons, e)) {
        filter_fini(f);
        return -1;
    }
    return 0;
}

void filter_fini(struct filter *f)
{
    free(f->namespaces.text);
    free(f->excluded.text);
    free(f->reasons.text);
    *f = (struct filter){ 0 };
}

bool filter_namespace(const struct filter *f, const char *namespace_)
{
    if (!namespace_ || !*namespace_)
        return true;
    return (f->namespaces.count == 0 || among(&f->namespaces, namespace_)) && !among(&f->excluded, namespace_);
}

bool filter_event(const struct filter *f, const struct wire_event *event)
{
    if (!f->normal && event->event_type && !str_eq(event->event_type, "Warning"))
        return false;
    return filter_namespace(f, event->cluster_scoped ? NULL : event->namespace_) && !among(&f->reasons, event->reason);
}
