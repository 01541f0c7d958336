#include "central/supervisor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

static char opened[64], closed[64];

static void note(char *list, const char *name)
{
    size_t size = strlen(list);
    (void)snprintf(list + size, sizeof opened - size, "%s ", name);
}

static int open_service(struct service_context *c, struct err *e)
{
    (void)e;
    note(opened, c->name);
    return 0;
}

static void close_service(struct service_context *c)
{
    note(closed, c->name);
}

static int open_badly(struct service_context *c, struct err *e)
{
    (void)c;
    return err_set(e, ERR_IO, "no disk");
}

static const struct service one = { .name = "one", .open = open_service, .close = close_service };
static const struct service two = { .name = "two", .open = open_service, .close = close_service };
static const struct service three = { .name = "three", .open = open_service, .close = close_service };
static const struct service broken = { .name = "broken", .open = open_badly, .close = close_service };

/* Which of them a list of names runs, in what order; NULL when central does not start. */
static const char *run(const char *names, const struct service *last, struct err *e)
{
    const struct service *const services[] = { &one, &two, last };
    char list[64], inner[] = "";
    (void)snprintf(list, sizeof list, "%s", names);
    struct central_options options = { .services = list, .inner_endpoint = inner, .mailbox_max = 16 };
    opened[0] = closed[0] = '\0';
    struct supervisor *supervisor = supervisor_start(&options, services, COUNT(services), e);
    if (!supervisor)
        return NULL;
    supervisor_stop(supervisor);
    return opened;
}

static void without_a_list_all_run_and_end_in_the_reverse_order(void **state)
{
    (void)state;
    struct err e;
    assert_string_equal(run("", &three, &e), "one two three ");
    assert_string_equal(closed, "three two one ");
}

static void a_list_chooses_but_does_not_order(void **state)
{
    (void)state;
    struct err e;
    assert_string_equal(run(" three ,one", &three, &e), "one three ");
}

static void a_name_that_is_none_is_refused_before_anything_opens(void **state)
{
    (void)state;
    struct err e;
    assert_null(run("one, thre", &three, &e));
    assert_non_null(strstr(e.text, "no service \"thre\""));
    assert_string_equal(opened, "");
}

static void what_was_open_is_closed_when_one_cannot_open(void **state)
{
    (void)state;
    struct err e;
    assert_null(run("", &broken, &e));
    assert_string_equal(e.text, "broken: no disk");
    assert_string_equal(closed, "two one ");
}

int main(void)
{
    log_setup("supervisor_test", LOG_ERROR, LOG_TEXT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_list_all_run_and_end_in_the_reverse_order),
        cmocka_unit_test(a_list_chooses_but_does_not_order),
        cmocka_unit_test(a_name_that_is_none_is_refused_before_anything_opens),
        cmocka_unit_test(what_was_open_is_closed_when_one_cannot_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
