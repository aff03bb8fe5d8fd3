package io.hyperlight.project;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.ClassFolder;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No method of the library calls itself, directly or through others. So no depth that a guest
 * chooses becomes the depth of a host stack.
 */
@NotInHardwareLane("Looks at class files only.")
class RecursionTest {
  private static final String ONE_DOWN = "asks a node below, which has none below itself";
  private static final String OPEN_ONCE = "is of an open file, which is of no descriptor's name";
  private static final String PAGES = "goes down a tree of pages, of at most ten levels";
  private static final String NESTED = "goes up or down nested epolls, of at most five levels";
  private static final String LISTED = "notes the next one in a list, and does not go there";
  private static final String GUARDED = "does not come there again: a flag keeps it";
  private static final String AGAIN = "reads once more, where there is memory then";
  private static final String TURNS =
      "looks as if: a thread is launched, and works on another stack";

  /** Methods that do, or seem to, and why that is no depth of the guest's. */
  private static final Map<String, String> BOUNDED =
      Map.ofEntries(
          Map.entry("MergedDirectory.child", ONE_DOWN),
          Map.entry("MergedDirectory.covered", ONE_DOWN),
          Map.entry("DescriptorNode.status", OPEN_ONCE),
          Map.entry("DirectoryFile.status", OPEN_ONCE),
          Map.entry("PathFile.status", OPEN_ONCE),
          Map.entry("PipeEnd.status", OPEN_ONCE),
          Map.entry("PageTree.count", PAGES),
          Map.entry("PageTree.find", PAGES),
          Map.entry("PageTree.remove", PAGES),
          Map.entry("Entry.changed", NESTED),
          Map.entry("Entry.ready", NESTED),
          Map.entry("EventPoll.enter", NESTED),
          Map.entry("EventPoll.ready", NESTED),
          Map.entry("PollGraph.count", NESTED),
          Map.entry("PollGraph.depthAbove", NESTED),
          Map.entry("PollGraph.depthBelow", NESTED),
          Map.entry("PollGraph.hasFewPaths", NESTED),
          Map.entry("WaitSource.changed", NESTED),
          Map.entry("FileRestorer.file", LISTED),
          Map.entry("FileRestorer.open", LISTED),
          Map.entry("InFlight.remove", LISTED),
          Map.entry("OpenFile.release", LISTED),
          Map.entry("SocketFile.dropMessages", LISTED),
          Map.entry("SocketFile.free", LISTED),
          Map.entry("MappedFiles.reading", GUARDED),
          Map.entry("MemoryContent.read", GUARDED),
          Map.entry("MemoryFiles.read", GUARDED),
          Map.entry("SharedPages.putBack", GUARDED),
          Map.entry("UserBytes.readLong", AGAIN),
          Map.entry("StackRoom.descend", "goes down as far as it says"),
          Map.entry("PageTables.retire", "goes down page tables, of four levels"),
          Map.entry("TableCopies.copy", "goes down page tables, of four levels"),
          Map.entry("TableCopies.copyEntries", "goes down page tables, of four levels"),
          Map.entry("VcpuThread.workUntilClosed", TURNS),
          Map.entry(
              "Outcomes.exceptionFor", "of an ending that came before, which has none before"),
          Map.entry("VcpuThread.launch", TURNS),
          Map.entry("VcpuThread.runOnce", TURNS),
          Map.entry("VcpuThread.target", TURNS),
          Map.entry("VcpuThread.work", TURNS));

  /** Pools have nothing of a guest's. */
  private static final String POOL = "io.hyperlight.internal.pool";

  private static final JavaClasses LIBRARY =
      new ClassFileImporter().importPath(ClassFolder.of(Sandbox.class));

  /** Methods that only make objects. What they name in them is called later. */
  private static final Set<String> MAKERS = Set.of("Maker.make");

  /** Returns the possible targets of a call: the method itself, and what overrides it. */
  private static Stream<JavaCodeUnit> targets(JavaCodeUnit caller) {
    if (MAKERS.contains(caller.getOwner().getSimpleName() + "." + caller.getName())) {
      return caller.getCallsFromSelf().stream()
          .filter(call -> !call.isDeclaredInLambda())
          .flatMap(call -> call.getTarget().resolveMember().stream())
          .flatMap(called -> withOverriding(caller, called));
    }
    return Stream.concat(
            caller.getCallsFromSelf().stream().map(call -> call.getTarget()),
            caller.getCodeUnitReferencesFromSelf().stream().map(reference -> reference.getTarget()))
        .flatMap(target -> target.resolveMember().stream())
        .flatMap(called -> withOverriding(caller, called));
  }

  /**
   * For a call of a method that the caller overrides, returns only that method: it is a call of
   * super, or of a decorated object.
   */
  private static Stream<JavaCodeUnit> withOverriding(JavaCodeUnit caller, JavaCodeUnit called) {
    if (!(called instanceof JavaMethod method)
        || !method.getOwner().getName().startsWith("io.hyperlight")) {
      return Stream.empty();
    }
    if (caller.getName().equals(called.getName())
        && !caller.getOwner().equals(called.getOwner())
        && caller.getOwner().isAssignableTo(called.getOwner().getName())) {
      return Stream.of(called);
    }
    String[] parameters =
        method.getRawParameterTypes().stream().map(JavaClass::getName).toArray(String[]::new);
    return Stream.concat(
        Stream.of(method),
        method.getOwner().getAllSubclasses().stream()
            .flatMap(type -> type.tryGetMethod(method.getName(), parameters).stream()));
  }

  private static final Map<JavaCodeUnit, List<JavaCodeUnit>> CALLS = new HashMap<>();

  private static boolean comesBack(JavaCodeUnit method) {
    Set<JavaCodeUnit> seen = new HashSet<>();
    Deque<JavaCodeUnit> pending = new ArrayDeque<>();
    pending.push(method);
    while (!pending.isEmpty()) {
      for (JavaCodeUnit next :
          CALLS.computeIfAbsent(pending.pop(), caller -> targets(caller).distinct().toList())) {
        if (next.equals(method)) {
          return true;
        }
        if (seen.add(next)) {
          pending.push(next);
        }
      }
    }
    return false;
  }

  /** Two methods that call each other, for the test of this test. */
  private static final class Ping {
    static int ping(int depth) {
      return depth == 0 ? 0 : Pong.pong(depth - 1);
    }
  }

  private static final class Pong {
    static int pong(int depth) {
      return depth == 0 ? 0 : Ping.ping(depth - 1);
    }
  }

  @Test
  void recursionByWayOfAnotherClassIsSeen() {
    JavaClasses pair = new ClassFileImporter().importClasses(Ping.class, Pong.class);
    assertThat(pair.stream().flatMap(type -> type.getMethods().stream()))
        .isNotEmpty()
        .allMatch(RecursionTest::comesBack);
    assertThat(Ping.ping(3)).isZero();
  }

  @Test
  void noMethodComesToItselfAgain() {
    Set<String> found = new TreeSet<>();
    for (JavaClass type : LIBRARY) {
      if (type.getPackageName().equals(POOL)) {
        continue;
      }
      for (JavaMethod method : type.getMethods()) {
        if (comesBack(method)) {
          found.add(type.getSimpleName() + "." + method.getName());
        }
      }
    }
    found.removeAll(BOUNDED.keySet());
    assertThat(found).isEmpty();
  }
}
