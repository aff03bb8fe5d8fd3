package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A static Linux program that is served. A request is the name of an attack. The answer is "ok", or
 * what the attacker achieved and should not have.
 *
 * <p>It has a directory of the host at {@code /host}, which contains links that lead out of it, to
 * a secret beside it, and a pipe. It has two trees in memory, {@code /data} and {@code /other}.
 */
final class HostileProgram {
  static final long OUTPUT_LIMIT = 1 << 20;

  private static final String PRELUDE = SourceFile.of(HostileProgram.class, "hostile_program.c");

  private static final String MAIN =
      """

      int main(void)
      {
          for (;;) {
              char request[200] = {0};
              ssize_t size = 0;
              for (ssize_t part; (part = read(0, request + size, sizeof request - 1 - size)) > 0;) {
                  size += part;
              }
              if (size == 0) {
                  return 0;
              }
              strcpy(told, "there is no such attack");
              for (size_t i = 0; i < COUNT(attacks); i++) {
                  if (strcmp(attacks[i].name, request) == 0) {
                      strcpy(told, "ok");
                      attacks[i].run();
                  }
              }
              if (write(1, told, strlen(told)) < 0) {
                  return 1;
              }
          }
      }
      """;

  private final Path folder = TemporaryFolder.create("hostile-program");
  private final Path file;

  HostileProgram(List<ProgramAttack> attacks) throws IOException {
    this("", attacks);
  }

  /** With more C code before the attacks. */
  HostileProgram(String more, List<ProgramAttack> attacks) throws IOException {
    file = CompiledGuest.program(PRELUDE + more + ProgramAttack.sources(attacks) + MAIN);
    Path secret = Files.createDirectory(folder.resolve("outside")).resolve("secret");
    Files.writeString(secret, "the secret");
    Path host = Files.createDirectory(tree());
    Files.writeString(host.resolve("text"), "text of the host\n");
    Files.createDirectory(host.resolve("sub"));
    Files.writeString(host.resolve("sub/inner"), "inner");
    Files.createSymbolicLink(host.resolve("up"), Path.of("../outside/secret"));
    Files.createSymbolicLink(host.resolve("absolute"), secret.toAbsolutePath());
    Files.createSymbolicLink(host.resolve("root"), Path.of("/"));
    Files.createSymbolicLink(host.resolve("loop"), Path.of("loop"));
    Files.createSymbolicLink(host.resolve("process"), Path.of("/proc/self/root"));
    Command.run("mkfifo", host.resolve("pipe").toString()).outputOfSuccess();
  }

  private Path tree() {
    return folder.resolve("tree");
  }

  /** The program, with its files. */
  Program program() {
    return Program.of(file)
        .mount("/host", FileTree.directory(tree()))
        .mount("/data", FileTree.memory(16 << 20))
        .mount("/other", FileTree.memory(1 << 20))
        .memorySize(64 << 20)
        .outputLimit(OUTPUT_LIMIT);
  }

  static String serve(ProgramServer sandbox, String request) {
    return new String(sandbox.serve(request.getBytes(UTF_8)), UTF_8);
  }

  /** Returns everything in the host's folder, with what can be seen of it. */
  Map<String, String> hostFiles() {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.toList()) {
        Map<String, Object> attributes =
            Files.readAttributes(
                path, "unix:ino,mode,nlink,size,ctime,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
        files.put(folder.relativize(path).toString(), new TreeMap<>(attributes).toString());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  /** Returns the common part of the paths of the host's files that the program sees. */
  String hostFolder() {
    return folder.getFileName().toString();
  }
}
