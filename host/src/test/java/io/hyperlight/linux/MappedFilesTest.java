package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mappings follow their files through all changes, as the same code shows natively. */
@NotInHardwareLane("Runs the compiler.")
@Tag("slow")
class MappedFilesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mapped_files",
        "mapping_places",
        "random_mapping",
        "shared_files",
        "sealed_files",
        "random_shared",
        "large_transfers",
        "first_touch",
        "random_touch"
      })
  void memoryIsWhatItIsOnLinux(String what) throws IOException {
    FileCallsTest.assertSameAsNative("memory/" + what + ".c");
  }

  @Test
  void aDatabaseThatIsReadThroughAMappingStaysIntact() throws IOException {
    Path program =
        CProgram.compile(
            SourceFile.of(MappedFilesTest.class, "memory/sqlite_mapped.c"),
            List.of("-static", "-O1", "-w", "-lsqlite3", "-ldl", "-lpthread"));
    Path folder = TemporaryFolder.create("sqlite-mapped");
    Differential differential = new Differential(program.toString(), "libsqlite3-dev");
    String database = folder.resolve("db").toString();
    ProgramResult result =
        differential.program(database).mount(folder.toString(), FileTree.memory(64 << 20)).run();
    assertThat(result.outputText())
        .contains("mapped mmap_size=50000000", "mapped integrity_check=ok", "plain n=")
        .doesNotContain("error", "malformed", "wrong", "missing");
    differential.assertSameInFolder(folder, new byte[0], database);
  }
}
