package io.hyperlight.resilience;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.internal.machine.PlatformReset;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FaultInjection;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.Held;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * The main class of a separate JVM. It repeats everything that makes native calls, and lets the
 * first of these calls fail, then the second, and so on, until there is none left.
 */
final class FaultScenarios {
  /** Whether allocations fail in place of native calls: see {@link HeapErrorsTest}. */
  static final String HEAP_PROPERTY = "hyperlight.test.heap";

  private static final boolean HEAP = Boolean.getBoolean(HEAP_PROPERTY);

  private static final int PAGES = 40;

  private final Guest guest;
  private final Path folder;
  private final Map<String, Trial.Scenario> scenarios = new LinkedHashMap<>();
  private final Sandbox healthy;
  private final Snapshot start;

  private final Trial trial;

  private FaultScenarios(Guest guest, Path program, Path folder) {
    trial = HEAP ? new HeapTrial(this::nobodyIsDisturbed) : new FaultTrial(this::nobodyIsDisturbed);
    this.guest = guest;
    this.folder = folder;
    healthy = builder().build();
    start = healthy.snapshot();
    scenarios.put("build", this::build);
    scenarios.put("spawn", this::spawn);
    scenarios.put("snapshot", this::snapshot);
    scenarios.put("call", this::call);
    scenarios.put("call-on-new-thread", () -> callOn(Thread.ofPlatform()));
    scenarios.put("call-on-virtual-thread", () -> callOn(Thread.ofVirtual()));
    scenarios.put("map", this::map);
    scenarios.put("restore", this::restore);
    scenarios.put("restore-large", this::restoreLarge);
    scenarios.put("restore-fault", this::restoreAfterFault);
    scenarios.put("restore-other", this::restoreToOther);
    scenarios.put("pool", this::pool);
    scenarios.put("save", this::save);
    scenarios.put("load", this::load);
    scenarios.put("mount", this::mount);
    scenarios.put("files", this::files);
    scenarios.put("open-files", this::openFiles);
    ProgramScenarios programs = new ProgramScenarios(trial, program, folder);
    scenarios.put("program", programs::program);
    scenarios.put("signals", programs::signals);
    scenarios.put("processors", programs::processors);
    scenarios.put("serving", programs::startServing);
    scenarios.put("serve", programs::serve);
    scenarios.put("deadline", this::deadline);
    scenarios.put("close", this::close);
    scenarios.put("probe", this::probe);
  }

  /**
   * Prints what was tried, what went wrong, and what is left at the end.
   *
   * @param arguments the guest, a program, a folder with files; and names of scenarios, or all
   */
  public static void main(String[] arguments) throws Exception {
    FaultInjection.install();
    FaultScenarios all =
        new FaultScenarios(
            Guest.load(Path.of(arguments[0])), Path.of(arguments[1]), Path.of(arguments[2]));
    for (Map.Entry<String, Trial.Scenario> entry : all.scenarios.entrySet()) {
      if (arguments.length == 3 || Set.of(arguments).contains(entry.getKey())) {
        all.trial.runThrough(entry.getKey(), entry.getValue());
      }
    }
    all.healthy.close();
    all.start.close();
    Await.until("all threads of the library have ended", FaultScenarios::noThreadIsLeft);
    Held held = Held.now(1L << 30);
    System.out.println(
        "held: " + held.descriptors() + " " + held.mappings() + " " + FaultInjection.held());
    all.trial.tell();
  }

  private static boolean noThreadIsLeft() {
    return Thread.getAllStackTraces().keySet().stream()
        .noneMatch(thread -> thread.getName().startsWith("hyperlight-"));
  }

  private void nobodyIsDisturbed() {
    trial.expect(ping(healthy), "the healthy sandbox answers wrong");
    try (Sandbox next = start.spawn()) {
      trial.expect(ping(next), "the next sandbox answers wrong");
    }
  }

  private Sandbox.Builder builder() {
    return Sandbox.builder(guest).memorySize(8 << 20).hostFunction("next_number", () -> 7);
  }

  private static boolean ping(Sandbox sandbox) {
    return sandbox.<Integer>call("add", int.class, 40, 2) == 42;
  }

  /** A sandbox after something failed in it: as it was, or unusable until it is restored. */
  private void recover(Sandbox sandbox, Snapshot snapshot) {
    try {
      trial.expect(ping(sandbox), "the same sandbox answers wrong");
    } catch (SandboxUnusableException e) {
      trial.expect(trial.hasFailed(), "unusable for no reason");
    }
    sandbox.restore(snapshot);
    trial.expect(ping(sandbox), "the restored sandbox answers wrong");
    trial.expect(
        sandbox.<Integer>call("count", int.class) == 41, "the restored sandbox is not as it was");
    sandbox.restore(snapshot);
  }

  private void closeIfAny(@Nullable AutoCloseable any) throws Exception {
    if (any != null) {
      any.close();
    }
  }

  private void build() throws Exception {
    Sandbox built = trial.inject(() -> builder().build());
    if (built != null) {
      trial.expect(ping(built), "a new sandbox answers wrong");
      built.close();
    }
  }

  private void spawn() throws Exception {
    Sandbox spawned = trial.inject(start::spawn);
    if (spawned != null) {
      recover(spawned, start);
      spawned.close();
    }
  }

  private void snapshot() throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      sandbox.call("count", int.class);
      Snapshot taken = trial.inject(sandbox::snapshot);
      trial.expect(sandbox.<Integer>call("count", int.class) == 42, "frozen, and not as it was");
      if (taken != null) {
        try (Sandbox copy = taken.spawn()) {
          trial.expect(copy.<Integer>call("count", int.class) == 42, "the copy is not as it was");
        }
        taken.close();
      }
      recover(sandbox, start);
    }
  }

  private void call() throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      trial.inject(() -> {
        trial.expect(ping(sandbox), "wrong answer");
        trial.expect(sandbox.<Integer>call("host_number", int.class) == 7, "wrong number");
        trial.expect(
            sandbox.<Long>call("length", long.class, "x".repeat(300_000)) == 300_000,
            "wrong length");
        return ping(sandbox);
      });
      recover(sandbox, start);
    }
  }

  private void callOn(Thread.Builder thread) throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      trial.inject(() -> {
        FutureTask<Boolean> task = new FutureTask<>(() -> ping(sandbox));
        thread.start(task);
        try {
          return task.get();
        } catch (ExecutionException e) {
          if (e.getCause() instanceof Exception thrown) {
            throw thrown;
          }
          throw e;
        }
      });
      recover(sandbox, start);
    }
  }

  private void map() throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      Long result =
          trial.inject(() -> {
            trial.expect(
                sandbox.<Boolean>call("allocate", boolean.class, 200_000L),
                "no memory for the guest");
            return sandbox.<Long>call("map", long.class);
          });
      trial.expect(result == null || result == 9 || isError(result), "the guest sees " + result);
      recover(sandbox, start);
    }
  }

  /** A number that a guest may be told in place of a result. */
  private boolean isError(long result) {
    return trial.hasFailed()
        && (result == -Errno.EIO
            || result == -Errno.ENFILE
            || result == -Errno.ENOENT
            || result == -trial.errno());
  }

  private static void dirty(Sandbox sandbox) {
    for (int page = 0; page < PAGES; page++) {
      sandbox.call("touch", void.class, page);
    }
    sandbox.call("allocate", boolean.class, 100_000L);
    sandbox.call("map", long.class);
    sandbox.call("count", int.class);
  }

  private void restore() throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      dirty(sandbox);
      trial.inject(() -> restored(sandbox, start));
      recover(sandbox, start);
    }
  }

  private static boolean restored(Sandbox sandbox, Snapshot snapshot) {
    sandbox.restore(snapshot);
    return true;
  }

  /** So many pages that they are not copied, and that the tracker has to be emptied meanwhile. */
  private void restoreLarge() throws Exception {
    try (Sandbox original = builder().memorySize(32 << 20).build()) {
      original.call("allocate", boolean.class, 20L << 20);
      try (Snapshot large = original.snapshot();
          Sandbox sandbox = large.spawn()) {
        trial.inject(() -> sandbox.<Long>call("fill", long.class, 20L << 20));
        recover(sandbox, large);
        sandbox.call("fill", long.class, 20L << 20);
        trial.inject(() -> restored(sandbox, large));
        recover(sandbox, large);
      }
    }
  }

  private void restoreAfterFault() throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      dirty(sandbox);
      try {
        sandbox.call("fault", void.class);
      } catch (GuestFaultException e) {
        trial.inject(() -> restored(sandbox, start));
      }
      recover(sandbox, start);
    }
  }

  private void restoreToOther() throws Exception {
    try (Sandbox sandbox = builder().build();
        Snapshot other = sandbox.snapshot()) {
      dirty(sandbox);
      trial.inject(() -> restored(sandbox, other));
      recover(sandbox, other);
      trial.inject(() -> restored(sandbox, other));
      recover(sandbox, start);
    }
  }

  private void pool() throws Exception {
    try (SandboxPool pool = SandboxPool.builder(start).size(1).idle(0).build()) {
      trial.inject(() -> {
        for (int i = 0; i < 3; i++) {
          try (Lease<Sandbox> lease = pool.acquire(Duration.ofSeconds(10))) {
            trial.expect(ping(lease.get()), "a pooled sandbox answers wrong");
            trial.expect(lease.get().<Integer>call("count", int.class) == 41, "not restored");
          }
        }
        return true;
      });
      try (Lease<Sandbox> lease = pool.acquire(Duration.ofSeconds(10))) {
        trial.expect(lease.get().<Integer>call("count", int.class) == 41, "not restored later");
      }
    }
  }

  private void save() throws Exception {
    Path file = folder.resolveSibling("saved");
    Files.deleteIfExists(file);
    Boolean saved =
        trial.inject(() -> {
          start.save(file);
          return true;
        });
    boolean isThere = Files.exists(file);
    trial.expect(isThere ? saved != null || HEAP : saved == null, "a file is there, or not");
    try (var files = Files.list(folder.resolveSibling(""))) {
      trial.expect(
          files.noneMatch(path -> path.toString().endsWith(".tmp")), "a temporary file is left");
    } catch (IOException e) {
      trial.expect(false, e.toString());
    }
  }

  private void load() throws Exception {
    Path file = folder.resolveSibling("to-load");
    if (!Files.exists(file)) {
      start.save(file);
    }
    Snapshot loaded = trial.inject(() -> Snapshot.load(file));
    if (loaded != null) {
      try (Sandbox sandbox = loaded.spawner().hostFunction("next_number", () -> 7).spawn()) {
        trial.expect(ping(sandbox), "a loaded sandbox answers wrong");
      }
      loaded.close();
    }
  }

  private Sandbox mounted() {
    return builder().mount("/data", FileTree.directory(folder)).build();
  }

  private void mount() throws Exception {
    Sandbox built = trial.inject(this::mounted);
    if (built != null) {
      trial.expect(built.<Long>call("read_file", long.class) == 8, "the file cannot be read");
      built.close();
    }
  }

  private void files() throws Exception {
    try (Sandbox sandbox = mounted();
        Snapshot snapshot = sandbox.snapshot()) {
      for (String function : List.of("read_file", "list_folder", "read_link")) {
        long right = sandbox.call(function, long.class);
        trial.expect(right > 0, function + " is " + right);
        Long result = trial.inject(() -> sandbox.<Long>call(function, long.class));
        boolean shorter = function.equals("list_folder") && result != null && result > 0;
        trial.expect(
            result == null || result == right || isError(result) || (shorter && trial.hasFailed()),
            function + " is " + result);
        recover(sandbox, snapshot);
      }
    }
  }

  /** Open files, which snapshots and sandboxes share. */
  private void openFiles() throws Exception {
    try (Sandbox sandbox = mounted()) {
      sandbox.call("open_file", long.class);
      Snapshot snapshot = trial.inject(sandbox::snapshot);
      if (snapshot != null) {
        Sandbox spawned = trial.inject(snapshot::spawn);
        if (spawned != null) {
          spawned.call("open_file", long.class);
          trial.inject(() -> restored(spawned, snapshot));
          recover(spawned, snapshot);
        }
        closeIfAny(spawned);
      }
      closeIfAny(snapshot);
    }
  }

  private void deadline() throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      trial.inject(() -> {
        try {
          sandbox.within(Duration.ofMillis(1)).call("spin", void.class);
          trial.expect(false, "an endless loop has ended");
        } catch (GuestTimeoutException e) {
          return true;
        }
        return false;
      });
      sandbox.restore(start);
      recover(sandbox, start);
    }
  }

  private void close() throws Exception {
    Sandbox sandbox = mounted();
    sandbox.call("open_file", long.class);
    Snapshot snapshot = sandbox.snapshot();
    Sandbox spawned = snapshot.spawn();
    spawned.call("open_file", long.class);
    for (AutoCloseable each : List.of(sandbox, snapshot, spawned)) {
      trial.inject(() -> {
        each.close();
        return true;
      });
      each.close();
      each.close();
    }
    try {
      ping(spawned);
      trial.expect(false, "a closed sandbox answers");
    } catch (ClosedException e) {
      trial.expect(e.kind() == ClosedException.Kind.SANDBOX, "closed: " + e.kind());
      trial.expect(Objects.nonNull(e.getMessage()), "no message");
    }
  }

  private void probe() throws Exception {
    PlatformReset.reset();
    trial.inject(() -> {
      try (Sandbox built = builder().build();
          Snapshot taken = built.snapshot();
          Sandbox spawned = taken.spawn()) {
        return ping(spawned);
      }
    });
    PlatformReset.probe();
  }
}
