import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.RecursiveTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Executors, locks, atomics, fork and join, futures, timers and virtual threads. */
public class Concurrency {
  static long counter;

  static void count(String what, int threads, int rounds, Runnable step) throws Exception {
    counter = 0;
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      all.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int j = 0; j < rounds; j++) {
                  step.run();
                }
              }));
    }
    for (Thread thread : all) {
      thread.join();
    }
    System.out.println(what + " " + counter);
  }

  static void locks() throws Exception {
    Object monitor = new Object();
    ReentrantLock lock = new ReentrantLock();
    ReentrantReadWriteLock both = new ReentrantReadWriteLock();
    count(
        "monitor",
        4,
        20_000,
        () -> {
          synchronized (monitor) {
            counter++;
          }
        });
    count(
        "lock",
        4,
        20_000,
        () -> {
          lock.lock();
          try {
            counter++;
          } finally {
            lock.unlock();
          }
        });
    count(
        "write lock",
        4,
        5_000,
        () -> {
          both.readLock().lock();
          both.readLock().unlock();
          both.writeLock().lock();
          counter++;
          both.writeLock().unlock();
        });
    AtomicLong atomic = new AtomicLong();
    count("atomic", 4, 50_000, atomic::incrementAndGet);
    System.out.println(atomic);
  }

  static void waiting() throws Exception {
    ReentrantLock lock = new ReentrantLock();
    Condition turn = lock.newCondition();
    int[] next = {0};
    StringBuilder order = new StringBuilder();
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int own = i;
      all.add(
          Thread.startVirtualThread(() -> {
            for (int j = 0; j < 5; j++) {
              lock.lock();
              while (next[0] % 3 != own) {
                turn.awaitUninterruptibly();
              }
              order.append((char) ('a' + own));
              next[0]++;
              turn.signalAll();
              lock.unlock();
            }
          }));
    }
    for (Thread thread : all) {
      thread.join();
    }
    System.out.println(order);
    CyclicBarrier barrier = new CyclicBarrier(3);
    Phaser phaser = new Phaser(3);
    Semaphore semaphore = new Semaphore(0);
    for (int i = 0; i < 3; i++) {
      Thread.ofPlatform()
          .start(() -> {
            try {
              barrier.await();
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
            phaser.arriveAndAwaitAdvance();
            semaphore.release();
          });
    }
    semaphore.acquire(3);
    System.out.println("phase " + phaser.getPhase());
    Thread sleeper =
        Thread.ofPlatform()
            .start(() -> {
              try {
                Thread.sleep(1_000_000);
              } catch (InterruptedException e) {
                System.out.println("interrupted");
              }
            });
    sleeper.interrupt();
    sleeper.join();
    Thread parked = Thread.ofPlatform().start(LockSupport::park);
    LockSupport.unpark(parked);
    parked.join();
  }

  static class Sum extends RecursiveTask<Long> {
    final int from;
    final int to;

    Sum(int from, int to) {
      this.from = from;
      this.to = to;
    }

    @Override
    protected Long compute() {
      if (to - from < 500) {
        long sum = 0;
        for (int i = from; i < to; i++) {
          sum += i;
        }
        return sum;
      }
      Sum left = new Sum(from, (from + to) / 2);
      left.fork();
      return new Sum((from + to) / 2, to).compute() + left.join();
    }
  }

  static void executors() throws Exception {
    try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        int n = i;
        all.add(pool.submit(() -> n * n));
      }
      int sum = 0;
      for (Future<Integer> one : all) {
        sum += one.get();
      }
      System.out.println("pool " + sum);
    }
    try (ForkJoinPool pool = new ForkJoinPool(4)) {
      System.out.println("fork " + pool.invoke(new Sum(0, 200_000)));
    }
    CompletableFuture<Integer> one = CompletableFuture.supplyAsync(() -> 20);
    CompletableFuture<Integer> two = CompletableFuture.supplyAsync(() -> 22);
    System.out.println("future " + one.thenCombineAsync(two, Integer::sum).get());
    try {
      new CompletableFuture<>().get(5, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      System.out.println("timeout");
    }
    try (ScheduledExecutorService timer = Executors.newScheduledThreadPool(2)) {
      CountDownLatch latch = new CountDownLatch(5);
      timer.scheduleAtFixedRate(latch::countDown, 1, 2, TimeUnit.MILLISECONDS);
      latch.await();
      System.out.println("timer " + timer.schedule(() -> "late", 3, TimeUnit.MILLISECONDS).get());
      timer.shutdownNow();
    }
  }

  static void virtualThreads() throws Exception {
    AtomicInteger done = new AtomicInteger();
    ConcurrentHashMap<Integer, Integer> map = new ConcurrentHashMap<>();
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 2_000; i++) {
        int n = i;
        each.submit(() -> {
          Thread.sleep(1);
          map.merge(n % 10, 1, Integer::sum);
          return done.incrementAndGet();
        });
      }
    }
    System.out.println("virtual " + done + " " + map);
    BlockingQueue<Integer> queue = new ArrayBlockingQueue<>(3);
    Thread.startVirtualThread(() -> {
      for (int i = 0; i < 1_000; i++) {
        try {
          queue.put(i);
        } catch (InterruptedException e) {
          return;
        }
      }
    });
    long sum = 0;
    for (int i = 0; i < 1_000; i++) {
      sum += queue.take();
    }
    System.out.println("queue " + sum);
  }

  public static void main(String[] arguments) throws Exception {
    locks();
    waiting();
    executors();
    virtualThreads();
  }
}
