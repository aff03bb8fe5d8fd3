package io.hyperlight.internal.vfs.memory;

import static io.hyperlight.internal.vfs.Trees.node;

import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Trees;

/** A file system of one tree in memory, for tests. */
abstract class MemoryTreeFixture {
  static final long LIMIT = 1 << 20;

  final FileSystem files = Trees.memory(LIMIT);

  static FileContent open(FileSystem files, String path) {
    return node(files, path).open(true);
  }
}
