package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.SnapshotFile;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.fuzz.Choices;
import io.hyperlight.fuzz.Edits;
import io.hyperlight.fuzz.FuzzTarget;
import io.hyperlight.fuzz.SilentLogger;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.SnapshotGuest;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.value.Limits;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Snapshot files, most of them with the right digest. Each is refused in one line, or is a sandbox
 * in which calls end as calls do. Inspecting a file and loading it agree.
 */
@SuppressWarnings("exports") // tests are not exported
public final class SnapshotTarget implements FuzzTarget {
  private final Path folder = TemporaryFolder.create("snapshots").toAbsolutePath();
  private final Path file = folder.resolve("fuzzed.snap");
  private final PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false);
  private final byte[] sound;
  private final List<Integer> fields;
  private final int structureSize;
  private final Map<String, Integer> held;

  public SnapshotTarget() {
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(SnapshotGuest.PROGRAM))
            .memorySize(4 << 20)
            .hostFunction("next_number", () -> 1)
            .build()) {
      sandbox.call("touch", void.class, 8);
      try (Snapshot snapshot = sandbox.snapshot()) {
        snapshot.save(file);
      }
      sound = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    SnapshotBytes bytes = new SnapshotBytes(sound);
    structureSize = bytes.program();
    fields = new ArrayList<>();
    for (int at = 8; at < structureSize + 0x200; at += 4) {
      fields.add(at);
    }
    tryFile(bytes);
    held = resources();
  }

  /** Returns the VMs, images and files that this process has open. */
  private Map<String, Integer> resources() {
    Map<String, Integer> resources = new HashMap<>(Descriptors.ofKvm());
    resources.putAll(Descriptors.of("hyperlight-snapshot"));
    resources.putAll(Descriptors.of(folder.toString()));
    return resources;
  }

  @Override
  public void tryInput(byte[] input) {
    Choices choices = new Choices(input);
    SnapshotBytes bytes =
        switch (choices.below(8)) {
          case 0 -> new SnapshotBytes(choices.rest());
          case 1 -> {
            SnapshotBytes longer = new SnapshotBytes(sound);
            yield longer.replace(
                choices.below(structureSize), choices.below(64), choices.bytes(64));
          }
          default -> new SnapshotBytes(Edits.of(sound, fields, choices));
        };
    if (bytes.size() >= SnapshotBytes.DIGEST_SIZE && !choices.oneIn(16)) {
      bytes.seal();
    }
    tryFile(bytes);
  }

  private void tryFile(SnapshotBytes bytes) {
    bytes.writeTo(file);
    boolean intact = isIntact();
    try (Snapshot loaded = Snapshot.load(file)) {
      assertThat(intact).isTrue();
      call(loaded);
    } catch (InvalidSnapshotException e) {
      assertInOneLine(e);
    }
  }

  private boolean isIntact() {
    try {
      return SnapshotFile.inspect(file).intact();
    } catch (InvalidSnapshotException e) {
      assertInOneLine(e);
      return false;
    }
  }

  private static void assertInOneLine(InvalidSnapshotException e) {
    assertThat(e.getMessage()).isNotBlank().matches("[^\\p{Cntrl}]*");
  }

  private void call(Snapshot loaded) {
    try (Sandbox sandbox =
        loaded
            .spawner()
            .limits(Limits.DEFAULT.withCallTimeout(Duration.ofMillis(100)))
            .hostPrint(nowhere)
            .hostError(nowhere)
            .logger(new SilentLogger())
            .hostFunction("next_number", () -> 1)
            .spawn()) {
      Object unused = sandbox.call("add", Object.class, 1, 2);
      unused = sandbox.call("host_number", Object.class);
      unused = sandbox.call("count", Object.class);
      unused = sandbox.call("length", Object.class, "a text");
      unused = sandbox.call("registers", Object.class);
      sandbox.restore(loaded);
      unused = sandbox.call("in_block", Object.class, 5000L);
    } catch (GuestFaultException
        | GuestErrorException
        | GuestAbortException
        | GuestExitException
        | GuestDeadlockException
        | GuestLimitException
        | GuestTimeoutException
        | InvalidCallException
        | InvalidGuestException
        | HostFunctionException e) {
      assertThat(e.getMessage()).isNotBlank().matches("[\\P{Cntrl}\n\t]*");
    }
  }

  @Override
  public void checkNothingIsLeft() {
    assertThat(resources()).isEqualTo(held);
    tryFile(new SnapshotBytes(sound));
    assertThat(isIntact()).isTrue();
  }

  @Override
  public void close() {
    // Everything is already closed.
  }
}
