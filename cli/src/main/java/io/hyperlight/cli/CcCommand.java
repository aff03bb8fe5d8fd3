package io.hyperlight.cli;

import io.hyperlight.LinuxText;
import io.hyperlight.sdk.GuestCompiler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "cc",
    description = "Compiles C sources to a guest.",
    footer = {
      "",
      "Everything else goes to gcc, behind the sources: -O3, -g, -DNAME, -Ifolder, -lm",
      "and so on."
    },
    customSynopsis = "hyperlight cc [--libc] SOURCE... [-o OUTPUT] [GCC OPTIONS]",
    mixinStandardHelpOptions = true)
final class CcCommand implements Callable<Integer> {
  /** The useful options of gcc whose value can be the next word. */
  private static final Set<String> WITH_VALUE =
      Set.of(
          ("-D -I -L -T -U -idirafter -imacros -include -iquote -isystem -l -u -z"
                  + " -Xassembler -Xlinker -Xpreprocessor --param")
              .split(" "));

  @Option(
      names = "-o",
      paramLabel = "OUTPUT",
      description = "The guest; by default the first source's name without its ending.")
  private @Nullable Path output;

  @Option(
      names = "--libc",
      description = "Links the guest with a libc, so that it has all of C's standard library.")
  private boolean libc;

  /**
   * The sources and gcc's options, mixed. Their order matters to gcc, and picocli does not know
   * gcc's options.
   */
  @Parameters(paramLabel = "SOURCE", description = "C and assembler sources, objects, archives.")
  private List<String> words = new ArrayList<>();

  @Override
  public Integer call() {
    List<String> sources = new ArrayList<>();
    List<String> options = new ArrayList<>();
    boolean isValue = false;
    for (String word : words) {
      if (isValue || word.startsWith("-")) {
        options.add(word);
      } else {
        sources.add(word);
      }
      isValue = !isValue && WITH_VALUE.contains(word);
    }
    if (sources.isEmpty()) {
      throw new UserException("cc needs a source file: hyperlight cc hello.c -o hello");
    }
    Path target = output != null ? output : withoutEnding(sources.getFirst());
    GuestCompiler compiler = libc ? new GuestCompiler().withLibc() : new GuestCompiler();
    System.err.print(
        compiler.compile(sources.stream().map(LinuxText::path).toList(), target, options));
    return 0;
  }

  private static Path withoutEnding(String source) {
    int dot = source.lastIndexOf('.');
    if (dot <= source.lastIndexOf('/') + 1) {
      throw new UserException(source + " has no extension to remove: name the guest with -o");
    }
    return LinuxText.path(source.substring(0, dot));
  }
}
