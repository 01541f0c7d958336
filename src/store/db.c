#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

#define STATEMENTS_MAX 128    /* different SQL texts of one service; they are literals, so this is the program's doing */
#define BUSY_MS        5000

struct db_stmt {
    const char *sql;
    sqlite3_stmt *handle;
    struct db *owner;
};

struct db {
    sqlite3 *handle;
    char *path;
    struct db_stmt statements[STATEMENTS_MAX];
    int n_statements;
    bool in_transaction;
};

static enum err_kind kind_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_BUSY;
    case SQLITE_CONSTRAINT: return ERR_CONFLICT;
    case SQLITE_TOOBIG: return ERR_TOO_LARGE;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM: return ERR_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERR_INVALID;
    default: return ERR_INTERNAL;
    }
}

static int fail(const struct db *d, struct err *e, const char *doing)
{
    int code = sqlite3_extended_errcode(d->handle);
    err_set(e, kind_of(code), "%s: %s: %s", d->path, doing, sqlite3_errmsg(d->handle));
    if (e)
        e->sys = code;
    return -1;
}

static int exec(struct db *d, const char *sql, struct err *e)
{
    return sqlite3_exec(d->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(d, e, sql);
}

static int user_version(struct db *d, int *version, struct err *e)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(d->handle, "PRAGMA user_version", -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW) {
        sqlite3_finalize(s);
        return fail(d, e, "reading the schema's version");
    }
    *version = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return 0;
}

static int migrate(struct db *d, const struct db_schema *schema, struct err *e)
{
    int version;
    if (user_version(d, &version, e))
        return -1;
    if (version > schema->n_migrations)
        return err_set(e, ERR_CONFLICT, "%s has schema version %d, this program knows %d: it was written by a newer release; run that one, or another --data-dir",
                       d->path, version, schema->n_migrations);
    for (; version < schema->n_migrations; version++) {
        AUTO_FREE char *mark = str_printf("PRAGMA user_version = %d", version + 1);
        if (db_begin(d, e))
            return -1;
        if (exec(d, schema->migrations[version], e) || exec(d, mark, e) || db_commit(d, e)) {
            db_rollback(d);
            return err_wrap(e, "migration %d", version + 1);
        }
    }
    return 0;
}

static int open_file(struct db *d, const char *dir, const struct db_schema *schema, struct err *e)
{
    if (dir && mkdir(dir, 0700) && errno != EEXIST)
        return err_sys(e, errno, "making the data directory %s", dir);
    d->path = dir ? str_printf("%s/%s.db", dir, schema->name) : str_dup(":memory:");
    if (sqlite3_open_v2(d->path, &d->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return fail(d, e, "opening");
    sqlite3_extended_result_codes(d->handle, 1);
    sqlite3_busy_timeout(d->handle, BUSY_MS);
    if (exec(d, "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864", e))
        return -1;
    int cache_kib = schema->cache_kib ? schema->cache_kib : 2000, wal_kib = schema->wal_kib ? schema->wal_kib : 4000;
    AUTO_FREE char *sizes = str_printf("PRAGMA cache_size = -%d; PRAGMA wal_autocheckpoint = %d", cache_kib, wal_kib / 4);    /* in pages of 4 KiB */
    if (exec(d, sizes, e))
        return -1;
    return exec(d, schema->full_sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", e);
}

struct db *db_open(const char *dir, const struct db_schema *schema, struct err *e)
{
    assert(schema->n_migrations > 0);
    struct db *d = mem_alloc(sizeof *d);
    *d = (struct db){ 0 };
    if (open_file(d, dir, schema, e) || migrate(d, schema, e)) {
        db_close(d);
        return NULL;
    }
    return d;
}

void db_close(struct db *d)
{
    if (!d)
        return;
    for (int i = 0; i < d->n_statements; i++)
        sqlite3_finalize(d->statements[i].handle);
    int closed = sqlite3_close(d->handle);
    assert(closed == SQLITE_OK);
    free(d->path);
    free(d);
}

int db_begin(struct db *d, struct err *e)
{
    assert(!d->in_transaction);
    if (exec(d, "BEGIN IMMEDIATE", e))
        return -1;
    d->in_transaction = true;
    return 0;
}

int db_commit(struct db *d, struct err *e)
{
    assert(d->in_transaction);
    if (exec(d, "COMMIT", e))
        return -1;
    d->in_transaction = false;
    return 0;
}

void db_rollback(struct db *d)
{
    if (!d->in_transaction)
        return;
    /* A full disk may have rolled back by itself; then there is nothing to undo and the error says only that. */
    if (!sqlite3_get_autocommit(d->handle))
        (void)exec(d, "ROLLBACK", NULL);
    d->in_transaction = false;
}

struct db_stmt *db_prepare(struct db *d, const char *sql, struct err *e)
{
    for (int i = 0; i < d->n_statements; i++) {
        struct db_stmt *s = &d->statements[i];
        if (s->sql == sql) {
            sqlite3_reset(s->handle);
            sqlite3_clear_bindings(s->handle);
            return s;
        }
    }
    assert(d->n_statements < STATEMENTS_MAX);
    struct db_stmt *s = &d->statements[d->n_statements];
    if (sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, NULL) != SQLITE_OK) {
        fail(d, e, "preparing a statement");
        return NULL;
    }
    s->sql = sql;
    s->owner = d;
    d->n_statements++;
    return s;
}

/* Binding fails only for a position that the SQL does not have or a text beyond a gigabyte: a programmer's mistake either way. */
static void bound(int result)
{
    assert(result == SQLITE_OK);
}

void db_text(struct db_stmt *s, int at, const char *value)
{
    bound(value ? sqlite3_bind_text(s->handle, at, value, -1, SQLITE_TRANSIENT) : sqlite3_bind_null(s->handle, at));
}

void db_textn(struct db_stmt *s, int at, const char *value, size_t size)
{
    bound(value ? sqlite3_bind_text64(s->handle, at, value, size, SQLITE_TRANSIENT, SQLITE_UTF8) : sqlite3_bind_null(s->handle, at));
}

void db_lend(struct db_stmt *s, int at, const char *value, size_t size)
{
    bound(value ? sqlite3_bind_text64(s->handle, at, value, size, SQLITE_STATIC, SQLITE_UTF8) : sqlite3_bind_null(s->handle, at));
}

void db_blob(struct db_stmt *s, int at, const void *value, size_t size)
{
    bound(value ? sqlite3_bind_blob64(s->handle, at, value, size, SQLITE_TRANSIENT) : sqlite3_bind_null(s->handle, at));
}

void db_int(struct db_stmt *s, int at, int64_t value)
{
    bound(sqlite3_bind_int64(s->handle, at, value));
}

void db_real(struct db_stmt *s, int at, double value)
{
    bound(sqlite3_bind_double(s->handle, at, value));
}

void db_null(struct db_stmt *s, int at)
{
    bound(sqlite3_bind_null(s->handle, at));
}

int db_step(struct db_stmt *s, struct err *e)
{
    int code = sqlite3_step(s->handle);
    if (code == SQLITE_ROW)
        return DB_ROW;
    if (code == SQLITE_DONE) {
        sqlite3_reset(s->handle);
        return 0;
    }
    fail(s->owner, e, "running a statement");
    sqlite3_reset(s->handle);
    return -1;
}

int db_run(struct db_stmt *s, struct err *e)
{
    int step;
    do
        step = db_step(s, e);
    while (step == DB_ROW);
    return step;
}

void db_done(struct db_stmt *s)
{
    sqlite3_reset(s->handle);
}

const char *db_get_text(struct db_stmt *s, int column)
{
    return (const char *)sqlite3_column_text(s->handle, column);
}

char *db_get_str(struct db_stmt *s, int column, struct arena *a)
{
    return arena_strdup(a, db_get_text(s, column));
}

int64_t db_get_int(struct db_stmt *s, int column)
{
    return sqlite3_column_int64(s->handle, column);
}

double db_get_real(struct db_stmt *s, int column)
{
    return sqlite3_column_double(s->handle, column);
}

const void *db_get_blob(struct db_stmt *s, int column, size_t *size)
{
    const void *data = sqlite3_column_blob(s->handle, column);
    *size = (size_t)sqlite3_column_bytes(s->handle, column);
    return data;
}

bool db_is_null(struct db_stmt *s, int column)
{
    return sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}

int64_t db_last_id(const struct db *d)
{
    return sqlite3_last_insert_rowid(d->handle);
}

int db_changes(const struct db *d)
{
    return sqlite3_changes(d->handle);
}

const char *db_statement(const struct db *d, int at)
{
    return at < d->n_statements ? d->statements[at].sql : NULL;
}
