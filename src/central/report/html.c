#include "central/report/html.h"

#include <md4c-html.h>

static const char style[] =
    "body{font:15px/1.55 system-ui,'Noto Sans','Noto Sans CJK SC',sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}"
    "h1{font-size:1.4rem;line-height:1.3}h2{font-size:1.1rem;margin-top:1.8rem;border-bottom:1px solid #d5dbe3;padding-bottom:.2rem}h3{font-size:1rem}"
    "code{font:13px/1.4 ui-monospace,'Noto Sans Mono',monospace;background:#f1f4f8;padding:.1em .3em;border-radius:3px;overflow-wrap:anywhere}"
    "table{border-collapse:collapse}th{display:none}td{border:1px solid #d5dbe3;padding:.25rem .6rem}td:first-child{color:#5a6678}"
    "@media(prefers-color-scheme:dark){body{color:#dbe2ea;background:#12171e}code{background:#1d2530}h2,td{border-color:#303b49}td:first-child{color:#93a1b3}}";

static void add(const MD_CHAR *text, MD_SIZE size, void *out)
{
    buf_add(out, text, size);
}

int html_page(struct buf *out, const char *title, const struct buf *markdown, bool chinese, struct err *e)
{
    buf_printf(out, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>", chinese ? "zh-CN" : "en");
    str_html(out, title);
    buf_printf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n", style);
    if (md_html(buf_text(markdown), (MD_SIZE)markdown->size, add, out, MD_FLAG_TABLES | MD_FLAG_NOHTML, 0))
        return err_set(e, ERR_INTERNAL, "the report's Markdown cannot be turned into HTML");
    buf_str(out, "</body>\n</html>\n");
    return 0;
}
