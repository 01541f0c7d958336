/* One SQLite database of one service: opening, migrating, statements.  The folder src/store is the only place with SQL.
 *
 * A handle belongs to one thread.  WAL, foreign keys on, busy timeout 5 s, synchronous NORMAL (FULL where asked).  Each service has a file of its own
 * (manager.db, orchestrator.db, …), so writers never wait for one another.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct db;
struct db_stmt;

/* Migrations are applied in order, each in a transaction, numbered from 1 (PRAGMA user_version).  A database newer than the program is refused untouched. */
struct db_schema {
    const char *name;                 /* file name without .db                          */
    const char *const *migrations;    /* SQL texts                                      */
    int n_migrations;
    bool full_sync;                   /* synchronous FULL: commits survive power loss   */
    int cache_kib;                    /* pages kept in memory; 0: SQLite's default, 2 MiB */
    int wal_kib;                      /* log that is written back at once; 0: 4 MiB. A page that is written often is written back once for all of it */
};

/* dir NULL: in memory (tests). */
struct db *db_open(const char *dir, const struct db_schema *schema, struct err *e);
void db_close(struct db *d);

int db_begin(struct db *d, struct err *e) MUST_CHECK;       /* IMMEDIATE */
int db_commit(struct db *d, struct err *e) MUST_CHECK;
void db_rollback(struct db *d);                             /* harmless when nothing is open */

/* A cached statement, reset and with cleared bindings; key it by the literal's address.  NULL with *e. */
struct db_stmt *db_prepare(struct db *d, const char *sql, struct err *e);

/* Bind by position from 1.  Strings are copied; NULL binds NULL. */
void db_text(struct db_stmt *s, int at, const char *value);
void db_textn(struct db_stmt *s, int at, const char *value, size_t size);
void db_blob(struct db_stmt *s, int at, const void *value, size_t size);
void db_lend(struct db_stmt *s, int at, const char *value, size_t size);    /* a text that is not copied: it stays until the statement has run */
void db_int(struct db_stmt *s, int at, int64_t value);
void db_real(struct db_stmt *s, int at, double value);
void db_null(struct db_stmt *s, int at);

enum { DB_ROW = 1 };
/* DB_ROW: a row is there; 0: done; -1: *e (ERR_BUSY, ERR_CONFLICT for a constraint, ERR_IO for a full disk ...). */
int db_step(struct db_stmt *s, struct err *e) MUST_CHECK;
int db_run(struct db_stmt *s, struct err *e) MUST_CHECK;    /* steps to the end, resets */
void db_done(struct db_stmt *s);                            /* resets; call when leaving a row loop early */

const char *db_get_text(struct db_stmt *s, int column);     /* NULL for NULL; valid until the next step */
char *db_get_str(struct db_stmt *s, int column, struct arena *a);
int64_t db_get_int(struct db_stmt *s, int column);
double db_get_real(struct db_stmt *s, int column);
const void *db_get_blob(struct db_stmt *s, int column, size_t *size);
bool db_is_null(struct db_stmt *s, int column);
int64_t db_last_id(const struct db *d);
int db_changes(const struct db *d);

/* The SQL of a statement that was prepared on this handle, from 0; NULL behind the last.  For tests of how they are run. */
const char *db_statement(const struct db *d, int at);
