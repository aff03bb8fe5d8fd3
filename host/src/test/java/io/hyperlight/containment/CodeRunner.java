package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.SourceFile;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A guest that executes any bytes, in a sandbox that may generate code, and is restored afterwards.
 * All bytes around them are breakpoints. So an instruction that does nothing ends in a debug
 * exception, and so does a short jump to anywhere.
 */
final class CodeRunner implements AutoCloseable {
  private static final String PROGRAM = SourceFile.of(CodeRunner.class, "code_runner.c");

  /**
   * The usual place of instructions: after a page of breakpoints, and before nearly another page.
   */
  static final int MIDDLE = 2048;

  /** The least size of the code's memory. */
  static final int SIZE = 8192;

  private final Sandbox original;
  private final Snapshot snapshot;
  private final ResetOracle oracle;
  private final Sandbox sandbox;

  CodeRunner() {
    original =
        Sandbox.builder(CompiledGuest.of(PROGRAM + ResetOracle.FUNCTIONS))
            .memorySize(4 << 20)
            .allowCodeGeneration()
            .build();
    original.call("prepare", void.class);
    snapshot = original.snapshot();
    sandbox = snapshot.spawn();
    oracle = new ResetOracle(snapshot);
  }

  /** Where the first byte of the code's memory is. */
  long address() {
    return original.<Long>call("code_address", long.class);
  }

  /**
   * Executes some bytes. Afterwards the sandbox is restored and checked.
   *
   * @return the fault in which the bytes ended, or null if they returned to their caller
   */
  @Nullable GuestFaultException run(byte[] bytes, int place) {
    try {
      sandbox.<Long>call("run", long.class, bytes, place);
      return null;
    } catch (GuestFaultException e) {
      return e;
    } finally {
      recover();
    }
  }

  /** As {@link #run}, for bytes that do not return. */
  GuestFaultException fault(byte[] bytes, int place) {
    GuestFaultException fault = run(bytes, place);
    assertThat(fault).as("the end of %s", HexFormat.of().formatHex(bytes)).isNotNull();
    return Objects.requireNonNull(fault);
  }

  /**
   * Executes bytes that return, as {@link #run} does.
   *
   * @return what they leave in RAX
   */
  long result(byte[] bytes) {
    try {
      return sandbox.<Long>call("run", long.class, bytes, MIDDLE);
    } finally {
      recover();
    }
  }

  private void recover() {
    sandbox.restore(snapshot);
    assertThat(sandbox.<Integer>call("ping", int.class, 41)).isEqualTo(42);
  }

  /** Returns what everything that ran before has left behind. */
  List<String> leaks() {
    sandbox.restore(snapshot);
    List<String> leaks = new ArrayList<>(oracle.leaksOf(sandbox));
    sandbox.restore(snapshot);
    return leaks;
  }

  @Override
  public void close() {
    sandbox.close();
    snapshot.close();
    original.close();
  }
}
