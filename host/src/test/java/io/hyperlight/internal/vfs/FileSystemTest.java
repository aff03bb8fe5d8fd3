package io.hyperlight.internal.vfs;

import static io.hyperlight.internal.vfs.Trees.assertFails;
import static io.hyperlight.internal.vfs.Trees.names;
import static io.hyperlight.internal.vfs.Trees.node;
import static io.hyperlight.internal.vfs.Trees.paths;
import static io.hyperlight.internal.vfs.Trees.read;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.host.HostSource;
import io.hyperlight.internal.vfs.memory.MemorySource;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NotInHardwareLane("No VM takes part.")
class FileSystemTest {
  private static final long LIMIT = 16L << 20;

  private static MemorySource memory(String... paths) {
    MemorySource source = MemorySource.empty(LIMIT);
    for (String path : paths) {
      source = source.with(path, path.getBytes(UTF_8));
    }
    return source;
  }

  private static String path(FileSystem files, String path) {
    return paths(files).resolve(files.root(), path, true).path();
  }

  @Test
  void withoutMountsThereIsAnEmptyDirectoryThatCannotBeWritten() {
    FileSystem files = Trees.of();
    assertThat(names(files, "/")).isEmpty();
    assertThat(files.root().node().status().kind()).isEqualTo(FileKind.DIRECTORY);
    assertThat(files.root().node().status().permissions()).isEqualTo(0755);
    assertThat(files.root().node().isWritable()).isFalse();
    assertFails(Errno.EROFS, () -> Trees.makeDirectory(files, "/a"));
    assertFails(Errno.ENOENT, () -> node(files, "/a"));
  }

  @Test
  void dotsAndSlashesMeanWhatTheyMeanToLinux() {
    FileSystem files = Trees.of(new Mount("/", memory("a/b/c", "f")));
    assertThat(path(files, "/")).isEqualTo("/");
    assertThat(path(files, "//a///b//")).isEqualTo("/a/b");
    assertThat(path(files, "/a/./b/../b/c")).isEqualTo("/a/b/c");
    assertThat(path(files, "/../../a/..")).isEqualTo("/");
    assertThat(path(files, "a/b")).isEqualTo("/a/b");
    Location b = paths(files).resolve(files.root(), "/a/b", true);
    assertThat(paths(files).resolve(b, "../../f", true).path()).isEqualTo("/f");
    assertThat(paths(files).resolve(b, "/f", true).path()).isEqualTo("/f");
    assertThat(paths(files).resolve(b, ".", true).path()).isEqualTo("/a/b");
  }

  @Test
  void whatComesAfterAFileDemandsADirectory() {
    FileSystem files = Trees.of(new Mount("/", memory("f")));
    for (String path : List.of("/f/", "/f/.", "/f/..", "/f/x")) {
      assertFails(Errno.ENOTDIR, () -> node(files, path));
    }
    assertFails(Errno.ENOENT, () -> node(files, "/x/.."));
    assertFails(Errno.ENOENT, () -> node(files, ""));
    assertFails(Errno.ENOENT, () -> paths(files).resolveParent(files.root(), ""));
    assertFails(Errno.ENOTDIR, () -> paths(files).resolveParent(files.root(), "/f/x"));
  }

  @Test
  void whatIsNoByteIsNoName() {
    FileSystem files = Trees.of(new Mount("/", memory("f")));
    assertFails(Errno.ENOENT, () -> node(files, "/f\0"));
    assertFails(Errno.ENOENT, () -> node(files, "/\u0100"));
  }

  @Test
  void pathsAndNamesHaveLinuxsLimits() {
    FileSystem files = Trees.of(new Mount("/", memory("f")));
    String longest = "/" + "./".repeat(2046) + "/f";
    assertThat(longest).hasSize(PathLimits.LONGEST_PATH - 1);
    assertThat(path(files, longest)).isEqualTo("/f");
    assertFails(Errno.ENAMETOOLONG, () -> node(files, "/" + longest));
    assertFails(Errno.ENOENT, () -> node(files, "/" + "x".repeat(255)));
    assertFails(Errno.ENAMETOOLONG, () -> node(files, "/" + "x".repeat(256)));
    assertFails(
        Errno.ENAMETOOLONG, () -> paths(files).resolveParent(files.root(), "/" + "x".repeat(256)));
    Trees.write(files, "/" + "y".repeat(255), "text");
    assertThat(read(files, "/" + "y".repeat(255))).isEqualTo("text");
  }

  @Test
  void noLocationIsDeeperThanAPathCanSay() {
    FileSystem files = Trees.of(new Mount("/", memory()));
    Location at = files.root();
    for (int depth = 0; depth < PathLimits.DEEPEST; depth++) {
      at.node().createDirectory("d", 0755);
      at = paths(files).resolve(at, "d", true);
    }
    assertThat(Objects.requireNonNull(at.parent()).path()).hasSize(PathLimits.LONGEST_PATH - 2);
    assertFails(Errno.ENAMETOOLONG, at::path);
    assertThat(at.in(files.counterparts(), new IdentityHashMap<>())).isEqualTo(at);
    at.node().createDirectory("d", 0755);
    Location deepest = at;
    assertFails(Errno.ENAMETOOLONG, () -> paths(files).resolve(deepest, "d", true));
    assertThat(paths(files).resolve(deepest, "..", true)).isEqualTo(deepest.parent());
  }

  @Test
  void linksAreFollowedFromWhereTheyAre() {
    FileSystem files = Trees.of(new Mount("/", memory("a/b/f", "g")));
    Trees.makeLink(files, "/a/b/relative", "../../g");
    Trees.makeLink(files, "/a/b/absolute", "/a/b/f");
    Trees.makeLink(files, "/a/up", "..");
    Trees.makeLink(files, "/root", "/");
    Trees.makeLink(files, "/to", "root/a/b/relative");
    assertThat(path(files, "/a/b/relative")).isEqualTo("/g");
    assertThat(path(files, "/a/b/absolute")).isEqualTo("/a/b/f");
    assertThat(path(files, "/a/up/root/a/up/g")).isEqualTo("/g");
    assertThat(path(files, "/to")).isEqualTo("/g");
    assertThat(paths(files).resolve(files.root(), "/to", false).node().target())
        .isEqualTo("root/a/b/relative");
    // A slash after a link follows it.
    assertThat(paths(files).resolve(files.root(), "/root/", false).path()).isEqualTo("/");
    assertThat(paths(files).resolve(files.root(), "/a/up/.", false).path()).isEqualTo("/");
    assertFails(Errno.ENOTDIR, () -> paths(files).resolve(files.root(), "/to/", false));
  }

  @Test
  void theSlashAtTheEndOfALinksTargetCountsToo() {
    FileSystem files = Trees.of(new Mount("/", memory("f", "d/f")));
    Trees.makeLink(files, "/toFile", "f/");
    Trees.makeLink(files, "/toDirectory", "d/");
    Trees.makeLink(files, "/second", "toDirectory");
    assertFails(Errno.ENOTDIR, () -> node(files, "/toFile"));
    assertThat(path(files, "/toDirectory/f")).isEqualTo("/d/f");
    assertThat(paths(files).resolve(files.root(), "/second/", false).path()).isEqualTo("/d");
  }

  @Test
  void anEntrysParentIsFoundThroughLinksAndTheEntryItselfIsNot() {
    FileSystem files = Trees.of(new Mount("/", memory("d/f")));
    Trees.makeLink(files, "/link", "d");
    Trees.makeLink(files, "/d/last", "nowhere");
    PathEntry entry = paths(files).resolveParent(files.root(), "/link/last");
    assertThat(entry.directory().path()).isEqualTo("/d");
    assertThat(entry.name()).isEqualTo("last");
    assertThat(entry.directoryOnly()).isFalse();
    assertThat(paths(files).resolveParent(files.root(), "/link///"))
        .isEqualTo(new PathEntry(files.root(), "link", true));
    assertThat(paths(files).resolveParent(files.root(), "//"))
        .isEqualTo(new PathEntry(files.root(), ".", true));
    assertThat(paths(files).resolveParent(files.root(), "d/..").name()).isEqualTo("..");
    assertFails(Errno.ENOENT, () -> paths(files).resolveParent(files.root(), "/x/y"));
  }

  @Test
  void linksInACircleAndTooLongChainsOfThemEnd() {
    FileSystem files = Trees.of(new Mount("/", memory("f")));
    Trees.makeLink(files, "/a", "b");
    Trees.makeLink(files, "/b", "a");
    Trees.makeLink(files, "/self", "self/x");
    Trees.makeLink(files, "/1", "f");
    for (int i = 2; i <= 41; i++) {
      Trees.makeLink(files, "/" + i, String.valueOf(i - 1));
    }
    assertFails(Errno.ELOOP, () -> node(files, "/a"));
    assertFails(Errno.ELOOP, () -> node(files, "/self"));
    assertFails(Errno.ELOOP, () -> paths(files).resolveParent(files.root(), "/a/x"));
    assertThat(path(files, "/40")).isEqualTo("/f");
    assertFails(Errno.ELOOP, () -> node(files, "/41"));
    assertThat(paths(files).resolve(files.root(), "/41", false).path()).isEqualTo("/41");
  }

  @Test
  void theWorkForOnePathIsBoundedHoweverLongItsLinksAre() {
    FileSystem files = Trees.of(new Mount("/", memory("d/f")));
    String wide = "d/../".repeat(800);
    Trees.makeLink(files, "/1", wide + "d");
    for (int i = 2; i <= 8; i++) {
      Trees.makeLink(files, "/" + i, wide + (i - 1));
    }
    assertThat(path(files, "/4/f")).isEqualTo("/d/f");
    assertFails(Errno.ELOOP, () -> node(files, "/8/f"));
    assertFails(Errno.ELOOP, () -> paths(files).resolveParent(files.root(), "/8/f"));
  }

  @Test
  void mountPointsArePseudoDirectoriesWhereThereIsNothing() {
    FileSystem files =
        Trees.of(new Mount("/srv/data/x", memory("f")), new Mount("/srv/y", memory("g")));
    assertThat(names(files, "/")).containsExactly("srv");
    assertThat(names(files, "/srv")).containsExactly("data", "y");
    assertThat(names(files, "/srv/data")).containsExactly("x");
    assertThat(read(files, "/srv/data/x/f")).isEqualTo("f");
    assertThat(path(files, "/srv/data/x/../../y/g")).isEqualTo("/srv/y/g");
    assertThat(node(files, "/srv").isWritable()).isFalse();
    assertThat(node(files, "/srv/y").isWritable()).isTrue();
    assertFails(Errno.EROFS, () -> Trees.write(files, "/srv/new", ""));
    assertFails(Errno.EEXIST, () -> Trees.makeDirectory(files, "/srv/y"));
  }

  @Test
  void mountPointsLieOverWhatTheirTreeHasThere() {
    FileSystem files =
        Trees.of(
            new Mount("/", memory("a/hidden", "b/seen", "file")),
            new Mount("/a", memory("new")),
            new Mount("/b/c/d", memory("deep")),
            new Mount("/file/below", memory("under")));
    assertThat(names(files, "/")).containsExactlyInAnyOrder("a", "b", "file");
    assertThat(names(files, "/a")).containsExactly("new");
    assertThat(names(files, "/b")).containsExactlyInAnyOrder("seen", "c");
    assertThat(read(files, "/b/c/d/deep")).isEqualTo("deep");
    assertThat(read(files, "/b/seen")).isEqualTo("b/seen");
    assertThat(read(files, "/file/below/under")).isEqualTo("under");
    // A directory on the way to a mount point, in a writable tree.
    Trees.write(files, "/b/new", "text");
    assertThat(names(files, "/b")).containsExactlyInAnyOrder("seen", "c", "new");
  }

  @Test
  void laterMountsHideEarlierOnesAtAndBelowTheirPath() {
    FileSystem files =
        Trees.of(
            new Mount("/a/b", memory("first")),
            new Mount("/a", memory("second")),
            new Mount("/c", memory("third")),
            new Mount("/c", memory("fourth")),
            new Mount("/c/d", memory("fifth")));
    assertThat(names(files, "/a")).containsExactly("second");
    assertThat(names(files, "/c")).containsExactlyInAnyOrder("fourth", "d");
    assertThat(names(files, "/c/d")).containsExactly("fifth");
  }

  @Test
  void whatIsOnTheWayToAMountPointCannotBeMovedOrRemoved() {
    FileSystem files =
        Trees.of(new Mount("/", memory("b/seen")), new Mount("/b/c/d", memory("deep")));
    assertFails(Errno.EBUSY, () -> Trees.rename(files, "/b", "/x"));
    assertFails(Errno.EBUSY, () -> Trees.removeDirectory(files, "/b/c"));
    assertFails(Errno.EBUSY, () -> Trees.unlink(files, "/b"));
    assertFails(Errno.EBUSY, () -> Trees.rename(files, "/b/seen", "/b/c"));
    Location root = files.root();
    assertThat(files.isMountPoint(root, "b")).isTrue();
    assertThat(files.isMountPoint(paths(files).resolve(root, "/b/c", true), "d")).isTrue();
    assertThat(files.isMountPoint(paths(files).resolve(root, "/b", true), "seen")).isFalse();
    assertThat(files.isMountPoint(paths(files).resolve(root, "/b/c/d", true), "deep")).isFalse();
    Trees.rename(files, "/b/seen", "/moved");
    assertThat(read(files, "/moved")).isEqualTo("b/seen");
  }

  @Test
  void filesAreNotMovedOrLinkedFromTreeToTree() {
    FileSystem files = Trees.of(new Mount("/a", memory("f")), new Mount("/b", memory("g")));
    assertFails(Errno.EXDEV, () -> Trees.rename(files, "/a/f", "/b/f"));
    assertFails(Errno.EXDEV, () -> Trees.link(files, "/b/f", "/a/f"));
    assertThat(node(files, "/a/f").status().device())
        .isNotEqualTo(node(files, "/b/g").status().device());
  }

  @Test
  void linksLeadFromTreeToTree() {
    FileSystem files = Trees.of(new Mount("/a", memory("f")), new Mount("/b/c", memory("g")));
    Trees.makeLink(files, "/a/absolute", "/b/c/g");
    Trees.makeLink(files, "/a/relative", "../b/c");
    assertThat(read(files, "/a/absolute")).isEqualTo("g");
    assertThat(path(files, "/a/relative/g")).isEqualTo("/b/c/g");
  }

  @Test
  void ownNodesLieLowest() {
    Node device = new PseudoDirectory(1000);
    Node hidden = new PseudoDirectory(1001);
    FileSystem files =
        new FileSystem(
            List.of(new Mount("/proc", memory("f"))),
            Map.of("/dev/null", device, "/dev", hidden, "/proc/self", hidden),
            InstantSource.system(),
            Checkpoint.NONE);
    assertThat(names(files, "/")).containsExactlyInAnyOrder("dev", "proc");
    assertThat(node(files, "/dev/null")).isEqualTo(device);
    assertThat(names(files, "/proc")).containsExactly("f");
  }

  @Test
  void ownNodesAreFoundAgainInAnotherFileSystemAlsoWhereAMountHidesThem() {
    Map<String, Node> own = Map.of("/proc/self", new PseudoDirectory(1000));
    FileSystem files =
        new FileSystem(
            List.of(new Mount("/proc", memory("f"))), own, InstantSource.system(), Checkpoint.NONE);
    assertThat(files.counterparts().ownNode("/proc/self", PseudoDirectory.class))
        .isSameAs(own.get("/proc/self"));
    assertFails(
        Errno.ENOENT, () -> files.counterparts().ownNode("/proc/other", PseudoDirectory.class));
    assertFails(Errno.ENOENT, () -> files.counterparts().ownNode("/proc/self", Tree.class));
  }

  /** Records the changes that it learns of. */
  private static final class Listener implements ContentWatcher {
    private final List<String> heard = new ArrayList<>();
    private boolean wants = true;

    @Override
    public boolean changing(int device, long inode, long from, long to) {
      heard.add(from + "-" + to);
      return wants;
    }

    @Override
    public void changed() {
      heard.add("changed");
    }
  }

  @Test
  void everybodyWhoWatchesHearsOfChangesInAllTrees() {
    FileSystem files =
        Trees.of(
            new Mount("/", MemorySource.empty(LIMIT)), new Mount("/m", MemorySource.empty(LIMIT)));
    Listener first = new Listener();
    Listener second = new Listener();
    files.watch(first);
    files.watch(second);
    second.wants = false;
    Trees.write(files, "/f", "four"); // the opening truncates the file first
    assertThat(first.heard).containsExactly("0-0", "changed", "0-4", "changed");
    assertThat(second.heard).containsExactly("0-0", "0-4");
    files.unwatch(first);
    second.wants = true;
    Trees.write(files, "/m/f", "five5");
    assertThat(first.heard).hasSize(4);
    assertThat(second.heard).endsWith("0-0", "changed", "0-5", "changed").hasSize(6);
    files.unwatch(second);
    Trees.write(files, "/f", "more");
    assertThat(second.heard).hasSize(6);
  }

  @Test
  void processesWithRootsOfTheirOwnShareAFileSystem() {
    FileSystem files = Trees.of(new Mount("/", memory("a/b/f", "f", "a/secret")));
    Trees.makeLink(files, "/a/b/top", "/f");
    Trees.makeLink(files, "/a/b/up", "../../../f");
    Trees.makeLink(files, "/a/b/out", "../secret");
    PathResolver whole = paths(files);
    Location b = whole.resolve(files.root(), "/a/b", true);
    PathResolver confined = new PathResolver(b, Checkpoint.NONE);
    assertThat(whole.resolve(b, "top", true).path()).isEqualTo("/f");
    for (String path : List.of("/f", "top", "/top", "up", "../f", "/..//../f")) {
      assertThat(confined.resolve(b, path, true).path()).as(path).isEqualTo("/a/b/f");
    }
    assertThat(confined.resolve(b, "/../..", true)).isEqualTo(b);
    assertThat(confined.child(b, "..")).isEqualTo(b);
    assertThat(confined.resolveByText("/top").path()).isEqualTo("/a/b/f");
    assertThat(confined.resolveParent(b, "/").directory()).isEqualTo(b);
    assertThat(confined.resolveParent(b, "../../new").directory()).isEqualTo(b);
    assertFails(Errno.ENOENT, () -> confined.resolve(b, "out", true));
    // A process that has a directory outside its root may go up from there, as in Linux.
    Location a = whole.resolve(files.root(), "/a", true);
    assertThat(confined.resolve(a, "../f", true).path()).isEqualTo("/f");
    // A change through one of them is visible through the other.
    Trees.write(files, "/a/b/f", "shared");
    try (FileContent content = confined.resolve(b, "/f", true).node().open(false)) {
      assertThat(read(content)).isEqualTo("shared");
    }
  }

  @Test
  void locationsAreFoundAgainInAnotherFileSystemOfTheSameTrees() {
    Mount[] mounts = {new Mount("/", memory("a/f")), new Mount("/a/b/c", memory("g"))};
    FileSystem first = Trees.of(mounts);
    FileSystem second = Trees.of(mounts);
    for (String path : List.of("/", "/a", "/a/b", "/a/b/c/g", "/a/f")) {
      Location there =
          paths(first)
              .resolve(first.root(), path, true)
              .in(second.counterparts(), new IdentityHashMap<>());
      assertThat(there).isEqualTo(paths(second).resolve(second.root(), path, true));
      assertThat(there.path()).isEqualTo(path);
    }
    paths(first)
        .resolve(first.root(), "/a", true)
        .in(second.counterparts(), new IdentityHashMap<>())
        .node()
        .createFile("only second", 0600);
    assertThat(names(first, "/a")).containsExactly("f", "b");
    assertThat(names(second, "/a")).containsExactly("f", "only second", "b");
  }

  @Test
  void everyPseudoDirectoryHasANumberOfItsOwn() {
    FileSystem files = Trees.of(new Mount("/a/b/c", memory()), new Mount("/b/a/c", memory()));
    assertThat(List.of("/", "/a", "/a/b", "/b", "/b/a"))
        .extracting(path -> node(files, path).status().inode())
        .doesNotHaveDuplicates()
        .doesNotContain(0L);
  }

  @Test
  void aFileSystemThatCannotBeMadeHoldsNothing(@TempDir Path folder) {
    Mount good = new Mount("/good", new HostSource(folder));
    Mount bad = new Mount("/bad", new HostSource(folder.resolve("missing")));
    assertThatExceptionOfType(SystemCallException.class)
        .isThrownBy(() -> Trees.of(good, bad))
        .withMessageContaining("missing")
        .withMessageContaining("ENOENT");
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }

  @Test
  void closingTwiceTakesNothingFromOthers(@TempDir Path folder) {
    HostSource source = new HostSource(folder);
    FileSystem first = Trees.of(new Mount("/", source));
    FileSystem second = Trees.of(new Mount("/", source));
    first.close();
    first.close();
    assertThat(names(second, "/")).isEmpty();
    second.close();
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }
}
