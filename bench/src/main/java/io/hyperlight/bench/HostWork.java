package io.hyperlight.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Measures the work of Java for a call. It compares two things: a system call from Java that does
 * nothing, and a call of the library whose {@code KVM_RUN} is replaced by such a system call. The
 * calls run in a JVM of their own, {@link HostWorkProbe}.
 */
final class HostWork {
  /** The number of operations in one sample. Some operations are too short for the clock. */
  private static final int BATCH = 64;

  private static final MethodHandle GETPPID = getppid();

  private HostWork() {}

  static List<Row> measure(Run run) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Java.command(
                    HostWorkProbe.class,
                    List.of(),
                    List.of(shim().toString(), run.effort().word())))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException("measuring without a VM failed");
    }
    return Json.parse(said).rows();
  }

  private static Path shim() {
    Path source = TemporaryFolder.INSTANCE.unpack("shim", "kvm_run.c");
    Path shim = TemporaryFolder.INSTANCE.resolve("kvm_run.so");
    Gcc.compile("the shim", List.of("-shared", "-fPIC", "-o", shim.toString(), source.toString()));
    return shim;
  }

  /**
   * Measures the rows {@code host_work} and {@code host_work_fresh}.
   *
   * @param call makes warm calls without an exit
   * @param freshCall makes such calls with 8 pages, each followed by a restore
   */
  static List<Row> rows(Run run, Sampler call, Sampler freshCall) throws Throwable {
    Comparison warm = compare(run, call);
    Comparison fresh = compare(run, freshCall);
    return List.of(
        Row.ofTimes("host_work", Unit.NANOSECONDS, warm).withGoal(Goal.atMost(10, warm)),
        Row.ofTimes("host_work_fresh", Unit.NANOSECONDS, fresh)
            .withGoal(Goal.atMost(10, 1.5, fresh)));
  }

  private static Comparison compare(Run run, Sampler ours) throws Throwable {
    Turns turns =
        run.inTurns(
            Run::firstToSecond, ours, HostWork::systemCalls, run.asked(Question.copyOfPages(8)));
    return Comparison.ofFirst(turns, 3);
  }

  /** Makes system calls. Each sample is the mean of a batch. */
  static void systemCalls(long[] nanos) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      for (int i = 0; i < nanos.length; i++) {
        long start = System.nanoTime();
        for (int k = 0; k < BATCH; k++) {
          Calls.check((int) GETPPID.invokeExact(state) >= 0);
        }
        nanos[i] = (System.nanoTime() - start) / BATCH;
      }
    }
  }

  /** Captures errno, because the library does so in its own system calls. */
  @SuppressWarnings("restricted")
  private static MethodHandle getppid() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("getppid"),
        FunctionDescriptor.of(ValueLayout.JAVA_INT),
        Linker.Option.captureCallState("errno"));
  }
}
