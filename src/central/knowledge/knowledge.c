/* What is known of each cause: the catalogue's pages and past incidents, searched in both languages. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "central/knowledge/catalogue.h"
#include "central/page.h"
#include "central/service.h"
#include "store/documents.h"

#define STAMP_ID      "_catalogue"    /* a document whose text is the digest of what was indexed */
#define SNIPPET_SIZE  600
#define FOUND_MAX     500    /* entries that a search looks at, over all its pages */

struct knowledge {
    struct db *db;
};

/* ---- filling ------------------------------------------------------------------------------------------------ */

static int put_code(struct db *db, const struct catalog_code *code, int64_t now, struct err *e)
{
    AUTO_BUF struct buf en = { 0 }, zh = { 0 };
    catalogue_page(&en, code, false);
    catalogue_page(&zh, code, true);
    struct document doc = { .id = code->code, .code = code->code, .family = code->family, .source = "catalogue", .title = code->title.en, .title_zh = code->title.zh,
                            .text = buf_text(&en), .text_zh = buf_text(&zh), .updated_at = now };
    return documents_put(db, &doc, e);
}

static int put_all(struct db *db, const char *digest, struct err *e)
{
    int64_t now = clock_wall_ms();
    if (documents_delete_source(db, "catalogue", e))
        return -1;
    for (size_t i = 0; i < catalog_codes_count; i++)
        if (put_code(db, &catalog_codes[i], now, e))
            return err_wrap(e, "%s", catalog_codes[i].code);
    struct document stamp = { .id = STAMP_ID, .source = "stamp", .title = "", .title_zh = "", .text = digest, .text_zh = "", .updated_at = now };
    return documents_put(db, &stamp, e);
}

static int fill(struct service_context *c, struct db *db, struct err *e)
{
    char digest[65];
    struct document stamp;
    catalogue_digest(digest);
    int found = documents_get(db, STAMP_ID, c->arena, &stamp, e);
    if (found < 0)
        return -1;
    if (found == 0 && str_eq(stamp.text, digest))
        return 0;
    if (db_begin(db, e))
        return -1;
    if (put_all(db, digest, e) || db_commit(db, e)) {
        db_rollback(db);
        return -1;
    }
    log_info("catalogue indexed", "entries=%zu", catalog_codes_count);
    return 0;
}

/* A closed incident becomes a past case: what it was, and how long it lasted. */
static void on_closed(struct service_context *c, const struct bus_message *m, json *payload)
{
    (void)m;
    struct knowledge *k = c->state;
    struct err e;
    json *incident = json_get(payload, "incident");
    const char *id = json_get_str(incident, "id"), *title = json_get_str(incident, "title");
    if (!id || !title)
        return;
    AUTO_BUF struct buf text = { .limit = 64 << 10 };
    buf_printf(&text, "# %s\n\n`%s` %s\n", title, str_or_empty(json_get_str(incident, "code")), str_or_empty(json_get_str(incident, "object")));
    for (struct json_iter i = json_iter(json_get(incident, "timeline")); json_next(&i);)
        buf_printf(&text, "- %s %s\n", str_or_empty(json_get_str(i.value, "at")), str_or_empty(json_get_str(i.value, "text")));
    struct document doc = { .id = id, .code = json_get_str(incident, "code"), .family = json_get_str(incident, "family"), .source = "incident", .title = title,
                            .title_zh = json_get_str(incident, "title_zh") ? json_get_str(incident, "title_zh") : title, .text = buf_text(&text), .text_zh = "", .updated_at = clock_wall_ms() };
    if (db_begin(k->db, &e) == 0 && documents_put(k->db, &doc, &e) == 0 && db_commit(k->db, &e) == 0)
        return;
    db_rollback(k->db);
    c->errors++;
    log_error("past incident not kept", "incident=%s why=\"%s\"", id, e.text);
}

/* ---- asking ------------------------------------------------------------------------------------------------- */

enum extent { WHOLE, SNIPPET_EN, SNIPPET_ZH };

static void show(struct json_w *w, const char *key, const struct document *d, enum extent extent)
{
    json_w_object(w, key);
    json_w_str(w, "id", d->id);
    json_w_str(w, "code", d->code);
    json_w_str(w, "family", d->family);
    json_w_str(w, "source", d->source);
    json_w_str(w, "title", d->title);
    json_w_str(w, "title_zh", d->title_zh);
    json_w_real(w, "score", d->score);
    if (extent == WHOLE) {
        json_w_str(w, "text", d->text);
        json_w_str(w, "text_zh", d->text_zh);
    } else {
        const char *text = extent == SNIPPET_ZH && d->text_zh[0] ? d->text_zh : d->text;
        json_w_strn(w, "snippet", text, str_utf8_cut(text, strlen(text), SNIPPET_SIZE));
    }
    json_w_end(w);
}

static void search(struct service_context *c, const struct bus_message *m, json *params)
{
    struct knowledge *k = c->state;
    struct err e;
    struct document *found;
    size_t n;
    int limit;
    int64_t from;
    bool chinese = str_starts(str_or_empty(json_get_str(params, "lang")), "zh");
    if (page_from_row(params, &limit, &from, &e)) {
        service_answer_problem(c, m, 400, "%s", e.text);
        return;
    }
    /* Two more than are shown: the stamp is no entry, and another tells that there is a next page. */
    int64_t most = from > FOUND_MAX ? 1 : from + limit + 2 < FOUND_MAX ? from + limit + 2 : FOUND_MAX;
    if (documents_search(k->db, str_or_empty(json_get_str(params, "q")), (int)most, c->arena, &found, &n, &e)) {
        c->errors++;
        service_answer_problem(c, m, 500, "%s", e.text);
        return;
    }
    AUTO_JSON_W struct json_w *w = json_w_new();
    page_begin(w);
    size_t i = from < (int64_t)n ? (size_t)from : n;    /* the answer's order is the same as long as nothing new is learnt */
    for (int shown = 0; i < n && shown < limit; i++) {
        if (str_eq(found[i].source, "stamp"))
            continue;
        show(w, NULL, &found[i], chinese ? SNIPPET_ZH : SNIPPET_EN);
        shown++;
    }
    page_end_at_row(w, i < n ? (int64_t)i : 0);
    service_answer(c, m, 200, w);
}

static void entry(struct service_context *c, const struct bus_message *m, const char *id)
{
    struct knowledge *k = c->state;
    struct err e;
    struct document d;
    int found = documents_get(k->db, id, c->arena, &d, &e);
    if (found < 0) {
        c->errors++;
        service_answer_problem(c, m, 500, "%s", e.text);
    } else if (found == 1 || str_eq(d.source, "stamp")) {
        service_answer_problem(c, m, 404, "the knowledge base has no entry %.64s", id);
    } else {
        AUTO_JSON_W struct json_w *w = json_w_new();
        show(w, NULL, &d, WHOLE);
        service_answer(c, m, 200, w);
    }
}

static void on_query(struct service_context *c, const struct bus_message *m, json *payload)
{
    const char *what = str_or_empty(json_get_str(payload, "what"));
    if (str_eq(what, "entry"))
        entry(c, m, str_or_empty(json_get_str(payload, "id")));
    else
        search(c, m, json_get(payload, "params"));
}

static int open_service(struct service_context *c, struct err *e)
{
    struct db *db = db_open(c->options->data_dir, &knowledge_schema, e);
    if (!db)
        return -1;
    if (fill(c, db, e)) {
        db_close(db);
        return -1;
    }
    struct knowledge *k = mem_alloc(sizeof *k);
    *k = (struct knowledge){ .db = db };
    c->state = k;
    return 0;
}

static void close_service(struct service_context *c)
{
    struct knowledge *k = c->state;
    db_close(k->db);
    free(k);
}

static const struct service_subject subjects[] = {
    { "knowledge.query", "knowledge", on_query },
    { "incident.closed", "knowledge", on_closed },
};

const struct service knowledge_service = {
    .name = "knowledge", .subjects = subjects, .n_subjects = COUNT(subjects), .open = open_service, .close = close_service,
};
