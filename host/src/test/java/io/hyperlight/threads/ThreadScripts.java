package io.hyperlight.threads;

import io.hyperlight.threads.ThreadStep.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Generates a {@link ThreadScript} from a seed. */
final class ThreadScripts {
  private static final int MOST_THREADS = 32;
  private static final int LOCKS = 16;
  private static final int MEDIA = 17;
  private static final int BY_SIGNAL = 13;
  private static final int BY_SIGNAL_FILE = 14;
  private static final int BY_PROCESS_SIGNAL = 15;

  /** The first signal number, from SIGRTMIN, that a step has for itself. */
  private static final int OWN_SIGNAL = 6;

  /** How often a kind comes. */
  private static final List<Kind> KINDS = new ArrayList<>();

  static {
    KINDS.addAll(List.of(Kind.values()));
    for (Kind kind :
        List.of(
            Kind.CREATE,
            Kind.CREATE,
            Kind.CREATE,
            Kind.LOCKED,
            Kind.LOCKED,
            Kind.TRANSFER,
            Kind.TRANSFER,
            Kind.TRANSFER,
            Kind.TRANSFER,
            Kind.GATE,
            Kind.RING,
            Kind.COMPUTE)) {
      KINDS.add(kind);
    }
  }

  /** A thread that is to end, or has ended and is to be joined. */
  private record Child(int number, boolean detached) {}

  private final Random random;
  private final List<ThreadStep> steps = new ArrayList<>();
  private final List<Integer> alive = new ArrayList<>(List.of(0));
  private final List<Child> children = new ArrayList<>();

  /** Threads that have ended, and how. */
  private final List<ThreadStep> unjoined = new ArrayList<>();

  private int created;
  private int signals;

  private ThreadScripts(long seed) {
    random = new Random(seed);
  }

  /**
   * Returns the script of a seed.
   *
   * @param length how many steps it has, besides the ends of threads
   */
  static ThreadScript of(long seed, int length) {
    return new ThreadScripts(seed).generate(length);
  }

  private ThreadScript generate(int length) {
    while (steps.size() < length) {
      Kind kind = KINDS.get(random.nextInt(KINDS.size()));
      switch (kind) {
        case CREATE -> create();
        case END -> {
          if (random.nextInt(3) == 0) {
            end();
          }
        }
        case JOIN -> join();
        case DETACH -> {
          // with the end of the thread
        }
        case TRANSFER, POUR, PASS_FILES, BARRIER, GATE, RING, SEND_SIGNALS, EVENTS ->
            together(kind);
        default -> alone(kind);
      }
    }
    while (!children.isEmpty()) {
      end();
    }
    while (!unjoined.isEmpty()) {
      join();
    }
    return new ThreadScript(steps);
  }

  private int any(int most) {
    return random.nextInt(most);
  }

  private int oneAlive() {
    return alive.get(any(alive.size()));
  }

  private void add(Kind kind, int amount, int object, int extra, List<Integer> threads) {
    steps.add(new ThreadStep(kind, any(1 << 10), amount, 1 + any(1 << 20), object, extra, threads));
  }

  private void create() {
    if (alive.size() >= ThreadStep.MOST || created + 1 >= MOST_THREADS) {
      return;
    }
    int number = ++created;
    add(Kind.CREATE, any(200), number, 0, List.of(oneAlive()));
    alive.add(number);
    children.add(new Child(number, steps.getLast().variant() % 3 == 1));
  }

  private void end() {
    if (children.isEmpty()) {
      return;
    }
    Child child = children.remove(any(children.size()));
    alive.removeIf(number -> number == child.number);
    int how = child.detached ? 1 : any(8) < 6 ? 0 : 1 + any(2);
    int variant = how == 0 ? any(4) : List.of(0, 1, 3).get(any(3));
    boolean detachedByOther = how == 1 && !child.detached;
    ThreadStep detach = new ThreadStep(Kind.DETACH, 0, 0, 0, child.number, 0, List.of(oneAlive()));
    if (detachedByOther && any(2) == 0) {
      steps.add(detach);
      detachedByOther = false;
    }
    steps.add(new ThreadStep(Kind.END, variant, 0, 1 + any(1000), how, 0, List.of(child.number)));
    if (how == 0) {
      unjoined.add(steps.getLast());
    }
    if (detachedByOther) {
      steps.add(detach);
    }
  }

  private void join() {
    if (unjoined.isEmpty()) {
      return;
    }
    ThreadStep ended = unjoined.remove(any(unjoined.size()));
    int number = ended.threads().getFirst();
    steps.add(
        new ThreadStep(Kind.JOIN, any(3), 0, ended.variant() % 4, number, 0, List.of(oneAlive())));
  }

  private void alone(Kind kind) {
    int amount =
        switch (kind) {
          case COMPUTE -> 1 + any(any(4) == 0 ? 300_000 : 10_000);
          case NAP -> 10 + any(1500);
          case LOCKED, READ_LOCKED -> any(any(4) == 0 ? 50_000 : 500);
          case MEMORY -> 1 + any(40);
          case WITHOUT_LIBRARY -> 1 + any(10_000);
          default -> any(6);
        };
    add(kind, amount, locks(), 0, List.of(oneAlive()));
  }

  /** A set of one to three locks. Other kinds take it as a number. */
  private int locks() {
    int locks = 1 << any(LOCKS);
    for (int i = any(3); i > 0; i--) {
      locks |= 1 << any(LOCKS);
    }
    return locks;
  }

  private void together(Kind kind) {
    boolean two = kind == Kind.POUR || kind == Kind.PASS_FILES || kind == Kind.SEND_SIGNALS;
    if (alive.size() < 2) {
      create();
      return;
    }
    int count = two ? 2 : 2 + any(alive.size() - 1);
    List<Integer> threads = new ArrayList<>(alive);
    Collections.shuffle(threads, random);
    threads = threads.subList(0, count);
    switch (kind) {
      case TRANSFER -> transfer(threads);
      case POUR -> add(kind, 1 + any(150), 0, 0, threads);
      default -> add(kind, 1 + any(8), 0, 0, threads);
    }
  }

  private void transfer(List<Integer> threads) {
    int medium = any(MEDIA);
    int producers = any(2) == 0 ? threads.size() - 1 : 1 + any(threads.size() - 1);
    int extra = any(2);
    if (medium == BY_SIGNAL || medium == BY_SIGNAL_FILE) {
      producers = threads.size() - 1;
    }
    if (medium == BY_PROCESS_SIGNAL) {
      if (signals == 18) {
        return;
      }
      extra = OWN_SIGNAL + signals++;
    }
    steps.add(
        new ThreadStep(
            Kind.TRANSFER, medium, 1 + any(8), 1 + any(1 << 20), producers, extra, threads));
  }
}
