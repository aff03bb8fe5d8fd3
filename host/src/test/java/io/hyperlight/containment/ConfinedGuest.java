package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.Guest;
import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A program that uses sandboxes as a service does, for tests that take rights from its process. It
 * builds, calls, faults, takes snapshots, spawns, restores, saves and loads, on platform and
 * virtual threads.
 */
final class ConfinedGuest {
  /** What it prints at the end if everything worked. */
  static final String DONE = "all went well";

  /** The guest that it runs. */
  static final String GUEST =
      """
      #include <hyperlight.h>

      HL_IMPORT(int64_t, twice, int64_t)

      HL_EXPORT(int64_t, count, int64_t)
      int64_t count(int64_t number)
      {
          static int64_t calls;
          hl_print(HL_STR("counting\\n"));
          free(malloc(100000));
          return twice(number) + ++calls;
      }

      HL_EXPORT(void, fault)
      void fault(void) { *(volatile int *)0 = 1; }
      """;

  private ConfinedGuest() {}

  /**
   * Prints the process's rights, and {@link #DONE}.
   *
   * @param arguments the guest's file, and a folder for a snapshot
   */
  public static void main(String[] arguments) throws Exception {
    Guest guest = Guest.load(Path.of(arguments[0]));
    Path file = Path.of(arguments[1], "snapshot");
    use(guest, file);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      threads.submit(() -> use(guest, file)).get();
    }
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.matches("(Uid|Groups|CapEff|NoNewPrivs|Seccomp):.*")) {
        System.out.println(line.replace('\t', ' ').strip());
      }
    }
    System.out.println(DONE);
  }

  private static void use(Guest guest, Path file) {
    Sandbox.Builder builder =
        Sandbox.builder(guest)
            .hostPrint(new PrintStream(OutputStream.nullOutputStream(), false, UTF_8))
            .hostFunction("twice", (Long number) -> 2 * number);
    try (Sandbox sandbox = builder.build();
        Snapshot snapshot = sandbox.snapshot();
        SandboxPool pool = SandboxPool.builder(snapshot).size(2).build();
        Lease<Sandbox> lease = pool.acquire()) {
      for (int round = 0; round < 100; round++) {
        expect(sandbox, 21, 43);
        try {
          sandbox.call("fault", void.class);
          throw new IllegalStateException("no fault");
        } catch (GuestFaultException e) {
          sandbox.restore(snapshot);
        }
      }
      expect(lease.get(), 21, 43);
      snapshot.save(file);
      try (Snapshot loaded = Snapshot.load(file);
          Sandbox spawned =
              loaded.spawner().hostFunction("twice", (Long number) -> 3 * number).spawn()) {
        expect(spawned, 21, 64);
      }
    }
    System.gc();
  }

  private static void expect(Sandbox sandbox, long argument, long result) {
    long actual = sandbox.<Long>call("count", long.class, argument);
    if (actual != result) {
      throw new IllegalStateException(actual + " instead of " + result);
    }
  }
}
