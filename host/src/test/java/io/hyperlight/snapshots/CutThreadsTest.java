package io.hyperlight.snapshots;

import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.CountingLoader;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.Steps;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A call can be ended while a thread is made, woken, moved or ended. After the restore nothing
 * knows of the thread: no signal finds it, and it is in no queue.
 */
@NotInHardwareLane("It runs the compiler.")
@Tag("slow")
class CutThreadsTest {
  private static final String KINDS = "cem";

  private static Path program() {
    String source = SourceFile.of(CutThreadsTest.class, "cut_threads.c");
    return CProgram.compile(source, List.of("-O1", "-static", "-pthread", "-w"));
  }

  @Test
  void noThreadIsLeftThatWasMadeInACallThatWasEndedAtAnyCheckpoint() throws Exception {
    Runnable cuts =
        (Runnable)
            new CountingLoader()
                .loadClass("io.hyperlight.snapshots.SteppedCuts")
                .getConstructor(Path.class, String.class, int.class)
                .newInstance(program(), KINDS, Integer.getInteger("hyperlight.test.cuts", 180));
    Steps.count(cuts);
  }
}
