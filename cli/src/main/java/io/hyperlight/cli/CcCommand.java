package io.hyperlight.cli;

import io.hyperlight.sdk.GuestCompiler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

@Command(
    name = "cc",
    description = "Compiles C sources to a guest.",
    footer = {"", "Everything else goes to gcc: -O3, -g, -DNAME=VALUE, -Idirectory and so on."},
    customSynopsis = "hyperlight cc SOURCE... [-o OUTPUT] [GCC OPTIONS]",
    mixinStandardHelpOptions = true)
final class CcCommand implements Callable<Integer> {
  @Option(
      names = "-o",
      paramLabel = "OUTPUT",
      description = "The guest; by default the first source's name without its ending.")
  private @Nullable Path output;

  @Parameters(paramLabel = "SOURCE", description = "C and assembler sources, objects, archives.")
  private List<String> words = new ArrayList<>();

  @Unmatched private List<String> options = new ArrayList<>();

  @Override
  public Integer call() {
    List<Path> sources = words.stream().map(Path::of).toList();
    if (sources.isEmpty()) {
      throw new UserException("cc needs a source file: hyperlight cc hello.c -o hello");
    }
    Path target = output != null ? output : withoutEnding(sources.getFirst());
    String said = new GuestCompiler().compile(sources, target, options);
    System.err.print(said);
    return 0;
  }

  private static Path withoutEnding(Path source) {
    String name = String.valueOf(source.getFileName());
    int dot = name.lastIndexOf('.');
    if (dot <= 0) {
      throw new UserException(source + " has no ending to leave off: name the guest with -o");
    }
    return source.resolveSibling(name.substring(0, dot));
  }
}
