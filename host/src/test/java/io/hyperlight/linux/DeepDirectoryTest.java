package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests can make deep directories, even if the host's stacks are small. */
@NotInHardwareLane("Says nothing about the processor, and runs the compiler.")
@Tag("slow")
class DeepDirectoryTest {
  /** Nests trees of 2,000 levels, with a working directory and a descriptor inside. */
  private static final Path PROGRAM =
      CProgram.compile(
          SourceFile.of(DeepDirectoryTest.class, "deep_directories.c"), List.of("-static"));

  private static String onSmallStack(int kib, String argument) {
    CompletableFuture<String> said = new CompletableFuture<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                ProgramResult result =
                    Program.of(PROGRAM)
                        .args(argument)
                        .memorySize(32 << 20)
                        .mount("/t", FileTree.memory(32 << 20))
                        .run();
                long files = result.files().paths().count();
                said.complete(result.outputText() + result.errorText() + files + " files");
              } catch (Throwable t) {
                said.completeExceptionally(t);
              }
            },
            "small stack",
            kib * 1024L);
    thread.start();
    return said.join();
  }

  @ParameterizedTest
  @ValueSource(ints = {160, 512})
  void nobodysStackDependsOnHowDeepTheyAre(int kib) {
    // The tree holds the working directory, so the move is refused.
    assertThat(onSmallStack(kib, "1")).isEqualTo("refused 1\n0 files");
    assertThat(onSmallStack(kib, "0")).isEqualTo("refused 0\n0 files");
  }
}
