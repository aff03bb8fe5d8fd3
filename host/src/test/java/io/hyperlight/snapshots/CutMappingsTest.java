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
 * A call can be ended in the middle of a change of page tables. The restore then resets memory and
 * what the processor has cached of the page tables.
 */
@NotInHardwareLane("It runs the compiler.")
@Tag("slow")
class CutMappingsTest {
  private static final String KINDS = "upnmodb";

  private static Path program() {
    String source = SourceFile.of(CutMappingsTest.class, "cut.c");
    return CProgram.compile(source, List.of("-O1", "-static", "-w"));
  }

  @Test
  void aRestoreTakesBackWhatWasEndedAtAnyCheckpoint() throws Exception {
    Runnable cuts =
        (Runnable)
            new CountingLoader()
                .loadClass("io.hyperlight.snapshots.SteppedCuts")
                .getConstructor(Path.class, String.class, int.class)
                .newInstance(program(), KINDS, Integer.getInteger("hyperlight.test.cuts", 15));
    Steps.count(cuts);
  }
}
