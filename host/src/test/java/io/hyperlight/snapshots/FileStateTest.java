package io.hyperlight.snapshots;

import static io.hyperlight.testing.Kinds.kind;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.GuestFiles;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.RawSystemCalls;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Descriptors, files, pipes, the working directory and the umask belong to a snapshot's state. */
class FileStateTest {
  private static final String PROGRAM = SourceFile.of(FileStateTest.class, "file_state.c");

  private static final Guest GUEST = CompiledGuest.withLibc(PROGRAM, "-w");

  private static final String PREPARED =
      "/data/d,27,34,56,text,without a name,in th,0,there,none,prepared,-1";

  private final Path folder = TemporaryFolder.create("file-state");
  private final String hostFile = folder.toRealPath().resolve("text").toString();

  FileStateTest() throws IOException {
    Files.writeString(folder.resolve("text"), "host text of the embedder");
  }

  private Sandbox.Builder builder() {
    return Sandbox.builder(GUEST)
        .mount("/host", FileTree.directory(folder))
        .mount("/data", FileTree.memory(1 << 20));
  }

  private Map<String, Integer> openFiles() {
    return Descriptors.of(hostFile);
  }

  @Test
  void whatIsOpenGoesBackWithARestoreAndComesWithASpawn() {
    Map<String, Integer> before = openFiles();
    try (Sandbox built = builder().build()) {
      built.call("prepare", void.class);
      try (Snapshot snapshot = built.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        assertThat(built.call("observe", String.class)).isEqualTo(PREPARED);
        assertThat(spawned.call("observe", String.class)).isEqualTo(PREPARED);
        for (int round = 0; round < 3; round++) {
          spawned.call("spoil", void.class);
          assertThat(spawned.call("observe", String.class)).isNotEqualTo(PREPARED);
          spawned.restore(snapshot);
          assertThat(spawned.call("observe", String.class)).isEqualTo(PREPARED);
        }
        built.call("spoil", void.class);
        built.restore(snapshot);
        assertThat(built.call("observe", String.class)).isEqualTo(PREPARED);
        try (Sandbox another = snapshot.spawn()) {
          assertThat(another.call("observe", String.class)).isEqualTo(PREPARED);
        }
      }
    }
    assertThat(openFiles()).isEqualTo(before);
  }

  /** The number of the one descriptor that the guest has of the host's file. */
  private int descriptorOfGuest() throws IOException {
    for (int number = 0; ; number++) {
      Path link = Path.of("/proc/self/fd/" + number);
      if (Files.exists(link) && Files.isSameFile(link, Path.of(hostFile))) {
        return number;
      }
      assertThat(number).isLessThan(100_000);
    }
  }

  @Test
  void aRestoreThatFailsInTheMiddleLeavesNothingThatCanBeCalled() throws IOException {
    // Keeps lower numbers open, which are free when the guest's number is. So no other code gets
    // that number.
    List<InputStream> spare = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      spare.add(new FileInputStream("/dev/null"));
    }
    try (Sandbox built = builder().build();
        Snapshot snapshot = built.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      String fresh = sandbox.call("observe", String.class);
      sandbox.restore(snapshot);
      assertThat(sandbox.<Integer>call("write_file", int.class, "/data/x", "left")).isEqualTo(4);
      assertThat(sandbox.<Integer>call("open_more", int.class, 1)).isOne();
      int number = descriptorOfGuest();
      for (InputStream stream : spare) {
        stream.close();
      }
      HostDescriptors.close(number); // as code does that closes a descriptor twice
      assertThatThrownBy(() -> sandbox.restore(snapshot))
          .satisfies(kind(HypervisorException.Kind.FAILED));
      assertThatThrownBy(() -> sandbox.call("read_file", String.class, "/data/x"))
          .isInstanceOf(SandboxUnusableException.class);
      sandbox.restore(snapshot);
      assertThat(sandbox.<String>call("read_file", String.class, "/data/x")).isEqualTo("error 2");
      sandbox.restore(snapshot);
      assertThat(sandbox.<String>call("observe", String.class)).isEqualTo(fresh);
    }
  }

  @Test
  @SuppressWarnings("try") // the test is about closing too early
  void aSnapshotOfASpawnedSandboxIsWhatThatHasBecome() {
    try (Sandbox built = builder().build()) {
      built.call("prepare", void.class);
      try (Snapshot first = built.snapshot();
          Sandbox spawned = first.spawn()) {
        built.close();
        spawned.call("observe", String.class);
        try (Snapshot second = spawned.snapshot();
            Sandbox grandchild = second.spawn()) {
          first.close();
          spawned.close();
          assertThat(grandchild.call("observe", String.class))
              .isEqualTo("/data/d,27,78,9, of ,without a name,e pip,0,there,none,prepared,-1");
          grandchild.restore(second);
          assertThat(grandchild.call("observe", String.class)).startsWith("/data/d,27,78,9, of ");
        }
      }
    }
  }

  @Test
  void sandboxesOfASnapshotDoNotSeeEachOthersFiles() {
    try (Sandbox built = builder().build();
        Snapshot snapshot = built.snapshot();
        Sandbox one = snapshot.spawn();
        Sandbox other = snapshot.spawn()) {
      assertThat(one.<Integer>call("write_file", int.class, "/data/secret", "of one")).isEqualTo(6);
      assertThat(one.call("read_file", String.class, "/data/secret")).isEqualTo("of one");
      assertThat(other.call("read_file", String.class, "/data/secret")).isEqualTo("error 2");
      assertThat(built.call("read_file", String.class, "/data/secret")).isEqualTo("error 2");
      assertThat(one.files().paths()).containsExactly("/data/secret");
      assertThat(one.files().read("/data/secret")).isEqualTo("of one".getBytes(UTF_8));
      assertThat(other.files().paths()).isEmpty();
      GuestFiles kept = one.files();
      one.restore(snapshot);
      assertThat(one.files().paths()).isEmpty();
      assertThat(kept.read("/data/secret")).isEqualTo("of one".getBytes(UTF_8));
    }
  }

  @Test
  void filesOfAClosedSandboxCannotBeHad() {
    Sandbox sandbox = builder().build();
    sandbox.close();
    assertThatThrownBy(sandbox::files).satisfies(kind(ClosedException.Kind.SANDBOX));
  }

  @Test
  @SuppressWarnings("try") // the test is about closing too early
  void descriptorsOfTheHostAreClosedWithWhatHasThem() {
    Map<String, Integer> before = openFiles();
    try (Sandbox built = builder().build()) {
      assertThat(built.<Integer>call("open_more", int.class, 300)).isEqualTo(253);
      assertThat(openFiles()).isNotEqualTo(before);
      Snapshot snapshot = built.snapshot();
      Sandbox spawned = snapshot.spawn();
      spawned.restore(snapshot);
      built.close();
      snapshot.close();
      assertThat(openFiles()).isNotEqualTo(before);
      assertThat(spawned.<Integer>call("open_more", int.class, 1)).isZero();
      spawned.close();
      assertThat(openFiles()).isEqualTo(before);
    }
  }

  @Test
  void spawningWhileTheSnapshotIsClosedSucceedsOrIsRefused() throws InterruptedException {
    Map<String, Integer> before = openFiles();
    for (int round = 0; round < 30; round++) {
      try (Sandbox built = builder().build()) {
        built.call("prepare", void.class);
        Snapshot snapshot = built.snapshot();
        CountDownLatch start = new CountDownLatch(1);
        Thread closer =
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    start.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  snapshot.close();
                });
        start.countDown();
        try {
          while (true) {
            try (Sandbox spawned = snapshot.spawn()) {
              assertThat(spawned.call("observe", String.class)).isEqualTo(PREPARED);
              spawned.restore(snapshot);
              assertThat(spawned.call("observe", String.class)).isEqualTo(PREPARED);
            }
          }
        } catch (ClosedException e) {
          assertThat(e.kind()).isEqualTo(ClosedException.Kind.SNAPSHOT);
          assertThat(e).hasMessageContaining("closed");
        }
        closer.join();
      }
      assertThat(openFiles()).isEqualTo(before);
    }
  }

  @Test
  void aSnapshotWithFilesCannotBeSaved() {
    try (Sandbox built =
            Sandbox.builder(RawSystemCalls.GUEST).mount("/d", FileTree.memory(1000)).build();
        Snapshot snapshot = built.snapshot()) {
      assertThatThrownBy(() -> snapshot.save(folder.resolve("snapshot")))
          .isInstanceOf(InvalidSnapshotException.class)
          .hasMessageContaining("its guest has files");
    }
  }

  @Test
  void aSnapshotWithDescriptorsOfItsOwnCannotBeSaved() {
    try (Sandbox built = Sandbox.builder(RawSystemCalls.GUEST).build()) {
      assertThat(new RawSystemCalls(built).call(32, 0)).isEqualTo(3); // dup
      try (Snapshot snapshot = built.snapshot()) {
        assertThatThrownBy(() -> snapshot.save(folder.resolve("snapshot")))
            .isInstanceOf(InvalidSnapshotException.class)
            .hasMessageContaining("has other descriptors than a new program");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"read", "write"})
  void whoWaitsForHimselfAtAPipeWaitsForEver(String how) {
    try (Sandbox sandbox = builder().build()) {
      assertThatThrownBy(() -> sandbox.call("wait_for_ever", void.class, how))
          .isInstanceOf(GuestDeadlockException.class)
          .hasMessageContaining("(" + how + ")");
    }
  }

  @Test
  void aBrokenPipeEndsAProgramThatDoesNotCare() {
    try (Sandbox sandbox = builder().build()) {
      assertThatThrownBy(() -> sandbox.call("break_pipe", void.class))
          .isInstanceOf(GuestAbortException.class)
          .hasMessageContaining("SIGPIPE");
    }
  }

  @Test
  void readOnlyTreesCannotBeWritten() {
    FileTree tree = FileTree.memory(1 << 20).with("there", "text".getBytes(UTF_8)).readOnly();
    try (Sandbox sandbox = builder().mount("/fixed", tree).build()) {
      assertThat(sandbox.call("read_file", String.class, "/fixed/there")).isEqualTo("text");
      for (String path : new String[] {"/fixed/there", "/fixed/new", "/host/text", "/new"}) {
        assertThat(sandbox.<Integer>call("write_file", int.class, path, "x"))
            .as(path)
            .isEqualTo(-30);
      }
      assertThat(sandbox.<Integer>call("write_file", int.class, "/fixed", "x")).isEqualTo(-21);
    }
  }

  @Test
  void codeOfFilesRunsWhereTheGuestCannotWriteThem() {
    byte[] code = {(byte) 0xb8, 42, 0, 0, 0, (byte) 0xc3}; // mov $42, %eax; ret
    FileTree tree = FileTree.memory(1 << 20).with("code", code);
    int readAndExecute = 5;
    int all = 7;
    try (Sandbox sandbox =
        builder().mount("/lib", tree.readOnly()).mount("/writable", tree).build()) {
      assertThat(sandbox.<Integer>call("run_mapped", int.class, "/lib/code", readAndExecute))
          .isEqualTo(42);
      assertThat(sandbox.<Integer>call("run_mapped", int.class, "/lib/code", all)).isEqualTo(-13);
      assertThat(sandbox.<Integer>call("run_mapped", int.class, "/writable/code", readAndExecute))
          .isEqualTo(-1);
    }
    try (Sandbox sandbox = builder().mount("/writable", tree).allowCodeGeneration().build()) {
      assertThat(sandbox.<Integer>call("run_mapped", int.class, "/writable/code", readAndExecute))
          .isEqualTo(42);
    }
  }

  @Test
  void whatProgramsTakeForGrantedIsThere() {
    try (Sandbox sandbox = builder().mount("/", FileTree.memory(1 << 20)).build()) {
      assertThat(sandbox.call("read_file", String.class, "/proc/self/comm")).isEqualTo("guest\n");
      assertThat(sandbox.call("read_file", String.class, "/proc/self/maps"))
          .contains("[stack]\n", "[heap]\n", "r-xp");
      assertThat(sandbox.call("read_file", String.class, "/proc/self/cmdline"))
          .isEqualTo("guest\0");
      assertThat(sandbox.call("read_file", String.class, "/proc/self/status"))
          .contains("Name:\tguest\n", "Uid:\t65534\t65534\t65534\t65534\n");
      assertThat(sandbox.<String>call("read_file", String.class, "/proc/1/stat").split(" "))
          .hasSize(52);
      assertThat(sandbox.call("read_file", String.class, "/proc/mounts"))
          .contains(" /host ", " /data ");
      assertThat(sandbox.call("read_file", String.class, "/proc/meminfo"))
          .contains("MemTotal:          16384 kB");
      assertThat(sandbox.call("read_file", String.class, "/sys/devices/system/cpu/online"))
          .isEqualTo("0\n");
      assertThat(sandbox.call("read_file", String.class, "/dev/tty")).isEqualTo("error 6");
      assertThat(sandbox.<Integer>call("write_file", int.class, "/dev/null", "gone")).isEqualTo(4);
      assertThat(sandbox.<Integer>call("write_file", int.class, "/dev/full", "full"))
          .isEqualTo(-28);
      assertThat(sandbox.<Integer>call("write_file", int.class, "/proc/self/status", "x"))
          .isEqualTo(-13);
    }
  }
}
