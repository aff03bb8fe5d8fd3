package io.hyperlight.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.machine.Platform;
import io.hyperlight.testing.Await;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.ClassFolder;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The first code that uses the library may have a nearly full stack, and other code must be able to
 * use it later.
 */
@NotInHardwareLane("Says nothing about the processor, and starts a JVM after the other.")
@Tag("slow")
class FirstUseTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>
      HL_EXPORT(int32_t, one)
      int32_t one(void) { return 1; }
      """;

  /** As {@link Child} begins: every so many steps from the end of the stack, in a JVM each. */
  private static final List<Integer> DISTANCES = List.of(0, 40, 80, 120, 200, 300, 500);

  @Test
  void theFirstLookAtTheMachineSucceedsOrLeavesNothingOpenAtAnyDepthOfTheStack() {
    for (int distance : DISTANCES) {
      List<String> command =
          new ArrayList<>(
              ChildJvm.commandLine(Child.class, List.of("--enable-native-access=ALL-UNNAMED")));
      command.add(CompiledGuest.fileOf(PROGRAM).toString());
      command.add(Integer.toString(distance));
      assertThat(Command.run(command).outputOfSuccess())
          .as("%d steps from the end", distance)
          .endsWith("{open kvm=1}\n");
    }
  }

  /** The child. */
  static final class Child {
    /** As far as the steps of the later attempts go. */
    private static final int STEPS = 400;

    private static int left;
    private static int overflows;

    private Child() {}

    public static void main(String[] arguments) throws Exception {
      int distance = Integer.parseInt(arguments[1]);
      loadLibrary();
      left = STEPS;
      Thread caller = new Thread(() -> descend(distance));
      caller.start();
      caller.join();
      if (overflows == 0) {
        throw new IllegalStateException("the stack had room for all");
      }
      try (Sandbox sandbox = Sandbox.builder(Guest.load(Path.of(arguments[0]))).build();
          Snapshot snapshot = sandbox.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        if (spawned.<Integer>call("one", int.class) != 1) {
          throw new IllegalStateException("wrong answer");
        }
      }
      Await.until("nothing else is open", () -> Descriptors.ofKvm().size() == 1);
      System.out.println(Descriptors.ofKvm());
    }

    /** Loads all classes, and initialises none: a class loader does not survive such errors. */
    private static void loadLibrary() throws Exception {
      Path library = ClassFolder.of(Sandbox.class);
      try (Stream<Path> files = Files.walk(library.resolve("io"))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
          String name = library.relativize(file).toString().replace('/', '.');
          Class<?> _ =
              Class.forName(
                  name.substring(0, name.length() - ".class".length()),
                  false,
                  Child.class.getClassLoader());
        }
      }
    }

    /** To the end of the stack, and from there back, with an attempt in each frame. */
    @SuppressWarnings("InfiniteRecursion")
    private static void descend(int distance) {
      try {
        descend(distance);
      } catch (StackOverflowError e) {
        left = STEPS + distance; // the overflow begins here
      }
      left--;
      if (left < STEPS && left >= 0) {
        look();
      }
    }

    private static void look() {
      try {
        Platform _ = HostPlatform.get();
      } catch (StackOverflowError e) {
        overflows++;
      }
    }
  }
}
