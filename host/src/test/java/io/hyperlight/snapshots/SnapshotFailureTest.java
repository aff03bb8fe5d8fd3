package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.ClassFolder;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Held;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Snapshots, restores and spawns that the host cannot do. */
class SnapshotFailureTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      static int counter;

      HL_EXPORT(int, count)
      int count(void) { return ++counter; }
      """;

  @Test
  void whoFindsNoDescriptorIsToldSoAndLosesNothing() {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("bash", "-c", "ulimit -n 100 && exec \"$@\"", "bash"));
    command.addAll(
        ChildJvm.commandLine(FewDescriptors.class, List.of("--enable-native-access=ALL-UNNAMED")));
    command.add(CompiledGuest.fileOf(PROGRAM).toString());
    assertThat(Command.run(command).outputOfSuccess().lines())
        .containsExactly(
            "counted 1",
            "refused: cannot take a snapshot: memfd_create failed: EMFILE",
            "counted 1",
            "refused: cannot spawn a sandbox: KVM_CREATE_VM failed: EMFILE",
            "refused: cannot restore the sandbox: KVM_CREATE_VM failed: EMFILE",
            "counted 2",
            "refused: cannot restore the sandbox: KVM_CREATE_VCPU failed: EMFILE",
            "counted 3",
            "held the same: true",
            "restored, counted 2");
  }

  /** The main class of a separate JVM with few descriptors. */
  static final class FewDescriptors {
    private static final Deque<FileInputStream> FILES = new ArrayDeque<>();

    private FewDescriptors() {}

    public static void main(String[] arguments) throws IOException, ReflectiveOperationException {
      Guest guest = Guest.load(Path.of(arguments[0]));
      loadClasses();
      try (Sandbox sandbox = Sandbox.builder(guest).build()) {
        try (Snapshot first = sandbox.snapshot();
            Sandbox other = first.spawn()) {
          other.restore(first);
          count(other);
        }
        takeAllDescriptors();
        refused(() -> sandbox.snapshot().close());
        count(sandbox);
        release(8);
        try (Snapshot snapshot = sandbox.snapshot()) {
          Held before = Held.now(1 << 20);
          takeAllDescriptors();
          refused(() -> snapshot.spawn().close());
          refused(() -> sandbox.restore(snapshot));
          count(sandbox);
          release(1);
          refused(() -> sandbox.restore(snapshot));
          count(sandbox);
          while (!FILES.isEmpty()) {
            release(1);
          }
          System.out.println(
              "held the same: " + (Held.now(1 << 20).descriptors() == before.descriptors()));
          sandbox.restore(snapshot);
          System.out.print("restored, ");
          count(sandbox);
        }
      }
    }

    /** Loads them before there is no descriptor left for loading. */
    private static void loadClasses() throws IOException, ReflectiveOperationException {
      Path folder = ClassFolder.of(Sandbox.class);
      List<Path> files;
      try (Stream<Path> all = Files.walk(folder)) {
        files = all.filter(file -> file.toString().matches(".*/io/hyperlight/.*class")).toList();
      }
      for (Path file : files) {
        String name = folder.relativize(file).toString().replaceFirst("[.]class$", "");
        Class.forName(name.replace('/', '.'), false, FewDescriptors.class.getClassLoader());
      }
    }

    private static void count(Sandbox sandbox) {
      System.out.println("counted " + sandbox.call("count", int.class));
    }

    private static void refused(Runnable action) {
      try {
        action.run();
        System.out.println("not refused");
      } catch (HypervisorException e) {
        System.out.println("refused: " + String.valueOf(e.getMessage()).replaceAll(" \\(.*", ""));
      }
    }

    private static void takeAllDescriptors() {
      try {
        while (true) {
          FILES.push(new FileInputStream("/dev/null"));
        }
      } catch (IOException e) {
        return; // none is left
      }
    }

    private static void release(int count) throws IOException {
      for (int i = 0; i < count; i++) {
        FILES.pop().close();
      }
    }
  }
}
