package io.hyperlight.bench;

/** Makes the code that the benchmark measures callable from the package of the JMH benchmarks. */
public final class MicroCalls {
  private MicroCalls() {}

  public static int call() throws Throwable {
    return Calls.addOnce(1, 2);
  }

  public static String callString() throws Throwable {
    return Calls.echoOnce(Calls.TEXT);
  }

  public static int callFresh() throws Throwable {
    return FreshCalls.touchOnce(8);
  }

  public static void restore() {
    FreshCalls.restore();
  }

  public static int hostCall() throws Throwable {
    return Calls.askOnce(1);
  }
}
