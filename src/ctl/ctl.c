#include "ctl/ctl.h"

const char *ctl_text(const struct ctl *c, const json *object, const char *name)
{
    AUTO_FREE char *chinese = str_printf("%s_zh", name);
    const char *zh = json_get_str(object, chinese);
    return c->zh && zh && zh[0] ? zh : str_or_empty(json_get_str(object, name));
}

int ctl_fail(const struct ctl *c, const struct err *e)
{
    (void)fflush(c->out);    /* so that the order on the screen is the order of happening */
    fprintf(stderr, "aetherctl: %s\n", e->text);
    if (e->kind == ERR_UNAVAILABLE && !c->options.kubeconfig[0])
        fprintf(stderr, "%s\n", tr(c, "  is central running there? another address: --server URL, or \"server: URL\" in ~/.config/aetherius/config",
                                   "  central 是否在该地址运行？换一个地址：--server URL，或在 ~/.config/aetherius/config 中写 \"server: URL\""));
    return EXIT_FAILED;
}
