import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.Timer;
import java.util.TimerTask;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Answers requests. A request names what it does, and all but one try to leave something behind
 * that the next request would notice.
 */
public class Serving {
  static int requests;
  static final Map<String, Object> state = new HashMap<>();
  static final Object monitor = new Object();
  static final ReentrantLock lock = new ReentrantLock();
  static volatile long sink;

  public interface Attack {
    Object run() throws Throwable;
  }

  static final Map<String, Attack> attacks = new HashMap<>();

  /** Tells all that another request could have changed. */
  static String probe() throws Exception {
    List<Object> seen = new ArrayList<>();
    seen.add(++requests);
    seen.add(state);
    seen.add(
        new TreeSet<>(Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList()));
    seen.add(System.getProperty("left"));
    seen.add(System.getProperty("line.separator").length());
    seen.add(Locale.getDefault());
    seen.add(TimeZone.getDefault().getID());
    seen.add(Thread.getDefaultUncaughtExceptionHandler());
    seen.add(Thread.interrupted());
    seen.add(Thread.currentThread().getPriority());
    seen.add(ThreadLocalRandom.current().nextLong());
    seen.add(new Object().hashCode());
    seen.add(Files.readString(Path.of("/tmp/seed")));
    seen.add(Arrays.toString(new File("/tmp").list()));
    seen.add(Arrays.toString(new File("/proc/self/fd").list()));
    seen.add(new File("/proc/self/task").list().length);
    seen.add(System.getenv("LEFT"));
    seen.add(Runtime.getRuntime().totalMemory());
    synchronized (monitor) {
      seen.add(lock.tryLock());
    }
    SignalHandler before = Signal.handle(new Signal("USR2"), SignalHandler.SIG_DFL);
    seen.add(before == SignalHandler.SIG_DFL);
    return seen.toString();
  }

  /** Starts a thread that goes on after the request. */
  static Thread leave(boolean daemon, Attack what) {
    return Thread.ofPlatform()
        .daemon(daemon)
        .start(() -> {
          try {
            what.run();
          } catch (Throwable e) {
            throw new IllegalStateException(e);
          }
        });
  }

  static int deeper(int n) {
    return deeper(n + 1) + 1;
  }

  static long compute(int n) {
    return IntStream.range(0, n).mapToLong(i -> i * 31L ^ i).sum();
  }

  static sun.misc.Unsafe unsafe() throws Exception {
    Field field = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
    field.setAccessible(true);
    return (sun.misc.Unsafe) field.get(null);
  }

  static void fillAttacks() {
    attacks.put("probe", Serving::probe);
    attacks.put(
        "state",
        () -> {
          requests = 77;
          System.setProperty("left", "1");
          System.setProperty("line.separator", "separator");
          Locale.setDefault(Locale.JAPAN);
          TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));
          Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {});
          Thread.currentThread().interrupt();
          Thread.currentThread().setPriority(1);
          return state.put("left", new int[1000]);
        });
    attacks.put(
        "files",
        () -> {
          Files.writeString(Path.of("/tmp/seed"), "changed");
          Files.createDirectories(Path.of("/tmp/a/b/c"));
          Files.createSymbolicLink(Path.of("/tmp/link"), Path.of("/tmp/seed"));
          return Files.writeString(Path.of("/tmp/a/left"), "left".repeat(100_000));
        });
    attacks.put("no seed", () -> Files.deleteIfExists(Path.of("/tmp/seed")));
    attacks.put(
        "descriptors",
        () -> {
          for (int i = 0; i < 50; i++) {
            state.put("open " + i, new FileInputStream("/tmp/seed"));
          }
          return state.put("written", new FileOutputStream("/tmp/written"));
        });
    attacks.put(
        "closed input",
        () -> {
          new FileInputStream(FileDescriptor.in).close();
          return "closed";
        });
    attacks.put(
        "closed output",
        () -> {
          new FileOutputStream(FileDescriptor.out).close();
          return "lost";
        });
    attacks.put(
        "other output",
        () -> {
          System.setOut(new PrintStream(new ByteArrayOutputStream()));
          System.setIn(new FileInputStream("/tmp/seed"));
          return "lost";
        });
    attacks.put(
        "half-written pipe",
        () -> {
          Pipe pipe = Pipe.open();
          state.put("pipe", pipe);
          leave(true, () -> pipe.sink().write(ByteBuffer.allocate(200_000)));
          return pipe.source().read(ByteBuffer.allocate(10));
        });
    attacks.put(
        "waiting threads",
        () -> {
          CountDownLatch latch = new CountDownLatch(1);
          for (int i = 0; i < 20; i++) {
            boolean parks = i % 2 == 0;
            leave(
                i % 3 == 0,
                () -> {
                  if (parks) {
                    LockSupport.park();
                  } else {
                    latch.await();
                  }
                  return null;
                });
          }
          return "20";
        });
    attacks.put(
        "virtual threads",
        () -> {
          for (int i = 0; i < 100; i++) {
            Thread.startVirtualThread(() -> LockSupport.parkNanos(1_000_000L));
          }
          return "100";
        });
    attacks.put(
        "a thread that computes",
        () -> {
          leave(
              true,
              () -> {
                while (true) {
                  sink = compute(1000);
                }
              });
          return "1";
        });
    attacks.put(
        "a thread that writes later",
        () -> {
          leave(
              true,
              () -> {
                for (int i = 0; i < 1000; i++) {
                  Thread.sleep(i % 3);
                  System.out.println("late " + i);
                  System.out.flush();
                }
                return null;
              });
          return "soon";
        });
    attacks.put(
        "timers",
        () -> {
          new Timer("left")
              .schedule(
                  new TimerTask() {
                    @Override
                    public void run() {
                      System.out.println("tick");
                    }
                  },
                  1,
                  1);
          return Executors.newScheduledThreadPool(2)
              .schedule(() -> System.exit(9), 2, TimeUnit.MILLISECONDS);
        });
    attacks.put(
        "locks",
        () -> {
          CountDownLatch taken = new CountDownLatch(1);
          leave(
              true,
              () -> {
                synchronized (monitor) {
                  lock.lock();
                  taken.countDown();
                  LockSupport.park();
                }
                return null;
              });
          taken.await();
          return "locked";
        });
    attacks.put(
        "classes",
        () -> {
          for (int i = 0; i < 20; i++) {
            int n = i;
            Class<?>[] types = {Attack.class};
            Object proxy =
                Proxy.newProxyInstance(
                    new ClassLoader(Serving.class.getClassLoader()) {},
                    types,
                    (self, method, arguments) -> n);
            state.put("proxy" + i, ((Attack) proxy).run());
          }
          attacks.put("probe", () -> "replaced");
          return MethodHandles.lookup()
              .findStatic(
                  Serving.class,
                  "compute",
                  java.lang.invoke.MethodType.methodType(long.class, int.class))
              .invoke(10);
        });
    attacks.put(
        "compiled code",
        () -> {
          long sum = 0;
          for (int i = 0; i < 3000; i++) {
            sum += compute(200);
          }
          return sum;
        });
    attacks.put(
        "a big heap",
        () -> {
          List<byte[]> all = new ArrayList<>();
          for (int i = 0; i < 20; i++) {
            all.add(new byte[1 << 20]);
            Arrays.fill(all.get(i), (byte) i);
          }
          state.put("heap", all);
          System.gc();
          return all.size();
        });
    attacks.put(
        "a full heap",
        () -> {
          List<byte[]> all = new ArrayList<>();
          state.put("heap", all);
          while (true) {
            all.add(new byte[1 << 20]);
          }
        });
    attacks.put("a full stack", () -> deeper(0));
    attacks.put(
        "a full stack, caught",
        () -> {
          try {
            return deeper(0);
          } catch (StackOverflowError e) {
            return "caught";
          }
        });
    attacks.put(
        "an exception",
        () -> {
          throw new IllegalArgumentException("uncaught");
        });
    attacks.put(
        "an exception in a thread",
        () -> {
          leave(
                  false,
                  () -> {
                    throw new IllegalArgumentException("uncaught in a thread");
                  })
              .join();
          return "thrown";
        });
    attacks.put(
        "exit",
        () -> {
          Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
          System.exit(3);
          return null;
        });
    attacks.put(
        "exit 0",
        () -> {
          System.out.println("bye");
          System.exit(0);
          return null;
        });
    attacks.put(
        "halt",
        () -> {
          Runtime.getRuntime().halt(4);
          return null;
        });
    attacks.put(
        "signals",
        () -> {
          CountDownLatch came = new CountDownLatch(1);
          Signal.handle(new Signal("USR2"), signal -> came.countDown());
          Signal.raise(new Signal("USR2"));
          came.await();
          return "came";
        });
    attacks.put(
        "SIGTERM",
        () -> {
          Signal.raise(new Signal("TERM"));
          LockSupport.park();
          return null;
        });
    attacks.put(
        "a crash",
        () -> {
          unsafe().putLong(16, 1);
          return null;
        });
    attacks.put(
        "wild writes",
        () -> {
          for (long at = 0x10_0000; at > 0; at = at * 3 + 8) {
            unsafe().putLong(at & 0x7fff_ffff_fff8L, at);
          }
          return null;
        });
    attacks.put(
        "half an answer",
        () -> {
          System.out.print("x".repeat(100_000));
          System.out.flush();
          leave(
              false,
              () -> {
                LockSupport.park();
                return null;
              });
          throw new IOException("no more");
        });
    attacks.put(
        "an endless wait",
        () -> {
          new CountDownLatch(1).await();
          return null;
        });
  }

  public static void main(String[] arguments) throws Throwable {
    fillAttacks();
    state.clear();
    ThreadLocalRandom.current();
    probe(); // so that all that it needs is loaded
    lock.unlock();
    requests = 0;
    while (true) {
      ByteArrayOutputStream request = new ByteArrayOutputStream();
      System.in.transferTo(request);
      Object answer = attacks.get(request.toString()).run();
      System.out.println(answer);
      System.out.flush();
    }
  }
}
