import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Exceptions that begin as signals, deep stacks, much garbage, and classes made at run time. */
public class Faults {
  record Node(int value, Node next) {}

  /** After it is compiled, the null check is the fault of a load. */
  static int valueOf(Node node) {
    return node.value;
  }

  static void nullChecks() {
    Node some = new Node(3, null);
    long sum = 0;
    for (int i = 0; i < 200_000; i++) {
      sum += valueOf(some);
    }
    int caught = 0;
    for (int i = 0; i < 20_000; i++) {
      try {
        sum += valueOf(i % 4 == 0 ? null : some);
      } catch (NullPointerException e) {
        caught++;
      }
    }
    System.out.println("null " + sum + " " + caught);
    int divided = 0;
    for (int i = 0; i < 20_000; i++) {
      try {
        divided += 100 / (i % 5);
      } catch (ArithmeticException e) {
        divided--;
      }
    }
    System.out.println("zero " + divided);
    int[] array = new int[10];
    int outside = 0;
    for (int i = 0; i < 20_000; i++) {
      try {
        array[i % 12]++;
      } catch (ArrayIndexOutOfBoundsException e) {
        outside++;
      }
    }
    System.out.println("index " + outside + " " + array[0]);
  }

  static int depth;

  static void deeper() {
    depth++;
    deeper();
  }

  static void stacks() throws Exception {
    for (int i = 0; i < 3; i++) {
      Thread thread =
          new Thread(
              null,
              () -> {
                depth = 0;
                try {
                  deeper();
                } catch (StackOverflowError e) {
                  System.out.println("overflow " + (depth > 1000));
                }
              },
              "deep",
              512 << 10);
      thread.start();
      thread.join();
    }
  }

  static void garbage() throws Exception {
    List<byte[]> kept = new ArrayList<>();
    WeakReference<Object> weak = new WeakReference<>(new Object());
    long sum = 0;
    for (int i = 0; i < 1_000; i++) {
      kept.add(new byte[50_000]);
      if (kept.size() > 200) {
        kept = new ArrayList<>(kept.subList(100, kept.size()));
      }
      Node list = null;
      for (int j = 0; j < 300; j++) {
        list = new Node(j, list);
      }
      sum += list.value;
    }
    System.gc();
    System.out.println("garbage " + sum + " " + (weak.get() == null));
    Cleaner cleaner = Cleaner.create();
    Object[] cleaned = {null};
    Object target = new Object();
    cleaner.register(
        target,
        () -> {
          synchronized (cleaned) {
            cleaned[0] = "cleaned";
            cleaned.notifyAll();
          }
        });
    target = null;
    synchronized (cleaned) {
      while (cleaned[0] == null) {
        System.gc();
        cleaned.wait(20);
      }
    }
    System.out.println(cleaned[0]);
    try {
      List<long[]> all = new ArrayList<>();
      while (true) {
        all.add(new long[1 << 20]);
      }
    } catch (OutOfMemoryError e) {
      System.out.println("heap is full");
    }
  }

  static final class Source extends SimpleJavaFileObject {
    final String text;

    Source(String name, String text) {
      super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignored) {
      return text;
    }
  }

  static final class Output extends SimpleJavaFileObject {
    final java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();

    Output(String name) {
      super(URI.create("bytes:///" + name.replace('.', '/') + ".class"), Kind.CLASS);
    }

    @Override
    public java.io.OutputStream openOutputStream() {
      return bytes;
    }
  }

  static void compiler() throws Exception {
    Map<String, Output> outputs = new HashMap<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    JavaFileManager files =
        new ForwardingJavaFileManager<>(compiler.getStandardFileManager(null, null, null)) {
          @Override
          public JavaFileObject getJavaFileForOutput(
              Location location, String name, JavaFileObject.Kind kind, javax.tools.FileObject at) {
            return outputs.computeIfAbsent(name, Output::new);
          }
        };
    String text =
        "public class Made implements java.util.function.IntUnaryOperator {"
            + " sealed interface T permits A, B {} record A(int x) implements T {}"
            + " record B(T t) implements T {} static int of(T t) { return switch (t) {"
            + " case A(int x) -> x; case B(A(int x)) -> x + 1; case B b -> -1; }; }"
            + " public int applyAsInt(int x) { return of(new A(x)) * of(new B(new A(x))); } }";
    boolean made =
        compiler.getTask(null, files, null, null, null, List.of(new Source("Made", text))).call();
    ClassLoader loader =
        new ClassLoader() {
          @Override
          protected Class<?> findClass(String name) throws ClassNotFoundException {
            Output output = outputs.get(name);
            if (output == null) {
              throw new ClassNotFoundException(name);
            }
            byte[] bytes = output.bytes.toByteArray();
            return defineClass(name, bytes, 0, bytes.length);
          }
        };
    var operator =
        (java.util.function.IntUnaryOperator)
            loader.loadClass("Made").getDeclaredConstructor().newInstance();
    System.out.println(made + " " + outputs.size() + " " + operator.applyAsInt(6));
  }

  public static void main(String[] arguments) throws Exception {
    nullChecks();
    stacks();
    garbage();
    compiler();
  }
}
