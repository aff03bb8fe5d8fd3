package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A program that measures calls whose {@code KVM_RUN} is replaced by {@code getppid(2)}, and prints
 * the rows as JSON. Its arguments are the path of the shim and the result of {@link Effort#word}.
 */
final class HostWorkProbe {
  private static final int PAGES = 8;

  /** The number of calls in one sample. Some calls are too short for the clock. */
  private static final int BATCH = 64;

  /** After so many calls, the hot set is known and a restore makes no system call. */
  private static final int REAL_CALLS = 100;

  private HostWorkProbe() {}

  public static void main(String[] arguments) throws Throwable {
    IoctlReplacement ioctl = IoctlReplacement.install(Path.of(arguments[0]));
    Effort effort = Effort.of(arguments[1]);
    try (Floor floor = Floor.start();
        Snapshot snapshot = Guests.snapshotWithPages(PAGES);
        Sandbox warm = Guests.large().build();
        Sandbox fresh = snapshot.spawn()) {
      MethodHandle add = warm.function("add");
      MethodHandle touch = fresh.function("touch");
      Sampler call = nanos -> add(add, nanos);
      Sampler freshCall = nanos -> touch(touch, fresh, snapshot, nanos);
      call.sample(new long[REAL_CALLS]);
      freshCall.sample(new long[REAL_CALLS]);
      ioctl.replaceRuns(true);
      Run run = new Run(floor, effort, Progress.none());
      System.out.print(
          Json.format(new Results(Machine.current(), HostWork.rows(run, call, freshCall))));
      ioctl.replaceRuns(false);
    }
  }

  private static void add(MethodHandle add, long[] nanos) throws Throwable {
    for (int i = 0; i < nanos.length; i++) {
      long start = System.nanoTime();
      int sum = 0;
      for (int k = 0; k < BATCH; k++) {
        sum += (int) add.invokeExact(1, k);
      }
      nanos[i] = (System.nanoTime() - start) / BATCH;
      Calls.check(sum != 0);
    }
  }

  private static void touch(MethodHandle touch, Sandbox sandbox, Snapshot snapshot, long[] nanos)
      throws Throwable {
    for (int i = 0; i < nanos.length; i++) {
      long start = System.nanoTime();
      for (int k = 0; k < BATCH; k++) {
        Calls.check((int) touch.invokeExact(PAGES) == PAGES);
        sandbox.restore(snapshot);
      }
      nanos[i] = (System.nanoTime() - start) / BATCH;
    }
  }
}
