package io.hyperlight;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hyperlight.kvm.IoctlNames;
import io.hyperlight.os.Errno;
import io.hyperlight.os.FaultInjection;
import io.hyperlight.os.FaultInjection.Extent;
import io.hyperlight.os.FaultInjection.Failed;
import io.hyperlight.testing.Held;
import io.hyperlight.vm.HypervisorReset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A program for a JVM of its own: does everything that makes native calls, again and again, and
 * lets the first of them fail, then the second, and so on, until none is left to fail.
 */
final class FaultScenarios {
  /** What a scenario does; some of it within {@link #inject}. */
  @FunctionalInterface
  private interface Scenario {
    void run() throws Exception;
  }

  /** Whether every call fails with every error, not with one of them. */
  private static final boolean EVERYTHING = Boolean.getBoolean("hyperlight.test.faults");

  /** EINTR is another matter. */
  private static final List<Integer> ERRORS =
      List.of(Errno.ENOMEM, Errno.EMFILE, Errno.EIO, Errno.EBADF, Errno.EAGAIN);

  private static final int MOST_CALLS = 2_000;

  private static final int PAGES = 40;

  private final Guest guest;
  private final Path program;
  private final Path folder;
  private final Map<String, Scenario> scenarios = new LinkedHashMap<>();
  private final Sandbox healthy;
  private final Snapshot start;

  /** Of the attempt that is going on. */
  private int number;

  private int errno;
  private Extent extent = Extent.ONE;
  private final List<String> failures = new ArrayList<>();
  private @Nullable Failed failed;

  private final Set<String> problems = new TreeSet<>();

  private final Set<String> everFailed = new TreeSet<>();

  /** Calls whose failure had no consequence. */
  private final Set<String> tolerated = new TreeSet<>();

  private FaultScenarios(Guest guest, Path program, Path folder) {
    this.guest = guest;
    this.program = program;
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
    scenarios.put("program", this::program);
    scenarios.put("signals", this::signals);
    scenarios.put("serving", this::startServing);
    scenarios.put("serve", this::serve);
    scenarios.put("deadline", this::deadline);
    scenarios.put("close", this::close);
    scenarios.put("probe", this::probe);
  }

  /**
   * Prints what was tried, what went wrong, and what is left at the end.
   *
   * @param arguments the guest, a program, a folder with files; names of scenarios, or all
   */
  public static void main(String[] arguments) throws Exception {
    FaultInjection.install();
    FaultScenarios all =
        new FaultScenarios(
            Guest.load(Path.of(arguments[0])), Path.of(arguments[1]), Path.of(arguments[2]));
    for (Map.Entry<String, Scenario> entry : all.scenarios.entrySet()) {
      if (arguments.length == 3 || Set.of(arguments).contains(entry.getKey())) {
        all.runThrough(entry.getKey(), entry.getValue());
      }
    }
    all.healthy.close();
    all.start.close();
    Held held = Held.now(1L << 30);
    System.out.println(
        "held: " + held.descriptors() + " " + held.mappings() + " " + FaultInjection.held());
    System.out.println("mistakes: " + FaultInjection.mistakes());
    System.out.println("tolerated: " + all.tolerated);
    System.out.println("failed: " + all.everFailed);
    System.out.println("problems: " + all.problems);
  }

  private static int oneOf(int number) {
    return ERRORS.get(number % ERRORS.size());
  }

  private void runThrough(String name, Scenario scenario) throws Exception {
    scenario.run(); // so that everything is linked
    scenario.run();
    int attempts = 0;
    if (EVERYTHING) {
      for (int error : ERRORS) {
        attempts += failEach(name, scenario, _ -> error, Extent.ONE);
      }
      attempts += failEach(name, scenario, _ -> Errno.ENOMEM, Extent.REST);
      attempts += failEach(name, scenario, _ -> Errno.EMFILE, Extent.REST);
      attempts += failEach(name, scenario, _ -> Errno.EINTR, Extent.ONE);
    } else {
      attempts += failEach(name, scenario, FaultScenarios::oneOf, Extent.ONE);
      if (!name.equals("probe")) { // which takes longest
        attempts += failEach(name, scenario, FaultScenarios::oneOf, Extent.REST);
      }
    }
    attempts += failEach(name, scenario, _ -> Errno.EINTR, Extent.EVERY_OTHER);
    System.out.printf("%s: %d attempts%n", name, attempts);
  }

  private int failEach(String name, Scenario scenario, IntUnaryOperator error, Extent which) {
    extent = which;
    number = 0;
    do {
      number++;
      errno = error.applyAsInt(number);
      failures.clear();
      failed = null;
      List<String> held = FaultInjection.held();
      try {
        scenario.run();
        expect(ping(healthy), "the healthy sandbox answers wrong");
        try (Sandbox next = start.spawn()) {
          expect(ping(next), "the next sandbox answers wrong");
        }
      } catch (Exception | AssertionError e) {
        FaultInjection.disarm();
        problem(name, "not as before: " + texts(e) + trace(e));
      } finally {
        errorsOf(name);
      }
      if (!sorted(FaultInjection.held()).equals(sorted(held))) {
        problem(name, "leaked: " + held + " became " + FaultInjection.held());
      }
    } while (extent == Extent.EVERY_OTHER
        ? number < 2
        : !failures.isEmpty() && number < MOST_CALLS);
    return number;
  }

  private final List<String> found = new ArrayList<>();

  private void errorsOf(String name) {
    found.forEach(text -> problem(name, text));
    found.clear();
  }

  private void problem(String scenario, String what) {
    problems.add(
        "%s with %s %s: %s".formatted(scenario, failures + " " + symbol(errno), extent, what));
  }

  private void expect(boolean condition, String otherwise) {
    if (!condition) {
      found.add(otherwise);
    }
  }

  private static String trace(Throwable e) {
    StringBuilder text = new StringBuilder();
    for (Throwable at = e; at != null; at = at.getCause()) {
      StackTraceElement[] frames = at.getStackTrace();
      for (int i = 0; i < Math.min(8, frames.length); i++) {
        text.append("\n    ").append(frames[i]);
      }
      text.append("\n   --");
    }
    return text.toString();
  }

  private static List<String> sorted(List<String> list) {
    return list.stream().sorted().toList();
  }

  /** Does something with faults in it; null if it throws. */
  private <T> @Nullable T inject(Callable<T> action) throws Exception {
    T result = null;
    Exception thrown = null;
    FaultInjection.arm(number, errno, extent);
    try {
      result = action.call();
    } catch (Exception e) {
      thrown = e;
    } finally {
      Failed failure = FaultInjection.disarm();
      failed = failure;
      if (failure != null) {
        failures.add(nameOf(failure.name()));
        everFailed.add(nameOf(failure.name()));
      }
    }
    judge(thrown);
    return result;
  }

  private void judge(@Nullable Exception thrown) {
    Failed failure = failed;
    if (thrown == null) {
      if (failure != null && failure.errno() != Errno.EINTR) {
        tolerated.add(nameOf(failure.name()));
      }
      return;
    }
    if (failure == null) {
      found.add("unexpected " + texts(thrown) + trace(thrown));
      return;
    }
    String text = texts(thrown);
    if (!(thrown instanceof HyperlightException || thrown instanceof UncheckedIOException)) {
      found.add("no exception of this library: " + text + trace(thrown));
    }
    if (failure.errno() == Errno.EINTR) {
      found.add("an interrupted call is told: " + text);
    }
    boolean named =
        FaultInjection.allFailed().stream().anyMatch(name -> text.contains(nameOf(name)));
    if (!text.contains(symbol(failure.errno())) || !named) {
      found.add("not named: " + text);
    }
  }

  private static String symbol(int errno) {
    return Errno.describe(errno).split(" ", 2)[0];
  }

  private static String nameOf(String call) {
    return call.startsWith(FaultInjection.IOCTL)
        ? IoctlNames.of(Long.parseLong(call.substring(FaultInjection.IOCTL.length())))
        : call;
  }

  /** The message of an exception and those behind it. */
  private static String texts(@Nullable Throwable thrown) {
    StringBuilder texts = new StringBuilder();
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      texts.append(at.getClass().getSimpleName()).append(": ").append(at.getMessage()).append("; ");
    }
    return texts.toString();
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
      expect(ping(sandbox), "the same sandbox answers wrong");
    } catch (SandboxUnusableException e) {
      expect(failed != null, "unusable for no reason");
    }
    sandbox.restore(snapshot);
    expect(ping(sandbox), "the restored sandbox answers wrong");
    expect(
        sandbox.<Integer>call("count", int.class) == 41, "the restored sandbox is not as it was");
    sandbox.restore(snapshot);
  }

  private void closeIfAny(@Nullable AutoCloseable any) throws Exception {
    if (any != null) {
      any.close();
    }
  }

  private void build() throws Exception {
    Sandbox built = inject(() -> builder().build());
    if (built != null) {
      expect(ping(built), "a new sandbox answers wrong");
      built.close();
    }
  }

  private void spawn() throws Exception {
    Sandbox spawned = inject(start::spawn);
    if (spawned != null) {
      recover(spawned, start);
      spawned.close();
    }
  }

  private void snapshot() throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      sandbox.call("count", int.class);
      Snapshot taken = inject(sandbox::snapshot);
      expect(sandbox.<Integer>call("count", int.class) == 42, "frozen, and not as it was");
      if (taken != null) {
        try (Sandbox copy = taken.spawn()) {
          expect(copy.<Integer>call("count", int.class) == 42, "the copy is not as it was");
        }
        taken.close();
      }
      recover(sandbox, start);
    }
  }

  private void call() throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      inject(() -> {
        expect(ping(sandbox), "wrong answer");
        expect(sandbox.<Integer>call("host_number", int.class) == 7, "wrong number");
        expect(
            sandbox.<Long>call("length", long.class, "x".repeat(300_000)) == 300_000,
            "wrong length");
        return ping(sandbox);
      });
      recover(sandbox, start);
    }
  }

  private void callOn(Thread.Builder thread) throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      inject(() -> {
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
          inject(() -> {
            expect(
                sandbox.<Boolean>call("allocate", boolean.class, 200_000L),
                "no memory for the guest");
            return sandbox.<Long>call("map", long.class);
          });
      expect(result == null || result == 9 || isError(result), "the guest sees " + result);
      recover(sandbox, start);
    }
  }

  /** A number that a guest may be told in place of a result. */
  private boolean isError(long result) {
    return failed != null
        && failed.errno() != Errno.EINTR
        && (result == -Errno.EIO
            || result == -Errno.ENFILE
            || result == -Errno.ENOENT
            || result == -failed.errno());
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
      inject(() -> restored(sandbox, start));
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
        inject(() -> sandbox.<Long>call("fill", long.class, 20L << 20));
        recover(sandbox, large);
        sandbox.call("fill", long.class, 20L << 20);
        inject(() -> restored(sandbox, large));
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
        inject(() -> restored(sandbox, start));
      }
      recover(sandbox, start);
    }
  }

  private void restoreToOther() throws Exception {
    try (Sandbox sandbox = builder().build();
        Snapshot other = sandbox.snapshot()) {
      dirty(sandbox);
      inject(() -> restored(sandbox, other));
      recover(sandbox, other);
      inject(() -> restored(sandbox, other));
      recover(sandbox, start);
    }
  }

  private void pool() throws Exception {
    try (SandboxPool pool = SandboxPool.of(start).size(1).idle(0).build()) {
      inject(() -> {
        for (int i = 0; i < 3; i++) {
          try (Lease lease = pool.acquire(Duration.ofSeconds(10))) {
            expect(ping(lease.sandbox()), "a pooled sandbox answers wrong");
            expect(lease.sandbox().<Integer>call("count", int.class) == 41, "not restored");
          }
        }
        return true;
      });
      try (Lease lease = pool.acquire(Duration.ofSeconds(10))) {
        expect(lease.sandbox().<Integer>call("count", int.class) == 41, "not restored later");
      }
    }
  }

  private void save() throws Exception {
    Path file = folder.resolveSibling("saved");
    Files.deleteIfExists(file);
    Boolean saved =
        inject(() -> {
          start.save(file);
          return true;
        });
    expect((saved != null) == Files.exists(file), "a file is there, or not");
    try (var files = Files.list(folder.resolveSibling(""))) {
      expect(files.noneMatch(path -> path.toString().endsWith(".tmp")), "a temporary file is left");
    } catch (IOException e) {
      found.add(texts(e));
    }
  }

  private void load() throws Exception {
    Path file = folder.resolveSibling("to-load");
    if (!Files.exists(file)) {
      start.save(file);
    }
    Snapshot loaded = inject(() -> Snapshot.load(file));
    if (loaded != null) {
      try (Sandbox sandbox = loaded.spawner().hostFunction("next_number", () -> 7).spawn()) {
        expect(ping(sandbox), "a loaded sandbox answers wrong");
      }
      loaded.close();
    }
  }

  private Sandbox mounted() {
    return builder().mount("/data", FileTree.directory(folder)).build();
  }

  private void mount() throws Exception {
    Sandbox built = inject(this::mounted);
    if (built != null) {
      expect(built.<Long>call("read_file", long.class) == 8, "the file cannot be read");
      built.close();
    }
  }

  private void files() throws Exception {
    try (Sandbox sandbox = mounted();
        Snapshot snapshot = sandbox.snapshot()) {
      for (String function : List.of("read_file", "list_folder", "read_link")) {
        long right = sandbox.call(function, long.class);
        expect(right > 0, function + " is " + right);
        Long result = inject(() -> sandbox.<Long>call(function, long.class));
        boolean shorter = function.equals("list_folder") && result != null && result > 0;
        expect(
            result == null || result == right || isError(result) || (shorter && failed != null),
            function + " is " + result);
        recover(sandbox, snapshot);
      }
    }
  }

  /** Open files, which snapshots and sandboxes share. */
  private void openFiles() throws Exception {
    try (Sandbox sandbox = mounted()) {
      sandbox.call("open_file", long.class);
      Snapshot snapshot = inject(sandbox::snapshot);
      if (snapshot != null) {
        Sandbox spawned = inject(snapshot::spawn);
        if (spawned != null) {
          spawned.call("open_file", long.class);
          inject(() -> restored(spawned, snapshot));
          recover(spawned, snapshot);
        }
        closeIfAny(spawned);
      }
      closeIfAny(snapshot);
    }
  }

  private void program() throws Exception {
    ProgramResult result =
        inject(() ->
            Program.of(program)
                .memorySize(8 << 20)
                .stackSize(1 << 20)
                .args("/data/file")
                .mount("/data", FileTree.directory(folder))
                .run());
    if (result != null) {
      boolean right = result.status() == 0 && result.outputText().equals("contents\n");
      expect(
          right || (failed != null && failed.errno() != Errno.EINTR && result.status() != 0),
          result + result.outputText() + result.errorText());
    }
  }

  private void signals() throws Exception {
    ProgramResult result = inject(() -> server().args("signals").run());
    if (result != null) {
      expect(
          result.outputText().equals("handled\n"),
          result + result.outputText() + result.errorText());
    }
  }

  private Program server() {
    return Program.of(program).memorySize(8 << 20).stackSize(1 << 20);
  }

  private static boolean answers(byte[] answer) {
    return new String(answer, US_ASCII).equals("hello\n\n");
  }

  private static final byte[] REQUEST = "hello\n".getBytes(US_ASCII);

  private void startServing() throws Exception {
    Sandbox serving = inject(() -> server().startServing());
    if (serving != null) {
      expect(answers(serving.serve(REQUEST)), "wrong answer");
      serving.close();
    }
  }

  private void serve() throws Exception {
    try (Sandbox serving = server().startServing();
        Snapshot snapshot = serving.snapshot()) {
      inject(() -> {
        expect(answers(snapshot.serve(REQUEST)), "wrong answer");
        return true;
      });
      inject(() -> {
        expect(answers(serving.serve(REQUEST)), "wrong answer");
        serving.restore(snapshot);
        return true;
      });
      serving.restore(snapshot);
      expect(answers(serving.serve(REQUEST)), "wrong answer later");
    }
  }

  private void deadline() throws Exception {
    try (Sandbox sandbox = start.spawn()) {
      inject(() -> {
        try {
          sandbox.within(Duration.ofMillis(1)).call("spin", void.class);
          found.add("an endless loop has ended");
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
      inject(() -> {
        each.close();
        return true;
      });
      each.close();
      each.close();
    }
    try {
      ping(spawned);
      found.add("a closed sandbox answers");
    } catch (SandboxClosedException e) {
      expect(Objects.nonNull(e.getMessage()), "no message");
    }
  }

  private void probe() throws Exception {
    HypervisorReset.reset();
    inject(() -> {
      try (Sandbox built = builder().build();
          Snapshot taken = built.snapshot();
          Sandbox spawned = taken.spawn()) {
        return ping(spawned);
      }
    });
    HypervisorReset.probe();
  }
}
