package io.hyperlight.languages;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.LibraryProgram;
import java.util.List;

/** Programs around libraries as distributions have them, none of which was made for a guest. */
final class Libraries {
  /**
   * One stream that is compressed piece by piece, and decompression of all at once. The native
   * program prints each of the files in hexadecimal, compressed with each of the levels in its
   * first argument.
   */
  static final LibraryProgram ZLIB =
      new LibraryProgram(
          """
          #include <stdio.h>
          #include <stdlib.h>
          #include <string.h>
          #include <zlib.h>

          static unsigned char *out;
          static size_t out_size;
          static size_t out_room;
          static z_stream deflating;

          /* Appends what comes out. */
          static int pump(z_stream *stream, int (*step)(z_stream *, int), const void *data, size_t size, int flush)
          {
              int status;
              stream->next_in = (unsigned char *)data;
              stream->avail_in = (uInt)size;
              do {
                  if (out_size == out_room) {
                      out_room = out_room == 0 ? 10000 : 2 * out_room;
                      out = realloc(out, out_room);
                      if (out == NULL) {
                          abort();
                      }
                  }
                  stream->next_out = out + out_size;
                  stream->avail_out = (uInt)(out_room - out_size);
                  status = step(stream, flush);
                  out_size = (size_t)(stream->next_out - out);
              } while (status == Z_OK && stream->avail_out == 0);
              return status;
          }

          static int start_deflating(int level)
          {
              out_size = 0;
              memset(&deflating, 0, sizeof deflating);
              return deflateInit(&deflating, level);
          }

          static int deflate_piece(const void *data, size_t size)
          {
              return pump(&deflating, deflate, data, size, Z_NO_FLUSH);
          }

          static int finish_deflating(void)
          {
              int status = pump(&deflating, deflate, NULL, 0, Z_FINISH);
              int end = deflateEnd(&deflating);
              return status == Z_STREAM_END ? end : Z_BUF_ERROR;
          }

          static int inflate_all(const void *data, size_t size)
          {
              z_stream inflating = {0};
              out_size = 0;
              inflateInit(&inflating);
              int status = pump(&inflating, inflate, data, size, Z_NO_FLUSH);
              inflateEnd(&inflating);
              return status;
          }
          """,
          """

          HL_EXPORT(int, start, int)
          int start(int level) { return start_deflating(level); }

          HL_EXPORT(int, feed, hl_bytes)
          int feed(hl_bytes bytes) { return deflate_piece(bytes.data, bytes.size); }

          HL_EXPORT(hl_bytes, finish)
          hl_bytes finish(void)
          {
              if (finish_deflating() != Z_OK) {
                  hl_error(HL_STR("not a stream"));
              }
              return (hl_bytes){out, out_size};
          }

          HL_EXPORT(hl_bytes, decompress, hl_bytes)
          hl_bytes decompress(hl_bytes bytes)
          {
              int status = inflate_all(bytes.data, bytes.size);
              if (status != Z_STREAM_END) {
                  hl_error(hl_from_cstring(zError(status)));
              }
              return (hl_bytes){out, out_size};
          }

          HL_EXPORT(uint32_t, checksum, hl_bytes)
          uint32_t checksum(hl_bytes bytes) { return (uint32_t)crc32(0, bytes.data, (uInt)bytes.size); }
          """,
          """

          static char contents[16 << 20];

          int main(int argc, char **argv)
          {
              for (int i = 2; i < argc; i++) {
                  FILE *file = fopen(argv[i], "rb");
                  if (file == NULL) {
                      return 1;
                  }
                  size_t size = fread(contents, 1, sizeof contents, file);
                  fclose(file);
                  for (const char *level = argv[1]; *level != 0; level++) {
                      start_deflating(*level - '0');
                      deflate_piece(contents, size);
                      if (finish_deflating() != Z_OK) {
                          return 2;
                      }
                      for (size_t j = 0; j < out_size; j++) {
                          printf("%02x", out[j]);
                      }
                      printf("\\n");
                  }
              }
              return 0;
          }
          """,
          List.of("-lz"));

  /**
   * A database in memory. The native program executes the statements in a file, one in each line.
   */
  static final LibraryProgram SQLITE =
      new LibraryProgram(
          """
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
                  append(i == columns - 1 ? "\\n" : ", ");
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
          """,
          """

          HL_EXPORT(hl_string, query, hl_string)
          hl_string query(hl_string sql) { return hl_from_cstring(answer_to(sql.data)); }
          """,
          """

          int main(int argc, char **argv)
          {
              static char line[100000];
              FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
              if (file == NULL) {
                  return 1;
              }
              while (fgets(line, sizeof line, file) != NULL) {
                  printf("%s\\n", answer_to(line));
              }
              return 0;
          }
          """,
          List.of("-lsqlite3", "-lm"));

  /** One Lua state with all of its libraries. The native program runs each of its arguments. */
  static final LibraryProgram LUA =
      new LibraryProgram(
          """
          #include <lua5.4/lua.h>
          #include <lua5.4/lauxlib.h>
          #include <lua5.4/lualib.h>
          #include <stdio.h>

          static lua_State *state;

          /* What a script returns, or its error. */
          static const char *results_of(const char *script)
          {
              if (state == NULL) {
                  state = luaL_newstate();
                  luaL_openlibs(state);
              }
              lua_settop(state, 0);
              if (luaL_loadstring(state, script) != LUA_OK || lua_pcall(state, 0, LUA_MULTRET, 0) != LUA_OK) {
                  return lua_pushfstring(state, "error: %s", luaL_tolstring(state, -1, NULL));
              }
              int count = lua_gettop(state);
              luaL_Buffer text;
              luaL_buffinit(state, &text);
              for (int i = 1; i <= count; i++) {
                  luaL_addstring(&text, i == 1 ? "" : " ");
                  luaL_tolstring(state, i, NULL);
                  luaL_addvalue(&text);
              }
              luaL_pushresult(&text);
              return lua_tostring(state, -1);
          }
          """,
          """

          HL_EXPORT(hl_string, run, hl_string)
          hl_string run(hl_string script) { return hl_from_cstring(results_of(script.data)); }
          """,
          """

          int main(int argc, char **argv)
          {
              for (int i = 1; i < argc; i++) {
                  printf("%s\\n", results_of(argv[i]));
              }
              return 0;
          }
          """,
          List.of("-llua5.4", "-lm"));

  private Libraries() {}

  /** A sandbox that has what such programs need. */
  static Sandbox.Builder sandbox(Guest guest) {
    return Sandbox.builder(guest).memorySize(64L << 20).stackSize(1L << 20);
  }
}
