/** For ClockReadsTest. */
public final class Clocks {
  private Clocks() {}

  /** Reads two clocks often. */
  public static void main(String[] arguments) {
    long last = System.nanoTime();
    long lastMillis = System.currentTimeMillis();
    for (int i = 0; i < 50_000; i++) {
      long now = System.nanoTime();
      long millis = System.currentTimeMillis();
      if (now < last || millis < lastMillis) {
        System.out.println("back");
      }
      last = now;
      lastMillis = millis;
    }
    System.out.println("end");
  }
}
