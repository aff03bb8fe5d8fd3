package io.hyperlight.linux;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.HostStreams;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.error.InvalidFileTreeException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.stream.Stream;

/** Uses files with names that are not ASCII, in a JVM of its own with any locale. */
public final class LocaleTarget {
  private LocaleTarget() {}

  private static Path find(Path folder, String prefix) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).startsWith(prefix))
          .findFirst()
          .orElseThrow(() -> new NoSuchElementException(prefix));
    }
  }

  /** Expects a folder that has one folder, with a program, a tree and an archive in it. */
  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(HostStreams.output(), true, StandardCharsets.UTF_8);
    Path folder = find(Path.of(arguments[0]), "folder");
    Path program = find(folder, "busybox");
    ProgramResult result =
        Program.of(program)
            .args(
                "sh",
                "-c",
                "echo $0 $1 $V; cd /tree; echo */*; for f in */*; do read x < $f; done; echo $x;"
                    + " echo /zip/*",
                "J\u00fcrgen",
                "\udcff\u20ac")
            .environment("V", "\u00fc\udc80")
            .mount("/tree", FileTree.directory(folder))
            .mount("/file", FileTree.file(program))
            .mount("/zip", FileTree.archive(find(folder, "archive")))
            .hostError(HostStreams.error())
            .run();
    out.write(result.output());
    out.println(Program.of(program) + " " + FileTree.file(program) + " " + result.status());
    try {
      Guest.load(find(folder, "tree"));
    } catch (RuntimeException e) {
      out.println(e.getMessage());
    }
    try {
      FileTree.directory(program);
    } catch (InvalidFileTreeException e) {
      out.println(e.getMessage());
    }
  }
}
