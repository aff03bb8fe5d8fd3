package io.hyperlight.languages;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.LibraryProgram;
import io.hyperlight.testing.SourceFile;
import java.util.List;

/** Programs around libraries of the distribution, which were not made for guests. */
final class Libraries {
  /**
   * Compresses one stream piece by piece, and decompresses everything in one call. The native
   * program prints each of the files in hexadecimal, compressed with each of the levels in its
   * first argument.
   */
  static final LibraryProgram ZLIB =
      new LibraryProgram(
          SourceFile.of(Libraries.class, "zlib.c"),
          SourceFile.of(Libraries.class, "zlib_guest.c"),
          SourceFile.of(Libraries.class, "zlib_main.c"),
          List.of("-lz"));

  /**
   * A database in memory. The native program executes the statements in a file, one in each line.
   */
  static final LibraryProgram SQLITE =
      new LibraryProgram(
          SourceFile.of(Libraries.class, "sqlite.c"),
          SourceFile.of(Libraries.class, "sqlite_guest.c"),
          SourceFile.of(Libraries.class, "sqlite_main.c"),
          List.of("-lsqlite3", "-lm"));

  /** One Lua state with all of its libraries. The native program runs each of its arguments. */
  static final LibraryProgram LUA =
      new LibraryProgram(
          SourceFile.of(Libraries.class, "lua.c"),
          SourceFile.of(Libraries.class, "lua_guest.c"),
          SourceFile.of(Libraries.class, "lua_main.c"),
          List.of("-llua5.4", "-lm"));

  private Libraries() {}

  /** Returns a builder for a sandbox with what such programs need. */
  static Sandbox.Builder sandbox(Guest guest) {
    return Sandbox.builder(guest).memorySize(64L << 20).stackSize(1L << 20);
  }
}
