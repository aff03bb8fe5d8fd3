package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.languages.PythonSuite.Comparison;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Libraries with threads and compiled code, as the Python Package Index has them, pass their own
 * tests in a sandbox where they pass them natively. polars brings none, so these are ours.
 */
@NotInHardwareLane("It compares with a native run, and takes long.")
@Needs({Tool.PYTHON, Tool.PYTHON_WHEELS})
@Tag("slow")
class PythonLibrariesTest {
  private static final Duration MOST = Duration.ofMinutes(5);

  /** Tests that allocate gigabytes, and those whose common set-up looks for a free port. */
  private static final String LEFT_OUT =
      "large|huge|big|memory_leak|overflow|s3fs|fs_file_combinations|with_filesystem";

  private static void assertSame(String file, int tests) {
    Comparison comparison =
        new PythonSuite("pytest", Tool.WHEELS.toString(), LEFT_OUT, MOST).compare(file);
    // Of sockets for example.
    assertThat(comparison.differences().stream().filter(difference -> !difference.isRefusal()))
        .isEmpty();
    assertThat(comparison.tests()).isGreaterThanOrEqualTo(tests);
  }

  @ParameterizedTest
  @CsvSource({
    "numpy/_core/tests/test_memmap.py, 15",
    "pyarrow/tests/test_acero.py, 15",
  })
  void filesOfTestsHaveTheNativeOutcomes(String file, int tests) {
    assertSame(file, tests);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "numpy/_core/tests/test_multithreading.py",
        "numpy/_core/tests/test_ufunc.py",
        "numpy/_core/tests/test_indexing.py",
        "numpy/_core/tests/test_errstate.py",
        "numpy/fft/tests",
        "numpy/random/tests/test_smoke.py",
        "numpy/linalg/tests/test_regression.py",
        "pyarrow/tests/test_compute.py",
        "pyarrow/tests/test_csv.py",
        "pyarrow/tests/test_table.py",
        "pyarrow/tests/test_ipc.py",
        "pyarrow/tests/test_memory.py",
        "pyarrow/tests/parquet",
      })
  @EnabledIfSystemProperty(named = "hyperlight.test.complete", matches = "true")
  void moreFilesOfTestsHaveTheNativeOutcomes(String file) {
    assertSame(file, 1);
  }

  @Test
  @EnabledIfSystemProperty(named = "hyperlight.test.complete", matches = "true")
  void queriesOfPolarsHaveTheNativeOutcomes() throws IOException {
    String file = "test_polars.py";
    Path folder = TemporaryFolder.create("polars");
    Files.writeString(
        folder.resolve(file), SourceFile.of(PythonLibrariesTest.class, "python/" + file));
    assertSame(folder.resolve(file).toString(), 30);
  }
}
