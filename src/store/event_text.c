/* Words in events: an index of three letters each, filled behind the inserts and not by them, because it costs as much as all the rest. */
#include <string.h>

#include "base/str.h"
#include "store/event_rows.h"

#define TRIGRAMS_MAX 12    /* of a search: the words are compared in any case, these only find candidates */

int event_text_end(struct db *d, int64_t *n, struct err *e)
{
    struct db_stmt *s = db_prepare(d, "SELECT rowid FROM event_text ORDER BY rowid DESC LIMIT 1", e);
    if (!s)
        return -1;
    int step = db_step(s, e);
    *n = step == DB_ROW ? db_get_int(s, 0) : 0;
    db_done(s);
    return step < 0 ? err_wrap(e, "reading the index of words") : 0;
}

int events_index_text(struct db *d, int limit, struct err *e)
{
    static const char sql[] =
        "INSERT INTO event_text (rowid, words) SELECT e.n, coalesce(json_extract(b.body, '$.message'), '') || char(10) || "
        "coalesce(e.reason, '') || char(10) || coalesce(e.name, '') FROM events e CROSS JOIN event_bodies b ON b.n = e.n "
        "WHERE e.n > ?1 ORDER BY e.n LIMIT ?2";
    int64_t end;
    if (event_text_end(d, &end, e))
        return -1;
    struct db_stmt *s = db_prepare(d, sql, e);
    if (!s)
        return -1;
    db_int(s, 1, end);
    db_int(s, 2, limit);
    return db_run(s, e) ? err_wrap(e, "indexing words") : db_changes(d);
}

void event_text_query(struct buf *out, const char *text)
{
    const char *at[3];            /* beginnings of the last three characters */
    size_t n = 0, left = text ? strlen(text) : 0, given = 0;
    for (size_t step; left > 0 && given < TRIGRAMS_MAX; text += step, left -= step) {
        uint32_t code;
        step = str_utf8_next(text, left, &code);
        at[n++ % 3] = text;
        /* Side by side, and the last one: those between would find nothing more and cost as much. */
        if (n < 3 || (n % 3 != 0 && left > step))
            continue;
        given++;
        buf_str(out, out->size ? " \"" : "\"");
        for (const char *c = at[n % 3]; c < text + step; c++)
            buf_str(out, *c == '"' ? "\"\"" : (char[]){ *c, '\0' });
        buf_char(out, '"');
    }
}
