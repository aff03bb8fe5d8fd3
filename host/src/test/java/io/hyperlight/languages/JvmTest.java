package io.hyperlight.languages;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
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
 * The JVM of this test runs in a sandbox, with its compilers, collectors and threads. Programs in
 * Java print the same there as outside.
 */
@NotInHardwareLane("It compiles and collects for seconds, which takes minutes there.")
@Tag("slow")
class JvmTest {
  private static final byte[] NOTHING = {};

  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

  /** The collector that starts fewest threads. */
  private static final String SERIAL = "-XX:+UseSerialGC";

  private static Program inSandbox(Program program) {
    return program.memorySize(1 << 30).allowCodeGeneration().callTimeout(Duration.ofMinutes(5));
  }

  /** Compiles a program with this JVM's compiler. */
  private static Path compiled(String name) throws IOException {
    Path folder = TemporaryFolder.create("jvm");
    Path source = folder.resolve(name + ".java");
    Files.write(source, SourceFile.of(JvmTest.class, "java/" + name + ".java").getBytes(UTF_8));
    Command.run(
            JAVA_HOME.resolve("bin/javac").toString(), "-d", folder.toString(), source.toString())
        .outputOfSuccess();
    return folder;
  }

  private static void assertSame(String name, String... options) throws IOException {
    Path classes = compiled(name);
    String[] arguments = new String[options.length + 4];
    System.arraycopy(options, 0, arguments, 0, options.length);
    arguments[options.length] = "-Xmx128m";
    arguments[options.length + 1] = "-cp";
    arguments[options.length + 2] = classes.toString();
    arguments[options.length + 3] = name;
    new Differential(JAVA_HOME.resolve("bin/java").toString(), "a JDK")
        .withLibraries()
        .with(Path.of("/etc"))
        .in(program ->
            inSandbox(program)
                .mount(JAVA_HOME.toString(), FileTree.directory(JAVA_HOME))
                .mount(classes.toString(), FileTree.directory(classes)))
        .assertSame(NOTHING, arguments);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Concurrency", "Faults"})
  void aProgramPrintsTheSame(String name) throws IOException {
    assertSame(name, SERIAL);
  }

  /** The fourth level of the compilers is C2, whose code depends on what the program has done. */
  @Test
  void theOptimisingCompilerCompilesWhatIsHot() throws IOException {
    Path classes = compiled("Computing");
    ProgramResult result =
        inSandbox(Program.of(JAVA_HOME.resolve("bin/java")))
            .args(SERIAL, "-XX:+PrintCompilation", "-cp", classes.toString(), "Computing")
            .mount("/usr", FileTree.directory(Path.of("/usr")))
            .mount("/lib", FileTree.directory(Path.of("/lib")))
            .mount("/lib64", FileTree.directory(Path.of("/lib64")))
            .mount(JAVA_HOME.toString(), FileTree.directory(JAVA_HOME))
            .mount(classes.toString(), FileTree.directory(classes))
            .run();
    assertThat(result.status()).as(result.errorText()).isZero();
    assertThat(result.outputText().lines())
        .as("compilations of the fourth level")
        .anyMatch(line -> line.matches("\\s*\\d+\\s+\\d+[ %sb!n]*4\\s+Computing::.*"))
        .as("code that an assumption of the compiler made wrong")
        .anyMatch(line -> line.endsWith("made not entrant: uncommon trap"));
  }

  @ParameterizedTest
  @CsvSource({
    "Computing, -XX:+UseSerialGC",
    "Computing, -XX:+UseG1GC",
    "Computing, -XX:TieredStopAtLevel=1",
    "Computing, -XX:-TieredCompilation",
    "Concurrency, -XX:+UseG1GC",
    "Concurrency, -Xint",
    "Faults, -XX:+UseG1GC",
    "Faults, -XX:+UseParallelGC",
    "Faults, -XX:-TieredCompilation",
    "Faults, -XX:+UseZGC",
    "Faults, -XX:+UseShenandoahGC",
    "Concurrency, -XX:+UseZGC",
    "Concurrency, -XX:+UseShenandoahGC",
    "Computing, -Xshare:off",
    "Computing, -XX:+UseCompactObjectHeaders",
  })
  @EnabledIfSystemProperty(named = "hyperlight.test.complete", matches = "true")
  void aProgramPrintsTheSameWithOtherCollectorsAndCompilers(String name, String option)
      throws IOException {
    assertSame(name, option);
  }
}
