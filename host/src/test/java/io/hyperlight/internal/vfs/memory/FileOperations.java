package io.hyperlight.internal.vfs.memory;

import java.util.List;

/** What can be done with files, for comparing who does it. Results are error numbers, or 0. */
interface FileOperations {
  int makeDirectory(String path);

  int makeFile(String path);

  int makeSymbolicLink(String path, String target);

  int link(String path, String existing);

  /** Unlinks, or removes a directory. */
  int remove(String path);

  int rename(String from, String to);

  /** Opens one more file, for reading and writing. */
  int open(String path);

  /** How many are open; they have numbers from 0 on. */
  int opened();

  void write(int which, long offset, String text);

  /** Cuts, if it is longer. */
  void cut(int which, long size);

  String read(int which);

  void close(int which);

  /** A line for each file, sorted: name, kind, links and contents. */
  List<String> describe();
}
