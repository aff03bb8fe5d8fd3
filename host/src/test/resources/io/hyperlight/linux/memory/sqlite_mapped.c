/* A database that grows and shrinks while SQLite reads it through a mapping. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static int row(void *name, int count, char **values, char **columns)
{
    for (int i = 0; i < count; i++) {
        printf("%s %s=%s\n", (char *)name, columns[i], values[i] ? values[i] : "NULL");
    }
    return 0;
}

static void sql(sqlite3 *database, const char *name, const char *text)
{
    char *error = NULL;
    if (sqlite3_exec(database, text, row, (void *)name, &error) != SQLITE_OK) {
        printf("%s error: %s\n", name, error);
    }
    sqlite3_free(error);
}

static sqlite3 *open_database(const char *path, const char *name, const char *mapped)
{
    sqlite3 *database;
    if (sqlite3_open(path, &database) != SQLITE_OK) {
        printf("cannot open: %s\n", sqlite3_errmsg(database));
        exit(1);
    }
    sql(database, name, mapped);
    return database;
}

int main(int argc, char **argv)
{
    sqlite3 *mapped = open_database(argv[1], "mapped", "PRAGMA mmap_size = 50000000; PRAGMA cache_size = 20");
    sql(mapped, "mapped", "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT, blob BLOB); CREATE INDEX by_word ON t (word)");
    for (int round = 0; round < 12; round++) {
        char text[600];
        snprintf(text, sizeof text,
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)"
                 " INSERT INTO t (word, blob) SELECT 'w' || (i * 7919 + %d) %% 1009, zeroblob(i * 8) FROM n;"
                 "UPDATE t SET blob = zeroblob(length(blob) + 100) WHERE id %% 7 = %d;"
                 "DELETE FROM t WHERE id %% 11 = %d", round, round % 7, round % 11);
        sql(mapped, "mapped", text);
        sql(mapped, "mapped", "SELECT count(*) AS n, sum(length(blob)) AS bytes, max(word) AS last FROM t");
        sql(mapped, "mapped", "PRAGMA integrity_check");
        sqlite3 *plain = open_database(argv[1], "plain", "PRAGMA mmap_size = 0");
        sql(plain, "plain", "SELECT count(*) AS n, total(length(word)) AS letters FROM t");
        sql(plain, "plain", "PRAGMA integrity_check");
        if (round == 5) {
            sql(plain, "plain", "DELETE FROM t WHERE id > 300; VACUUM");
            sql(mapped, "mapped", "SELECT count(*) AS left FROM t");
        }
        if (round == 8) {
            sql(mapped, "mapped", "PRAGMA journal_mode = TRUNCATE");
            sql(mapped, "mapped", "BEGIN; UPDATE t SET word = 'x'; ROLLBACK; SELECT count(*) AS x FROM t WHERE word = 'x'");
        }
        sqlite3_close(plain);
    }
    sqlite3_close(mapped);
    return 0;
}
