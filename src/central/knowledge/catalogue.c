#include "central/knowledge/catalogue.h"

#include "base/crypt.h"

static const char *pick(const struct catalog_text *text, bool chinese)
{
    return chinese ? text->zh : text->en;
}

static void list(struct buf *out, const char *heading, const struct catalog_text *items, bool chinese)
{
    if (!items || !items[0].en)
        return;
    buf_printf(out, "\n## %s\n\n", heading);
    for (; items->en; items++)
        buf_printf(out, "- %s\n", pick(items, chinese));
}

void catalogue_page(struct buf *out, const struct catalog_code *code, bool chinese)
{
    const struct catalog_knowledge *k = &code->knowledge;
    buf_printf(out, "# %s\n\n`%s`\n\n%s\n", pick(&code->title, chinese), code->code, pick(&k->meaning, chinese));
    list(out, chinese ? "信号" : "Signal", k->signal, chinese);
    list(out, chinese ? "检查" : "Checks", k->checks, chinese);
    list(out, chinese ? "处理" : "Fix", k->fix, chinese);
    list(out, chinese ? "预防" : "Prevention", k->prevention, chinese);
    if (k->links && k->links[0]) {
        buf_printf(out, "\n## %s\n\n", chinese ? "链接" : "Links");
        for (const char *const *link = k->links; *link; link++)
            buf_printf(out, "- <%s>\n", *link);
    }
    if (k->reviewed)
        buf_printf(out, "\n%s %s\n", chinese ? "审阅日期" : "Reviewed", k->reviewed);
}

void catalogue_digest(char out[65])
{
    AUTO_BUF struct buf all = { 0 };
    for (size_t i = 0; i < catalog_codes_count; i++) {
        catalogue_page(&all, &catalog_codes[i], false);
        catalogue_page(&all, &catalog_codes[i], true);
    }
    uint8_t digest[CRYPT_SHA256_SIZE];
    crypt_sha256(buf_text(&all), all.size, digest);
    crypt_hex(digest, sizeof digest, out);
}
