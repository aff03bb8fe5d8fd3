package io.hyperlight.snapshots;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.SnapshotFile;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.snippets.SnapshotSnippets;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.HardwareLaneQuick;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SnapshotGuest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests saving and loading of snapshots: what is kept, and the rules for the files. */
class SnapshotFileTest {
  private static final Guest GUEST = CompiledGuest.of(SnapshotGuest.PROGRAM);

  @TempDir private Path folder;

  private static Sandbox.Builder builder() {
    return Sandbox.builder(GUEST).hostFunction("next_number", () -> 1);
  }

  private static Sandbox spawn(Snapshot snapshot) {
    return snapshot.spawner().hostFunction("next_number", () -> 2).spawn();
  }

  /** Saves the sandbox as it is and closes it. */
  private Path saveAndClose(Sandbox sandbox) {
    return saveAndClose(sandbox, folder.resolve("guest.snap"));
  }

  private static Path saveAndClose(Sandbox sandbox, Path file) {
    try (sandbox;
        Snapshot snapshot = sandbox.snapshot()) {
      sandbox.close();
      snapshot.save(file);
    }
    return file;
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theSnippetPrintsWhatItsCommentsSay() {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (Sandbox sandbox = builder().build()) {
      SnapshotSnippets.load(
          sandbox,
          folder.resolve("warm.snap"),
          new PrintStream(printed, true, StandardCharsets.UTF_8));
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("7\n");
  }

  @Test
  @HardwareLaneQuick
  void memoryOfEveryKindIsKept() {
    Sandbox original = builder().build();
    original.call("count", int.class);
    assertThat(original.<Boolean>call("allocate", boolean.class, 3L << 20)).isTrue();
    original.call("length", long.class, "x".repeat(100_000));
    original.call("touch", void.class, 1);
    original.call("touch", void.class, 5);
    original.call("clear", void.class, 1);
    try (Snapshot loaded = Snapshot.load(saveAndClose(original));
        Sandbox first = spawn(loaded);
        Sandbox second = spawn(loaded)) {
      for (Sandbox sandbox : List.of(first, second)) {
        assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(42);
        assertThat(sandbox.<Integer>call("constant", int.class, 2)).isEqualTo(4);
        assertThat(sandbox.<Integer>call("in_block", int.class, 0L)).isEqualTo(1);
        assertThat(sandbox.<Integer>call("in_block", int.class, 2L << 20)).isEqualTo(512 % 255 + 1);
        assertThat(sandbox.<Integer>call("in_block", int.class, (2L << 20) + 1)).isZero();
        assertThat(sandbox.<Integer>call("host_number", int.class)).isEqualTo(2);
        assertThat(sandbox.<Boolean>call("allocate", boolean.class, 3L << 20)).isTrue();
        assertThat(sandbox.<Long>call("length", long.class, "y".repeat(200_000)))
            .isEqualTo(200_000);
      }
    }
  }

  @Test
  @HardwareLaneQuick
  void registersThatOutliveACallAreKept() {
    Sandbox original = builder().build();
    // Both round towards zero. The bases may be any canonical addresses.
    original.call(
        "set_registers", void.class, 0x7f80L, 0x0f7fL, 0x1234_5678L, 0xffff_8000_0000_0000L);
    byte[] before = original.call("registers", byte[].class);
    try (Snapshot loaded = Snapshot.load(saveAndClose(original));
        Sandbox sandbox = spawn(loaded)) {
      assertThat(sandbox.<byte[]>call("registers", byte[].class)).isEqualTo(before);
    }
  }

  @Test
  @NotInHardwareLane("Runs in a JVM of its own, which takes long to start.")
  void anotherProcessLoadsIt() {
    Sandbox original = builder().build();
    original.call("count", int.class);
    original.call("allocate", boolean.class, 1L << 20);
    Path file = saveAndClose(original);
    List<String> command =
        Stream.concat(
                ChildJvm.commandLine(
                    SnapshotLoading.class, List.of("--enable-native-access=ALL-UNNAMED"))
                    .stream(),
                Stream.of(file.toString()))
            .toList();
    assertThat(Command.run(command).outputOfSuccess()).isEqualTo("42 2 9\n");
  }

  @Test
  @HardwareLaneQuick
  void aSandboxOfTheSameGuestIsRestoredToIt() {
    Sandbox original = builder().build();
    original.call("count", int.class);
    Path file = saveAndClose(original);
    try (Snapshot loaded = Snapshot.load(file);
        Sandbox sandbox = builder().build()) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> sandbox.call("fault", void.class))
            .isInstanceOf(GuestFaultException.class);
        sandbox.restore(loaded);
        assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(42);
        assertThat(sandbox.<Integer>call("host_number", int.class)).isEqualTo(1);
      }
    }
  }

  @Test
  void aSandboxOfAnotherGuestIsNot() {
    Guest other =
        CompiledGuest.of(
            SnapshotGuest.PROGRAM
                + "\nstatic int more[] = {1};\n"
                + "HL_EXPORT(int, another)\nint another(void) { return more[0]; }\n");
    Path file = saveAndClose(builder().build());
    try (Snapshot loaded = Snapshot.load(file);
        Sandbox sandbox = Sandbox.builder(other).hostFunction("next_number", () -> 1).build()) {
      assertThatThrownBy(() -> sandbox.restore(loaded))
          .isInstanceOf(InvalidSnapshotException.class);
    }
  }

  @Test
  void theSameSnapshotGivesTheSameBytesAlsoWhenItWasLoaded() {
    try (Sandbox sandbox = builder().build()) {
      sandbox.call("allocate", boolean.class, 1L << 20);
      sandbox.call("length", long.class, "x".repeat(100_000));
      try (Snapshot snapshot = sandbox.snapshot()) {
        Path first = folder.resolve("first");
        Path second = folder.resolve("second");
        Path third = folder.resolve("third");
        snapshot.save(first);
        snapshot.save(second);
        assertThat(bytes(second)).isEqualTo(bytes(first));
        try (Snapshot loaded = Snapshot.load(first)) {
          assertThat(loaded.guest().name()).isEqualTo(GUEST.name());
          assertThat(loaded.memorySize()).isEqualTo(snapshot.memorySize());
          loaded.save(third);
        }
        assertThat(bytes(third)).isEqualTo(bytes(first));
      }
    }
  }

  @Test
  void aSandboxThatCameFromAFileIsFrozenAndSavedInItsTurn() {
    Path first = saveAndClose(builder().build());
    Path second = folder.resolve("second");
    try (Snapshot loaded = Snapshot.load(first);
        Sandbox sandbox = spawn(loaded)) {
      sandbox.call("count", int.class);
      saveAndClose(sandbox, second);
    }
    try (Snapshot loaded = Snapshot.load(second);
        Sandbox sandbox = spawn(loaded)) {
      assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(42);
    }
  }

  @Test
  void whatTheGuestImportsHasToBeRegistered() {
    try (Snapshot loaded = Snapshot.load(saveAndClose(builder().build()))) {
      assertThatThrownBy(loaded::spawn)
          .satisfies(kind(InvalidGuestException.Kind.HOST_FUNCTIONS))
          .hasMessageContaining("next_number");
      assertThatThrownBy(() -> loaded.spawner().spawn())
          .satisfies(kind(InvalidGuestException.Kind.HOST_FUNCTIONS));
    }
  }

  @Test
  void aGuestWithoutImportsNeedsNoHostFunctions() {
    Guest guest =
        CompiledGuest.of(
            "#include <hyperlight.h>\nHL_EXPORT(int, one)\nint one(void) { return 1; }\n");
    try (Snapshot loaded = Snapshot.load(saveAndClose(Sandbox.builder(guest).build()));
        Sandbox sandbox = loaded.spawn()) {
      assertThat(sandbox.<Integer>call("one", int.class)).isEqualTo(1);
    }
  }

  @Test
  @SuppressWarnings("try") // closed early on purpose
  void aClosedSnapshotCannotBeSaved() {
    Path file = folder.resolve("none");
    try (Sandbox sandbox = builder().build()) {
      Snapshot snapshot = sandbox.snapshot();
      snapshot.close();
      assertThatThrownBy(() -> snapshot.save(file)).satisfies(kind(ClosedException.Kind.SNAPSHOT));
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void aGuestThatHasTakenAllMemoryIsLoadedWithNoneLeft() {
    long memory = 8 << 20;
    for (int last = 0; last < 4; last++) {
      Sandbox original = builder().memorySize(memory).build();
      for (long size = 1 << 20; size >= 4096; size /= 2) {
        while (original.<Boolean>call("allocate", boolean.class, size - 16)) {
          // All that there is, in pieces that get smaller.
        }
      }
      original.call("touch", void.class, last);
      try (Snapshot loaded = Snapshot.load(saveAndClose(original));
          Sandbox sandbox = spawn(loaded)) {
        assertThat(loaded.memorySize()).isEqualTo(memory);
        assertThat(sandbox.<Boolean>call("allocate", boolean.class, 1L << 20)).isFalse();
        assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(41);
      }
    }
  }

  @Test
  void theFileIsForItsOwnerOnlyAndHoldsNoMoreThanWhatWasWritten() throws IOException {
    Sandbox sandbox = builder().memorySize(1L << 30).build();
    Path file = saveAndClose(sandbox);
    assertThat(Files.getPosixFilePermissions(file))
        .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    assertThat(Files.size(file)).isLessThan(200_000);
  }

  @Test
  void aFileThatIsThereIsReplacedAndNothingElseIsLeft() throws IOException {
    Path file = Files.writeString(folder.resolve("guest.snap"), "something else");
    saveAndClose(builder().build(), file);
    try (Snapshot loaded = Snapshot.load(file)) {
      assertThat(loaded.guest().exports()).isNotEmpty();
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aFileThatCannotBeWrittenLeavesNothingBehind() throws IOException {
    Path taken = folder.resolve("taken");
    Files.createDirectories(taken.resolve("inner"));
    try (Sandbox sandbox = builder().build();
        Snapshot snapshot = sandbox.snapshot()) {
      for (Path path : List.of(folder.resolve("none").resolve("file"), taken, Path.of("/"))) {
        assertThatThrownBy(() -> snapshot.save(path))
            .isInstanceOf(UncheckedIOException.class)
            .hasMessageContaining("cannot write snapshot " + path);
      }
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(taken);
    }
  }

  @Test
  void aRelativePathIsTakenFromTheWorkingFolder() throws IOException {
    Path file = Path.of("target", "relative.snap");
    saveAndClose(builder().build(), file);
    Snapshot.load(file).close();
    Files.delete(file);
  }

  @Test
  void whatIsNoRegularFileIsRefusedAndNotWaitedFor() {
    Path pipe = folder.resolve("pipe");
    Command.run("mkfifo", pipe.toString()).outputOfSuccess();
    for (Path path : List.of(pipe, folder, Path.of("/dev/zero"))) {
      assertThatThrownBy(() -> Snapshot.load(path))
          .isInstanceOf(InvalidSnapshotException.class)
          .hasMessageContaining("not a regular file");
      assertThat(SnapshotFile.isSnapshot(path)).isFalse();
    }
    assertThatThrownBy(() -> Snapshot.load(folder.resolve("none")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot read snapshot");
    assertThat(SnapshotFile.isSnapshot(folder.resolve("none"))).isFalse();
  }

  @Test
  void whatBecomesOfTheFileAfterwardsDoesNotMatter() throws IOException {
    Sandbox original = builder().build();
    original.call("allocate", boolean.class, 1L << 20);
    Path file = saveAndClose(original);
    try (Snapshot loaded = Snapshot.load(file)) {
      Files.write(file, new byte[0]);
      try (Sandbox sandbox = spawn(loaded)) {
        assertThat(sandbox.<Integer>call("in_block", int.class, 1L << 19)).isEqualTo(129);
        sandbox.restore(loaded);
        assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(41);
      }
    }
  }

  @Test
  void namesAreOneLineOfPrintableTextInAFile() {
    String name = "guest\n\u001b[31m\u202e\ud800" + "é".repeat(2000);
    Guest guest = Guest.of(name, bytes(CompiledGuest.fileOf(SnapshotGuest.PROGRAM)));
    Path file = saveAndClose(Sandbox.builder(guest).hostFunction("next_number", () -> 1).build());
    try (Snapshot loaded = Snapshot.load(file)) {
      assertThat(loaded.guest().name())
          .startsWith("guest\ufffd\ufffd[31m\ufffd\ufffdéé")
          .hasSizeBetween(500, 1024);
    }
  }

  @Test
  void aProgramThatIsTooLargeForAFileIsNotSaved() throws IOException {
    byte[] small = bytes(CompiledGuest.fileOf(SnapshotGuest.PROGRAM));
    Guest guest = Guest.of("large", Arrays.copyOf(small, (64 << 20) + 1));
    try (Sandbox sandbox = Sandbox.builder(guest).hostFunction("next_number", () -> 1).build();
        Snapshot snapshot = sandbox.snapshot()) {
      assertThatThrownBy(() -> snapshot.save(folder.resolve("large.snap")))
          .isInstanceOf(InvalidSnapshotException.class)
          .hasMessageContaining("67,108,865 bytes")
          .hasMessageContaining("strip it");
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void loadingHoldsOneDescriptorAndNoneOfTheFile() {
    Path file = saveAndClose(builder().build());
    Map<String, Integer> before = Descriptors.of("snap");
    try (Snapshot loaded = Snapshot.load(file)) {
      assertThat(loaded.contentSize()).isPositive();
      assertThat(Descriptors.of("guest.snap")).isEmpty();
      assertThat(Descriptors.of("hyperlight-snapshot").keySet())
          .anyMatch(held -> held.startsWith("open"));
    }
    assertThat(Descriptors.of("snap")).isEqualTo(before);
  }

  @Test
  void aFileTellsWhatIsInIt() {
    Sandbox original = builder().stackSize(64 << 10).build();
    original.call("allocate", boolean.class, 1L << 20);
    SnapshotFile file = SnapshotFile.inspect(saveAndClose(original));
    assertThat(file.formatVersion()).isEqualTo(1);
    assertThat(file.guestAbiVersion()).isEqualTo(1);
    assertThat(file.libraryVersion()).isNotBlank();
    assertThat(file.guest().name()).isEqualTo(GUEST.name());
    assertThat(file.guest().exports()).isEqualTo(GUEST.exports());
    assertThat(file.guest().imports()).isEqualTo(GUEST.imports());
    assertThat(file.memorySize()).isEqualTo(Sandbox.Builder.DEFAULT_MEMORY_SIZE);
    assertThat(file.stackSize()).isEqualTo(64 << 10);
    assertThat(file.contentSize()).isBetween(1L << 20, (1L << 20) + (64 << 10));
    assertThat(file.processorFeatures()).contains("SSE3", "FSGSBASE");
    assertThat(file.intact()).isTrue();
    assertThat(file.mappings()).extracting(SnapshotFile.Mapping::rights).contains("r-x", "rw-");
    assertThat(file.mappings())
        .anyMatch(mapping -> mapping.end() - mapping.start() == 64 << 10)
        .allMatch(mapping -> mapping.start() < mapping.end());
  }

  @Test
  void onlySnapshotsBeginAsSnapshotsDo() throws IOException {
    assertThat(SnapshotFile.isSnapshot(saveAndClose(builder().build()))).isTrue();
    assertThat(SnapshotFile.isSnapshot(CompiledGuest.fileOf(SnapshotGuest.PROGRAM))).isFalse();
    assertThat(SnapshotFile.isSnapshot(Files.createFile(folder.resolve("empty")))).isFalse();
  }
}
