package io.hyperlight.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nothing of an application lives longer than its last sandbox. */
@NotInHardwareLane("Says nothing about the processor, and starts JVMs.")
@Tag("slow")
class LibraryThreadsTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>
      HL_IMPORT(int64_t, fetch)
      HL_EXPORT(int64_t, use)
      int64_t use(void) { return fetch(); }
      """;

  private static final int MAX_COLLECTIONS = 3000;

  private static void runInJvmOfItsOwn(Class<?> program, String output) {
    List<String> command =
        new ArrayList<>(
            ChildJvm.commandLine(
                program,
                // The JDK keeps method handles in soft references, which normally live while
                // there is memory. This option prevents that.
                List.of("--enable-native-access=ALL-UNNAMED", "-XX:SoftRefLRUPolicyMSPerMB=0")));
    command.add(CompiledGuest.fileOf(PROGRAM).toString());
    assertThat(Command.run(command).outputOfSuccess()).isEqualTo(output);
  }

  @Test
  void theyKnowNothingOfWhoeverNeededThemFirst() {
    runInJvmOfItsOwn(
        Neutral.class,
        "[hyperlight-interrupter, hyperlight-pool, hyperlight-vcpu,"
            + " hyperlight-watchdog]\nneutral, collected, ended\n");
  }

  @Test
  void aClassLoaderThatHasTheLibraryIsCollectedAfterItsLastSandbox() {
    runInJvmOfItsOwn(Unloading.class, "collected\n");
  }

  /** Collects garbage until a condition is true; gives up after minutes. */
  private static void awaitWithGarbageCollections(String what, BooleanSupplier condition)
      throws InterruptedException {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      if (i > MAX_COLLECTIONS) {
        throw new AssertionError("still not: " + what);
      }
      System.gc();
      Thread.sleep(10);
    }
  }

  private static Collection<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("hyperlight-"))
        .toList();
  }

  /** Everything that makes threads, first used by an application that ends. */
  static final class Neutral {
    private static final InheritableThreadLocal<Object> INHERITED = new InheritableThreadLocal<>();

    private Neutral() {}

    public static void main(String[] arguments) throws Exception {
      SortedSet<String> names = new TreeSet<>();
      WeakReference<Object> application = start(Path.of(arguments[0]), names);
      names.remove("hyperlight-alarm"); // looked at as the others, if a virtual thread had to wait
      System.out.println(names);
      awaitWithGarbageCollections("collected", () -> application.get() == null);
      awaitWithGarbageCollections("ended", () -> threads().isEmpty());
      System.out.println("neutral, collected, ended");
    }

    @SuppressWarnings("ThreadPriorityCheck")
    private static WeakReference<Object> start(Path guest, Set<String> names) throws Exception {
      URLClassLoader loader = new URLClassLoader(new URL[0], Neutral.class.getClassLoader());
      Throwable[] failure = new Throwable[1];
      Thread thread =
          new Thread(
              new ThreadGroup("application"),
              () -> {
                try {
                  Thread.currentThread().setContextClassLoader(loader);
                  INHERITED.set(loader);
                  use(Guest.load(guest), names);
                } catch (Throwable t) {
                  failure[0] = t;
                }
              });
      thread.setPriority(Thread.MIN_PRIORITY);
      thread.start();
      thread.join();
      if (failure[0] != null) {
        throw new AssertionError(failure[0]);
      }
      return new WeakReference<>(loader);
    }

    private static void use(Guest guest, Set<String> names) throws Exception {
      Set<Thread> seen = ConcurrentHashMap.newKeySet();
      try (Sandbox sandbox =
              Sandbox.builder(guest)
                  .callTimeout(Duration.ofMillis(500)) // far more than it takes to get outside
                  .hostFunction("fetch", () -> untilInterrupted(seen))
                  .build();
          Snapshot snapshot = sandbox.snapshot();
          SandboxPool pool = SandboxPool.builder(snapshot).size(1).build()) {
        Thread.ofVirtual().start(() -> callUnsuccessfully(sandbox)).join();
        try (Lease<Sandbox> lease = pool.acquire()) {
          Thread caller =
              new Thread(() -> callUnsuccessfully(lease.get())) {
                @Override
                public void interrupt() {
                  seen.add(Thread.currentThread());
                  super.interrupt();
                }
              };
          caller.start();
          caller.join();
        }
        for (Thread thread : seen) {
          names.add(thread.getName().replaceFirst("-[-0-9]+$", ""));
          ThreadGroup group = thread.getThreadGroup();
          if (!ClassLoader.getSystemClassLoader().equals(thread.getContextClassLoader())
              || thread.getPriority() != Thread.NORM_PRIORITY
              || !thread.isDaemon()
              || (group != null && group.getParent() != null)) {
            throw new AssertionError(thread + " in " + group);
          }
        }
      }
    }

    /** Records the threads that are needed now, since they may end later. */
    private static long untilInterrupted(Set<Thread> seen) throws InterruptedException {
      seen.addAll(threads());
      Thread.sleep(Duration.ofMinutes(5));
      return 0;
    }

    private static void callUnsuccessfully(Sandbox sandbox) {
      try {
        sandbox.call("use", long.class);
        throw new AssertionError("no timeout");
      } catch (GuestTimeoutException e) {
        // As expected.
      }
    }
  }

  /** The library in a class loader of its own, used on threads that live on. */
  static final class Unloading {
    private Unloading() {}

    public static void main(String[] arguments) throws Exception {
      List<URL> classPath = new ArrayList<>();
      for (String entry : System.getProperty("java.class.path").split(":", -1)) {
        classPath.add(Path.of(entry).toUri().toURL());
      }
      WeakReference<Object> loader = use(classPath.toArray(URL[]::new), arguments[0]);
      awaitWithGarbageCollections("collected", () -> loader.get() == null);
      System.out.println("collected");
    }

    private static WeakReference<Object> use(URL[] classPath, String guest) throws Exception {
      try (URLClassLoader loader =
          new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader())) {
        Object user = loader.loadClass(User.class.getName()).getConstructor().newInstance();
        cast(user).accept(guest);
        return new WeakReference<>(loader);
      }
    }

    @SuppressWarnings("unchecked")
    private static Consumer<Object> cast(Object user) {
      return (Consumer<Object>) user;
    }
  }

  /** What the application does. */
  public static final class User implements Consumer<Object> {
    public User() {}

    @Override
    public void accept(Object path) {
      Guest guest = Guest.load(Path.of((String) path));
      try (Sandbox sandbox = Sandbox.builder(guest).hostFunction("fetch", () -> 7L).build();
          Snapshot snapshot = sandbox.snapshot();
          SandboxPool pool = SandboxPool.builder(snapshot).size(1).build()) {
        assertSeven(sandbox);
        Thread virtual = Thread.ofVirtual().start(() -> assertSeven(sandbox));
        virtual.join();
        long result = pool.call("use", long.class);
        if (result != 7) {
          throw new IllegalStateException("result " + result);
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    private static void assertSeven(Sandbox sandbox) {
      long result = sandbox.call("use", long.class);
      if (result != 7) {
        throw new IllegalStateException("result " + result);
      }
    }
  }
}
