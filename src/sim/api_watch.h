/* Watches: open streams of what happens to objects of a kind. */
#pragma once

#include "sim/api.h"
#include "sim/history.h"
#include "sim/selector.h"

void api_watch(struct api_request *r, const struct selector *selector);

/* Hands on what is new; called when there was something, and when slow readers may have caught up. */
void watch_pump_all(struct sim *s);

/* All of them end, in order or in the middle. */
void watch_end_all(struct sim *s);
void watch_cut_all(struct sim *s);
