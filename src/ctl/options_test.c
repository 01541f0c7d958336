#include "ctl/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LINE_MAX_ARGS 16

/* "events -o json": cut at spaces. Returns what base/conf would get, with spaces; free() it. NULL with *e. */
static char *arrange(const char *text, struct options_line *line, struct err *e)
{
    static char copy[256];
    static char program[] = "aetherctl";
    char *argv[LINE_MAX_ARGS + 1] = { program };
    int argc = 1;
    (void)str_copy(copy, sizeof copy, text);
    for (char *word = strtok(copy, " "); word && argc < LINE_MAX_ARGS; word = strtok(NULL, " "))
        argv[argc++] = word;
    int rc = options_arrange(argc, argv, line, e);
    struct buf out = { 0 };
    for (int i = 1; i < line->argc; i++)
        buf_printf(&out, "%s%s", i > 1 ? " " : "", line->argv[i]);
    char *joined = buf_take(&out, NULL);
    if (rc == 0)
        return joined;
    free(joined);
    return NULL;
}

static void expect(const char *text, const char *wanted)
{
    struct err e;
    struct options_line line;
    AUTO_FREE char *got = arrange(text, &line, &e);
    if (!got)
        fail_msg("%s: %s", text, e.text);
    assert_string_equal(got, wanted);
    options_line_fini(&line);
}

static void expect_refused(const char *text, const char *why)
{
    struct err e;
    struct options_line line;
    AUTO_FREE char *got = arrange(text, &line, &e);
    if (got)
        fail_msg("%s was taken: %s", text, got);
    if (!strstr(e.text, why))
        fail_msg("%s: wanted %s, got %s", text, why, e.text);
    options_line_fini(&line);
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    expect("events -o json -n shop --since 2h", "--output=json --namespace=shop --since=2h --");
    expect("-o json incident i-1 --lang=zh", "--output=json --lang=zh -- i-1");
    expect("-oyaml events -w", "--output=yaml --watch --");
    expect("--server http://x clusters", "--server=http://x --");
    expect("report i-1 --format html", "--format=html -- i-1");
}

static void behind_two_dashes_everything_is_the_commands(void **state)
{
    (void)state;
    expect("command shop-prod -- logs pod/x -n shop --tail=5", "-- shop-prod logs pod/x -n shop --tail=5");
}

static void wrong_lines_say_what_is_right(void **state)
{
    (void)state;
    expect_refused("incidnts", "did you mean incidents?");
    expect_refused("frobnicate", "there is no command \"frobnicate\"");
    expect_refused("incident", "incident wants ID");
    expect_refused("incident a b", "incident takes only ID");
    expect_refused("clusters x", "takes no arguments");
    expect_refused("clusters --bogus", "unknown option \"--bogus\"");
    expect_refused("clusters --limt=5 surplus", "did you mean --limit?");
    expect_refused("-z clusters", "unknown option \"-z\"");
    expect_refused("clusters --bundle x", "clusters takes no --bundle");
    expect_refused("\x1b[31m", "\\x1b[31m");
}

static void help_needs_no_arguments(void **state)
{
    (void)state;
    struct err e;
    struct options_line line;
    AUTO_FREE char *got = arrange("incident --help", &line, &e);
    assert_non_null(got);
    assert_true(line.help);
    assert_string_equal(line.command->name, "incident");
    options_line_fini(&line);
}

static void every_option_that_a_command_names_is_in_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < commands_count; i++) {
        AUTO_FREE char *list = str_dup(commands[i].options);
        for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
            size_t k = 0;
            while (k < ctl_program.n_options && !str_eq(ctl_program.options[k].name, name))
                k++;
            if (k == ctl_program.n_options)
                fail_msg("%s names --%s", commands[i].name, name);
        }
        assert_true(commands[i].help[0] && commands[i].help_zh[0]);
    }
}

static void every_option_is_explained_in_chinese_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < ctl_program.n_options; i++)
        if (options_help_zh(&ctl_program.options[i]) == ctl_program.options[i].help)
            fail_msg("--%s has no Chinese help", ctl_program.options[i].name);
}

static int no_context_file(void **state)
{
    (void)state;
    return setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(behind_two_dashes_everything_is_the_commands),
        cmocka_unit_test(wrong_lines_say_what_is_right),
        cmocka_unit_test(help_needs_no_arguments),
        cmocka_unit_test(every_option_that_a_command_names_is_in_the_table),
        cmocka_unit_test(every_option_is_explained_in_chinese_too),
    };
    return cmocka_run_group_tests(tests, no_context_file, NULL);
}
