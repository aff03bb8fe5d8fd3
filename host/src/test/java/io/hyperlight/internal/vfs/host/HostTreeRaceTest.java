package io.hyperlight.internal.vfs.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.Trees;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process of the host replaces files with links and pipes while a guest looks at them. */
@NotInHardwareLane("No VM takes part.")
class HostTreeRaceTest {
  private static final int ENOUGH = 5_000;
  private static final int MOST = 2_000_000;

  @TempDir private Path folder;
  private Path shared;

  @BeforeEach
  void makeFiles() throws IOException {
    shared = Files.createDirectory(folder.resolve("shared"));
    for (String name : new String[] {"shared/d", "out"}) {
      Files.createDirectory(folder.resolve(name));
    }
    Files.writeString(folder.resolve("shared/d/f"), "inside");
    Files.writeString(folder.resolve("out/f"), "secret");
  }

  @AfterEach
  void nothingStaysOpen() {
    // JUnit would also delete this, but it warns of links that lead elsewhere.
    Command.run("rm", "-rf", shared.toString()).outputOfSuccess();
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }

  /** Swaps two files again and again until told to stop. */
  private void swap(Path place, Path other, AtomicBoolean stop) throws IOException {
    Path aside = place.resolveSibling("aside");
    while (!stop.get()) {
      Files.move(place, aside, StandardCopyOption.ATOMIC_MOVE);
      Files.move(other, place, StandardCopyOption.ATOMIC_MOVE);
      Files.move(place, other, StandardCopyOption.ATOMIC_MOVE);
      Files.move(aside, place, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /**
   * Looks at a file again and again while the swapping goes on. It stops after enough looks, once
   * it has both found the file and not found it.
   *
   * @return how often each result was seen
   */
  private Map<String, Integer> look(Path place, Path other, Callable<String> looking)
      throws Exception {
    Map<String, Integer> seen = new TreeMap<>();
    AtomicBoolean stop = new AtomicBoolean();
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<?> swapping =
          thread.submit(() -> {
            swap(place, other, stop);
            return null;
          });
      try {
        for (int i = 0; i < MOST && !swapping.isDone(); i++) {
          String what;
          try {
            what = looking.call();
          } catch (FileException e) {
            what = Errno.describe(e.errno());
          }
          seen.merge(what, 1, Integer::sum);
          if (i >= ENOUGH && seen.containsKey("inside") && seen.size() > 1) {
            break;
          }
        }
      } finally {
        stop.set(true);
      }
      swapping.get();
    }
    return seen;
  }

  private static String open(HostTree tree, String path) {
    try (FileContent content = tree.openFile(path)) {
      return Trees.read(content);
    }
  }

  @Test
  void aDirectoryThatBecomesALinkIsGone() throws Exception {
    Path link = Files.createSymbolicLink(shared.resolve("link"), folder.resolve("out"));
    HostTree tree = new HostTree(0, new HostRoot(shared, null), Checkpoint.NONE);
    try {
      assertThat(look(shared.resolve("d"), link, () -> open(tree, "d/f")).keySet())
          .contains("inside")
          .isSubsetOf("inside", Errno.describe(Errno.ENOENT));
      assertThat(
              look(shared.resolve("d"), link, () -> inode(tree.entries("d", Long.MAX_VALUE), "f"))
                  .keySet())
          .contains("inside")
          .isSubsetOf("inside", Errno.describe(Errno.ENOENT), Errno.describe(Errno.ENOTDIR));
    } finally {
      tree.close();
    }
  }

  private String inode(Iterable<DirectoryEntry> entries, String name) throws IOException {
    Object secret = Files.getAttribute(folder.resolve("out/f"), "unix:ino");
    for (DirectoryEntry entry : entries) {
      if (entry.name().equals(name)) {
        return secret.equals(entry.inode()) ? "secret" : "inside";
      }
    }
    return "nothing";
  }

  @Test
  void aPathThroughALinkMeansWhatItMeansToTheGuest() throws Exception {
    Path link = Files.createSymbolicLink(shared.resolve("link"), Path.of("../out"));
    try (FileSystem files = Trees.of(new Mount("/m", new HostSource(shared)))) {
      assertThat(look(shared.resolve("d"), link, () -> Trees.read(files, "/m/d/f")).keySet())
          .contains("inside")
          .isSubsetOf("inside", Errno.describe(Errno.ENOENT), Errno.describe(Errno.EINVAL));
    }
  }

  @Test
  void aFileThatBecomesALinkIsNotFollowed() throws Exception {
    Path link = Files.createSymbolicLink(shared.resolve("d/link"), folder.resolve("out/f"));
    HostTree tree = new HostTree(0, new HostRoot(shared, null), Checkpoint.NONE);
    try {
      assertThat(look(shared.resolve("d/f"), link, () -> open(tree, "d/f")).keySet())
          .contains("inside")
          .isSubsetOf("inside", Errno.describe(Errno.ENOENT));
    } finally {
      tree.close();
    }
  }

  @Test
  void aFileThatBecomesAPipeKeepsNobodyWaiting() throws Exception {
    Path pipe = shared.resolve("d/pipe");
    Command.run("mkfifo", pipe.toString()).outputOfSuccess();
    HostTree tree = new HostTree(0, new HostRoot(shared, null), Checkpoint.NONE);
    try {
      assertThat(look(shared.resolve("d/f"), pipe, () -> open(tree, "d/f")).keySet())
          .contains("inside")
          .isSubsetOf("inside", Errno.describe(Errno.ENOENT));
    } finally {
      tree.close();
    }
  }

  /** The directory is moved out of the tree while a lookup passes through it. */
  @Test
  void aDirectoryThatIsMovedOutTakesNobodyAlong() throws Exception {
    Files.createDirectories(shared.resolve("d/e"));
    Files.writeString(shared.resolve("d/e/f"), "inside");
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Files.createSymbolicLink(outside.resolve("f"), folder.resolve("out/f"));
    HostTree tree = new HostTree(0, new HostRoot(shared, null), Checkpoint.NONE);
    try {
      assertThat(look(shared.resolve("d/e"), outside, () -> open(tree, "d/e/f")).keySet())
          .contains("inside")
          .isSubsetOf("inside", Errno.describe(Errno.ENOENT));
    } finally {
      tree.close();
    }
  }
}
