import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/** Collections, streams, method handles, and loops that C1 and C2 compile. */
public class Computing {
  interface Shape {
    double area();
  }

  record Square(double side) implements Shape {
    public double area() {
      return side * side;
    }
  }

  record Circle(double radius) implements Shape {
    public double area() {
      return Math.PI * radius * radius;
    }
  }

  record Rectangle(double width, double height) implements Shape {
    public double area() {
      return width * height;
    }
  }

  static int field = 7;

  static long twice(int value) {
    return 2L * value;
  }

  /** Gets compiled for one class, then for two, and is then compiled again. */
  static double areas(Shape[] shapes, int rounds) {
    double sum = 0;
    for (int i = 0; i < rounds; i++) {
      sum += shapes[i % shapes.length].area();
    }
    return sum;
  }

  static int fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }

  static int vectorised(int[] a, int[] b) {
    for (int round = 0; round < 500; round++) {
      for (int i = 0; i < a.length; i++) {
        a[i] = a[i] * 31 + b[i];
      }
    }
    int sum = 0;
    for (int value : a) {
      sum += value;
    }
    return sum;
  }

  static void loops() {
    System.out.println(areas(new Shape[] {new Square(2)}, 300_000));
    System.out.println(areas(new Shape[] {new Square(2), new Square(3)}, 300_000));
    System.out.printf("%.3f%n", areas(new Shape[] {new Square(2), new Circle(1)}, 300_000));
    System.out.printf(
        "%.3f%n", areas(new Shape[] {new Square(2), new Circle(1), new Rectangle(1, 2)}, 300_000));
    System.out.println(fibonacci(30));
    int[] a = IntStream.range(0, 4096).toArray();
    System.out.println(vectorised(a, a.clone()));
    CRC32 crc = new CRC32();
    crc.update(new byte[1_000_000]);
    System.out.println(Long.toHexString(crc.getValue()));
    System.out.println(BigInteger.TWO.pow(1279).subtract(BigInteger.ONE).isProbablePrime(5));
  }

  static void collections() {
    Random random = new Random(42);
    Map<Integer, Integer> hashed = new HashMap<>();
    TreeMap<Integer, Integer> sorted = new TreeMap<>();
    for (int i = 0; i < 100_000; i++) {
      int key = random.nextInt(5000);
      hashed.merge(key, 1, Integer::sum);
      sorted.merge(key, 1, Integer::sum);
    }
    System.out.println(
        hashed.equals(sorted) + " " + sorted.firstEntry() + " " + sorted.lastEntry());
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      words.add(Integer.toString(random.nextInt(1000), 36));
    }
    Map<Integer, Long> lengths =
        words.stream().collect(Collectors.groupingBy(String::length, Collectors.counting()));
    System.out.println(lengths);
    System.out.println(words.parallelStream().mapToInt(String::hashCode).sum());
    System.out.println(IntStream.rangeClosed(1, 1000).parallel().filter(i -> i % 7 == 0).sum());
  }

  static void handles() throws Throwable {
    MethodHandles.Lookup lookup = MethodHandles.lookup();
    MethodHandle twice =
        lookup.findStatic(Computing.class, "twice", MethodType.methodType(long.class, int.class));
    MethodHandle bound = MethodHandles.insertArguments(twice, 0, 21);
    VarHandle variable = lookup.findStaticVarHandle(Computing.class, "field", int.class);
    long sum = 0;
    for (int i = 0; i < 50_000; i++) {
      sum += (long) twice.invokeExact(i) + (int) variable.getAndAdd(1);
    }
    System.out.println((long) bound.invokeExact() + " " + sum + " " + field);
  }

  public static void main(String[] arguments) throws Throwable {
    loops();
    collections();
    handles();
  }
}
