package io.hyperlight.containment;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * Runs a program that makes the host hold as much as possible, in a JVM with a small heap, and
 * prints how much that is. For {@link HeapLimitTest}.
 */
final class HeldHeap {
  private static final long MIB = 1 << 20;

  private HeldHeap() {}

  /** Looks at the heap when the program reads. */
  private static final class Look extends InputStream {
    private final Program other;
    private long held;

    Look(Program other) {
      this.other = other;
    }

    @Override
    public int read() {
      held = used();
      // Others go on meanwhile.
      System.out.println("other: " + other.run().status());
      return -1;
    }

    @Override
    public int read(byte[] target, int from, int length) {
      return read();
    }
  }

  private static long used() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static Program program(String file, String kind, String folder) {
    return Program.of(Path.of(file))
        .args(kind)
        .memorySize(32 * MIB)
        .mount("/t", FileTree.memory(8 * MIB))
        .mount("/h", FileTree.directory(Path.of(folder)));
  }

  /** Program, kind, and the folder that it sees as {@code /h}. */
  public static void main(String[] arguments) {
    Program other =
        program(arguments[0], "nothing", arguments[2]).stdin(new ByteArrayInputStream(new byte[0]));
    other.run(); // excludes what is loaded only once
    Look look = new Look(other);
    long before = used();
    ProgramResult result =
        program(arguments[0], arguments[1], arguments[2]).stdin(look).hostPrint(System.out).run();
    System.out.println("status: " + result.status());
    System.out.println("held: " + (look.held - before));
    System.out.println("paths: " + result.files().paths().count());
  }
}
