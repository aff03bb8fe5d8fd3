package io.hyperlight.internal.vfs.archive;

import static io.hyperlight.internal.vfs.Trees.paths;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.fuzz.Choices;
import io.hyperlight.fuzz.FuzzTarget;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Trees;
import io.hyperlight.internal.vfs.memory.MemorySource;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads archives. An archive either becomes a tree that can be read from end to end and stays
 * within its limit, or it is refused. A refusal has one line.
 */
public final class ArchiveTarget implements FuzzTarget {
  private static final long LIMIT = 1 << 18;

  private final Path folder = TemporaryFolder.create("archives").toAbsolutePath();
  private final Path archive = folder.resolve("fuzzed.zip");

  @Override
  public void tryInput(byte[] input) {
    Choices choices = new Choices(input);
    byte[] bytes = choices.oneIn(4) ? choices.rest() : ZipBytes.of(choices);
    try {
      Files.write(archive, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    MemorySource tree;
    try {
      tree = ArchiveReader.read(archive, LIMIT);
    } catch (InvalidArchiveException e) {
      assertThat(e.getMessage()).isNotBlank().matches("[^\\p{Cntrl}]*");
      return;
    } catch (IOException e) {
      throw new AssertionError("what is refused is no failure to read", e);
    }
    try (FileSystem files = Trees.of(new Mount("/", tree))) {
      assertThat(sizeOf(files, files.root())).isLessThanOrEqualTo(LIMIT);
    }
  }

  /** Returns the size of all files below a directory. It reads them to their ends. */
  private static long sizeOf(FileSystem files, Location directory) {
    long size = 0;
    for (DirectoryEntry entry : directory.node().entries(Long.MAX_VALUE)) {
      assertThat(entry.name()).isNotEmpty().isNotIn(".", "..").doesNotContain("/", "\0", "\\");
      Location child = paths(files).child(directory, entry.name());
      assertThat(child).isNotNull();
      if (child != null && child.node().kind() == FileKind.DIRECTORY) {
        size += sizeOf(files, child);
      } else if (child != null) {
        size += sizeOf(child.node());
      }
    }
    return size;
  }

  private static long sizeOf(Node file) {
    assertThat(file.kind()).isEqualTo(FileKind.REGULAR);
    try (FileContent content = file.open(false)) {
      byte[] bytes = new byte[4096];
      long size = 0;
      for (int n = content.read(0, bytes, 0, bytes.length); n > 0; ) {
        size += n;
        n = content.read(size, bytes, 0, bytes.length);
      }
      assertThat(size).isEqualTo(content.status().size());
      return size;
    }
  }

  @Override
  public void checkNothingIsLeft() {
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }

  @Override
  public void close() {
    checkNothingIsLeft();
  }
}
