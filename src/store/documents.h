/* Knowledge's table: catalogue entries and past incidents, with full text in both languages.  One writer: knowledge. */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "store/db.h"

extern const struct db_schema knowledge_schema;

struct document {
    const char *id, *code, *family, *source;      /* source: catalogue, incident                     */
    const char *title, *title_zh, *text, *text_zh;    /* text: Markdown                              */
    int64_t updated_at;
    double score;                                 /* of a search; larger is better                   */
};

/* Inserts or replaces, and indexes. */
int documents_put(struct db *d, const struct document *doc, struct err *e) MUST_CHECK;
int documents_get(struct db *d, const char *id, struct arena *a, struct document *out, struct err *e) MUST_CHECK;    /* 1: none */

/* Best first.  An empty query lists by id. */
int documents_search(struct db *d, const char *query, int limit, struct arena *a, struct document **out, size_t *count, struct err *e) MUST_CHECK;
int documents_delete_source(struct db *d, const char *source, struct err *e) MUST_CHECK;

/* What is indexed and searched: words in lower case, and overlapping pairs of Chinese characters (one alone stays alone), with blanks between.  FTS5's own
 * tokenizers find nothing inside a run of Chinese. */
void documents_tokens(struct buf *out, const char *text);

/* A search as FTS5 wants it: each token quoted, any of them may match.  Empty when nothing can be searched. */
void documents_query(struct buf *out, const char *query);
