import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Computes, waits, allocates, compiles and throws, with many threads at once. The request is how
 * much of it. What it prints is the same in each run.
 */
public class Busy {
  static String hash() throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    byte[] bytes = new byte[4096];
    for (int i = 0; i < 60; i++) {
      new Random(i).nextBytes(bytes);
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static double multiply() {
    int n = 60;
    double[][] a = new double[n][n];
    double[][] b = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        a[i][j] = i * 0.25 - j;
        b[i][j] = i + j * 0.5;
      }
    }
    double[][] c = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < n; k++) {
          c[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return Arrays.stream(c).flatMapToDouble(Arrays::stream).sum();
  }

  static int garbage() {
    Map<Integer, List<String>> live = new HashMap<>();
    int sum = 0;
    for (int i = 0; i < 8_000; i++) {
      live.computeIfAbsent(i % 97, _ -> new ArrayList<>()).add("value " + i);
      if (i % 13 == 0) {
        List<String> removed = live.remove(i % 89);
        sum += removed == null ? 1 : removed.stream().mapToInt(String::hashCode).sum();
      }
    }
    return sum + live.hashCode();
  }

  static int exceptions() {
    int caught = 0;
    int[] array = new int[3];
    String[] texts = {"a", null, "c"};
    for (int i = 0; i < 3_000; i++) {
      try {
        caught += texts[i % 3].length();
      } catch (NullPointerException e) {
        caught += 3;
      }
      try {
        caught += array[i % 4] / (i % 5);
      } catch (ArithmeticException | ArrayIndexOutOfBoundsException e) {
        caught += e instanceof ArithmeticException ? 7 : 11;
      }
    }
    return caught + depth(0);
  }

  static int depth(int n) {
    try {
      return n > 100_000 ? 0 : depth(n + 1);
    } catch (StackOverflowError e) {
      return 1;
    }
  }

  static long queues() throws Exception {
    LinkedBlockingQueue<Integer> there = new LinkedBlockingQueue<>(4);
    SynchronousQueue<Integer> back = new SynchronousQueue<>();
    Thread worker =
        Thread.ofPlatform()
            .start(() -> {
              try {
                for (int i = 0; i < 150; i++) {
                  back.put(there.take() * 3 + i);
                }
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    long sum = 0;
    for (int i = 0; i < 150; i++) {
      there.put(i);
      sum = sum * 31 + back.take();
    }
    worker.join();
    return sum;
  }

  static long selectors() throws Exception {
    Pipe pipe = Pipe.open();
    try (Selector selector = Selector.open();
        Pipe.SinkChannel sink = pipe.sink();
        Pipe.SourceChannel source = pipe.source()) {
      source.configureBlocking(false);
      source.register(selector, SelectionKey.OP_READ);
      Thread writer =
          Thread.ofPlatform()
              .start(() -> {
                ByteBuffer bytes = ByteBuffer.allocate(150_000);
                for (int i = 0; i < bytes.capacity(); i++) {
                  bytes.put(i, (byte) (i * 7 + i / 4096));
                }
                try {
                  sink.write(bytes);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      long sum = 0;
      ByteBuffer piece = ByteBuffer.allocate(9_001);
      for (int at = 0; at < 150_000; ) {
        selector.select();
        selector.selectedKeys().clear();
        int length = source.read(piece.clear());
        for (int i = 0; i < length; i++, at++) {
          if (piece.get(i) != (byte) (at * 7 + at / 4096)) {
            throw new IllegalStateException("byte " + at);
          }
          sum = sum * 31 + piece.get(i);
        }
      }
      writer.join();
      return sum;
    }
  }

  static int timers() throws Exception {
    AtomicInteger ticks = new AtomicInteger();
    try (ScheduledExecutorService timer = Executors.newScheduledThreadPool(1)) {
      CountDownLatch latch = new CountDownLatch(5);
      timer.scheduleAtFixedRate(
          () -> {
            ticks.incrementAndGet();
            latch.countDown();
          },
          1,
          1,
          TimeUnit.MILLISECONDS);
      latch.await();
      timer.shutdownNow();
    }
    long before = System.nanoTime();
    Thread.sleep(3);
    return System.nanoTime() - before >= 3_000_000 && ticks.get() >= 5 ? 5 : -1;
  }

  static int virtualThreads() throws Exception {
    AtomicInteger sum = new AtomicInteger();
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 100; i++) {
        int n = i;
        each.submit(() -> {
          Thread.sleep(n % 3);
          return sum.addAndGet(n);
        });
      }
    }
    return sum.get();
  }

  static int compress() throws Exception {
    byte[] text = "to be compressed, again and again; ".repeat(2_000).getBytes();
    Deflater deflater = new Deflater();
    deflater.setInput(text);
    deflater.finish();
    byte[] small = new byte[4096];
    int length = deflater.deflate(small);
    Inflater inflater = new Inflater();
    inflater.setInput(small, 0, length);
    byte[] again = new byte[text.length];
    inflater.inflate(again);
    deflater.end();
    inflater.end();
    return Arrays.hashCode(again) + length;
  }

  public static void main(String[] arguments) throws Exception {
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    System.in.transferTo(request);
    int rounds = Integer.parseInt(request.toString().strip());
    System.out.println(rounds + " rounds");
    List<Callable<Object>> kinds =
        List.of(
            Busy::hash,
            Busy::multiply,
            Busy::garbage,
            Busy::exceptions,
            Busy::queues,
            Busy::selectors,
            Busy::timers,
            Busy::virtualThreads,
            Busy::compress);
    try (ExecutorService pool = Executors.newFixedThreadPool(5)) {
      for (int round = 0; round < rounds; round++) {
        List<Object> results = new ArrayList<>();
        for (Future<Object> result : pool.invokeAll(kinds)) {
          results.add(result.get());
        }
        System.out.println(round + " " + results);
      }
    }
    System.out.println("done");
    System.exit(0);
  }
}
