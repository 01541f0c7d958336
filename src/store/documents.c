#include "store/documents.h"

#include <ctype.h>
#include <string.h>

static const char *const migrations[] = {
    "CREATE TABLE documents (rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, code TEXT, family TEXT, source TEXT NOT NULL, title TEXT NOT NULL, title_zh TEXT NOT NULL,"
    " text TEXT NOT NULL, text_zh TEXT NOT NULL, updated_at INTEGER NOT NULL);"
    "CREATE INDEX documents_by_source ON documents (source);"
    "CREATE VIRTUAL TABLE documents_text USING fts5 (title, body, content = '', contentless_delete = 1, tokenize = \"unicode61 remove_diacritics 0 tokenchars '-_.'\");",
};

const struct db_schema knowledge_schema = { .name = "knowledge", .migrations = migrations, .n_migrations = COUNT(migrations) };

#define TOKENS_MAX 64    /* of a query */

/* CJK unified ideographs and their extension A: where words have no blanks. */
static bool is_ideograph(uint32_t c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf);
}

/* Length of the UTF-8 character at s (which is valid UTF-8), and its code point. */
static size_t character(const char *s, uint32_t *c)
{
    unsigned char b = (unsigned char)s[0];
    size_t n = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
    *c = b < 0x80 ? b : b & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (!s[i])
            return i;
        *c = *c << 6 | ((unsigned char)s[i] & 0x3f);
    }
    return n;
}

static void add_run(struct buf *out, const char *run, size_t size)
{
    if (size == 3)
        buf_add(out, run, 3);
    for (size_t i = 0; i + 6 <= size; i += 3) {    /* the ideographs above are three bytes each */
        buf_add(out, run + i, 6);
        buf_char(out, ' ');
    }
    buf_char(out, ' ');
}

void documents_tokens(struct buf *out, const char *text)
{
    for (const char *at = text; *at;) {
        uint32_t c;
        size_t n = character(at, &c);
        if (is_ideograph(c)) {
            const char *run = at;
            while (*at && (n = character(at, &c), is_ideograph(c)))
                at += n;
            buf_char(out, ' ');
            add_run(out, run, (size_t)(at - run));
            continue;
        }
        if (c < 0x80)
            buf_char(out, isalnum((int)c) || strchr("-_.", (int)c) ? (char)tolower((int)c) : ' ');
        else
            buf_add(out, at, n);
        at += n;
    }
}

void documents_query(struct buf *out, const char *query)
{
    AUTO_BUF struct buf tokens = { .limit = 4096 };
    documents_tokens(&tokens, query);
    int count = 0;
    for (const char *at = buf_text(&tokens); *at && count < TOKENS_MAX;) {
        at += strspn(at, " ");
        size_t n = strcspn(at, " ");
        bool searchable = false;    /* a token of dots and dashes alone would be no token to FTS5 */
        for (size_t i = 0; i < n; i++)
            searchable |= isalnum((unsigned char)at[i]) || (unsigned char)at[i] >= 0x80;
        if (searchable) {
            buf_printf(out, "%s\"%.*s\"", count++ ? " OR " : "", (int)n, at);
            if (n < 64)
                buf_char(out, '*');
        }
        at += n;
    }
}

static int run_rowid(struct db *d, const char *sql, int64_t rowid, struct err *e)
{
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, rowid);
    return db_run(s, e);
}

static int find_rowid(struct db *d, const char *id, int64_t *rowid, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT rowid FROM documents WHERE id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, id);
    int step = db_step(s, e);
    *rowid = step == DB_ROW ? db_get_int(s, 0) : 0;
    db_done(s);
    return step < 0 ? -1 : 0;
}

static int index_document(struct db *d, int64_t rowid, const struct document *doc, struct err *e)
{
    AUTO_BUF struct buf title = { .limit = 8192 }, body = { .limit = 1 << 20 };
    documents_tokens(&title, doc->title);
    buf_char(&title, ' ');
    documents_tokens(&title, doc->title_zh);
    buf_char(&title, ' ');
    documents_tokens(&title, str_or_empty(doc->code));
    documents_tokens(&body, doc->text);
    buf_char(&body, ' ');
    documents_tokens(&body, doc->text_zh);
    struct db_stmt *s = db_prepare(d, "INSERT INTO documents_text (rowid, title, body) VALUES (?1, ?2, ?3)", e);
    if (!s)
        return -1;
    db_int(s, 1, rowid);
    db_text(s, 2, buf_text(&title));
    db_text(s, 3, buf_text(&body));
    return db_run(s, e);
}

int documents_put(struct db *d, const struct document *doc, struct err *e)
{
    int64_t rowid;
    if (find_rowid(d, doc->id, &rowid, e))
        return -1;
    if (rowid && (run_rowid(d, "DELETE FROM documents_text WHERE rowid = ?1", rowid, e) || run_rowid(d, "DELETE FROM documents WHERE rowid = ?1", rowid, e)))
        return -1;
    struct db_stmt *s = db_prepare(d, "INSERT INTO documents (id, code, family, source, title, title_zh, text, text_zh, updated_at) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)", e);
    if (!s)
        return -1;
    const char *texts[] = { doc->id, doc->code, doc->family, doc->source, doc->title, doc->title_zh, doc->text, doc->text_zh };
    for (size_t i = 0; i < COUNT(texts); i++)
        db_text(s, (int)i + 1, texts[i]);
    db_int(s, 9, doc->updated_at);
    return db_run(s, e) ? -1 : index_document(d, db_last_id(d), doc, e);
}

#define DOCUMENT_COLUMNS "d.id, d.code, d.family, d.source, d.title, d.title_zh, d.text, d.text_zh, d.updated_at"

static void read_document(struct db_stmt *s, struct arena *a, struct document *out)
{
    const char **texts[] = { &out->id, &out->code, &out->family, &out->source, &out->title, &out->title_zh, &out->text, &out->text_zh };
    for (size_t i = 0; i < COUNT(texts); i++)
        *texts[i] = db_get_str(s, (int)i, a);
    out->updated_at = db_get_int(s, 8);
    out->score = db_get_real(s, 9);
}

int documents_get(struct db *d, const char *id, struct arena *a, struct document *out, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT " DOCUMENT_COLUMNS ", 0.0 FROM documents d WHERE d.id = ?1", e);
    if (!s)
        return -1;
    db_text(s, 1, id);
    int step = db_step(s, e);
    if (step == DB_ROW)
        read_document(s, a, out);
    db_done(s);
    return step < 0 ? -1 : step == DB_ROW ? 0 : 1;
}

int documents_search(struct db *d, const char *query, int limit, struct arena *a, struct document **out, size_t *count, struct err *e)
{
    AUTO_BUF struct buf match = { 0 };
    documents_query(&match, query);
    /* A word in the title counts ten times; the catalogue stands before past incidents of the same worth. */
    struct db_stmt *s = match.size ? db_prepare(d, "SELECT " DOCUMENT_COLUMNS ", -bm25(documents_text, 10.0, 1.0) FROM documents_text t JOIN documents d ON d.rowid = t.rowid"
                                                   " WHERE documents_text MATCH ?1 ORDER BY bm25(documents_text, 10.0, 1.0), d.source, d.id LIMIT ?2", e)
                                   : db_prepare(d, "SELECT " DOCUMENT_COLUMNS ", 0.0 FROM documents d WHERE ?1 = '' ORDER BY d.source, d.id LIMIT ?2", e);
    if (!s)
        return -1;
    db_text(s, 1, match.size || query[0] == '\0' ? buf_text(&match) : "nothing can be searched");
    db_int(s, 2, limit);
    *out = ARENA_ARRAY(a, struct document, (size_t)limit);
    *count = 0;
    int step;
    while ((step = db_step(s, e)) == DB_ROW)
        read_document(s, a, &(*out)[(*count)++]);
    return step;
}

int documents_delete_source(struct db *d, const char *source, struct err *e)
{
    static const char *const sql[] = { "DELETE FROM documents_text WHERE rowid IN (SELECT rowid FROM documents WHERE source = ?1)", "DELETE FROM documents WHERE source = ?1" };
    for (size_t i = 0; i < COUNT(sql); i++) {
        struct db_stmt *s = db_prepare(d, sql[i], e);
        if (!s)
            return -1;
        db_text(s, 1, source);
        if (db_run(s, e))
            return -1;
    }
    return 0;
}
