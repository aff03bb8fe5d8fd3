package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** Measures warm calls. The method handles are in static final fields, which is the fastest way. */
final class Calls {
  /** A text of 64 bytes. */
  static final String TEXT = "0123456789abcdef".repeat(4);

  private static final Sandbox SANDBOX = Guests.large().build();
  private static final MethodHandle ADD = SANDBOX.function("add");
  private static final MethodHandle ECHO = SANDBOX.function("echo");
  private static final MethodHandle ASK = SANDBOX.function("ask");

  private Calls() {}

  static List<Row> call(Run run) throws Throwable {
    Comparison comparison = run.compare(nanos -> add(nanos), Question.EXIT);
    return List.of(
        Row.ofTimes("call", Unit.MICROSECONDS, comparison).withGoal(Goal.atMost(1.06, comparison)));
  }

  static List<Row> callWithString(Run run) throws Throwable {
    Comparison comparison = run.compare(Calls::echo, Question.EXIT);
    return List.of(
        Row.ofTimes("call_string", Unit.MICROSECONDS, comparison)
            .withGoal(Goal.atMost(1.08, comparison)));
  }

  static List<Row> hostCall(Run run) throws Throwable {
    Comparison comparison = run.compare(Calls::ask, Question.TWO_EXITS);
    return List.of(
        Row.ofTimes("host_call", Unit.MICROSECONDS, comparison)
            .withGoal(Goal.atMost(1.08, comparison)));
  }

  /** Makes one call and returns the sum. */
  static int addOnce(int a, int b) throws Throwable {
    return (int) ADD.invokeExact(a, b);
  }

  static String echoOnce(String text) throws Throwable {
    return (String) ECHO.invokeExact(text);
  }

  static int askOnce(int number) throws Throwable {
    return (int) ASK.invokeExact(number);
  }

  private static void add(long[] nanos) throws Throwable {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      check(addOnce(i, 1) == i + 1);
      long time = System.nanoTime();
      nanos[i] = time - last;
      last = time;
    }
  }

  /** Calls the function {@code add} of any sandbox. */
  static void add(MethodHandle add, long[] nanos) throws Throwable {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      check((int) add.invokeExact(i, 1) == i + 1);
      long time = System.nanoTime();
      nanos[i] = time - last;
      last = time;
    }
  }

  private static void echo(long[] nanos) throws Throwable {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      check(echoOnce(TEXT).length() == TEXT.length());
      long time = System.nanoTime();
      nanos[i] = time - last;
      last = time;
    }
  }

  private static void ask(long[] nanos) throws Throwable {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      check(askOnce(i) == 2 * i);
      long time = System.nanoTime();
      nanos[i] = time - last;
      last = time;
    }
  }

  /** Checks the result of a call. A time for a wrong result would be useless. */
  static void check(boolean right) {
    if (!right) {
      throw new IllegalStateException("a call had a wrong result");
    }
  }
}
