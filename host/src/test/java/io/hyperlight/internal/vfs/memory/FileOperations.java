package io.hyperlight.internal.vfs.memory;

import java.util.List;

/**
 * The operations on files that two implementations are compared by. Results are error numbers, or
 * 0.
 */
interface FileOperations {
  int makeDirectory(String path);

  int makeFile(String path);

  int makeSymbolicLink(String path, String target);

  int link(String path, String existing);

  /** Unlinks a file, or removes a directory. */
  int remove(String path);

  int rename(String from, String to);

  /** Opens one more file, for reading and writing. */
  int open(String path);

  /** Returns how many files are open. They are numbered from 0. */
  int opened();

  void write(int which, long offset, String text);

  /** Cuts a file if it is longer than a size. */
  void cut(int which, long size);

  String read(int which);

  void close(int which);

  /** Returns one line for each file, sorted: name, kind, links and contents. */
  List<String> describe();
}
