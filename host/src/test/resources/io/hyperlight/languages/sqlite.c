/* For Libraries. */

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sqlite3 *database;
static char *answer;
static size_t answer_size;

static void append(const char *text)
{
    size_t size = strlen(text);
    answer = realloc(answer, answer_size + size + 1);
    if (answer == NULL) {
        abort();
    }
    memcpy(answer + answer_size, text, size + 1);
    answer_size += size;
}

static int add_row(void *context, int columns, char **values, char **names)
{
    (void)context;
    for (int i = 0; i < columns; i++) {
        append(names[i]);
        append("=");
        append(values[i] == NULL ? "NULL" : values[i]);
        append(i == columns - 1 ? "\n" : ", ");
    }
    return 0;
}

/* The rows, or the error. */
static const char *answer_to(const char *sql)
{
    char *error = NULL;
    answer_size = 0;
    append("");
    if (database == NULL && sqlite3_open(":memory:", &database) != SQLITE_OK) {
        append("no database");
    } else if (sqlite3_exec(database, sql, add_row, NULL, &error) != SQLITE_OK) {
        append("error: ");
        append(error);
        sqlite3_free(error);
    }
    return answer;
}
