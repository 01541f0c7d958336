/* The words of docs/http.md that people read: severities and states, in the reader's language.  What is not in the table stays as it is. */
#pragma once

#include "ctl/ctl.h"

const char *words_tr(const struct ctl *c, const char *word);    /* NULL gives NULL */
