package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.fuzz.Choices;
import io.hyperlight.fuzz.Edits;
import io.hyperlight.fuzz.FuzzTarget;
import io.hyperlight.fuzz.SilentLogger;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/**
 * Sequences of system calls with structured arguments, which may be results of earlier calls: files
 * in trees of each kind, pipes, descriptors, mappings, signals. Each call is answered or ends in a
 * typed exception. Afterwards the machine equals a newborn one, and the host has no additional
 * descriptor.
 */
@SuppressWarnings("exports") // tests are not exported
public final class SystemCallTarget implements FuzzTarget {
  /** Guests may loop. */
  private static final Duration LONGEST_CALL = Duration.ofMillis(100);

  private static final int MAX_CALLS = 24;

  /** A guest that makes a list of calls and returns their results. */
  private static final String PROGRAM =
      SourceFile.of(SystemCallTarget.class, "system_call_target.c");

  private final Path folder = TemporaryFolder.create("calls").toAbsolutePath();
  private final Sandbox original;
  private final Snapshot snapshot;
  private final Sandbox sandbox;
  private final ResetOracle oracle;
  private final SystemCallScript scripts;
  private final Map<String, Integer> held;

  public SystemCallTarget() {
    Path host = hostDirectory();
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false);
    original =
        Sandbox.builder(CompiledGuest.of(PROGRAM + ResetOracle.FUNCTIONS))
            .memorySize(4 << 20)
            .hostPrint(nowhere)
            .hostError(nowhere)
            .logger(new SilentLogger())
            // With this clock, sleeping takes no time.
            .clock(Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC))
            .mount("/", FileTree.memory(1 << 20).with("f", new byte[5000]))
            .mount("/h", FileTree.directory(host))
            .mount("/h/d/m", FileTree.memory(1 << 16).with("f", new byte[10]))
            .build();
    scripts = new SystemCallScript(original.<Long>call("area_address", long.class));
    snapshot = original.snapshot();
    sandbox = snapshot.spawn();
    oracle = new ResetOracle(snapshot);
    held = Descriptors.of(folder.toString());
  }

  private Path hostDirectory() {
    try {
      Path host = Files.createDirectory(folder.resolve("host"));
      Files.createDirectories(host.resolve("d"));
      Files.writeString(host.resolve("f"), "of the host");
      Files.createSymbolicLink(host.resolve("l"), Path.of("/etc/passwd"));
      Files.createSymbolicLink(host.resolve("up"), Path.of("../.."));
      return host;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void tryInput(byte[] input) {
    Choices choices = new Choices(input);
    byte[] calls = scripts.calls(choices, MAX_CALLS);
    byte[] memory = Edits.of(scripts.memory(), scripts.fields(), choices);
    try {
      byte[] results = sandbox.within(LONGEST_CALL).call("make_calls", byte[].class, memory, calls);
      ByteBuffer values = ByteBuffer.wrap(results).order(ByteOrder.LITTLE_ENDIAN);
      while (values.hasRemaining()) {
        assertThat(values.getLong()).matches(r -> r < -4095 || r >= -133);
      }
    } catch (GuestFaultException
        | GuestAbortException
        | GuestExitException
        | GuestDeadlockException
        | GuestLimitException
        | GuestTimeoutException
        | GuestErrorException e) {
      assertThat(e.getMessage()).isNotBlank().matches("[\\P{Cntrl}\n\t]*");
    }
    sandbox.restore(snapshot);
  }

  @Override
  public void checkNothingIsLeft() {
    assertThat(sandbox.<Integer>call("ping", int.class, 41)).isEqualTo(42);
    sandbox.restore(snapshot);
    assertThat(oracle.leaksOf(sandbox)).isEmpty();
    sandbox.restore(snapshot);
    assertThat(Descriptors.of(folder.toString())).isEqualTo(held);
    try {
      assertThat(Files.readString(folder.resolve("host/f"), ISO_8859_1)).isEqualTo("of the host");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    sandbox.close();
    snapshot.close();
    original.close();
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }
}
