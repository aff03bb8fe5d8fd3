package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.HostPathTarget;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Names and text are bytes to Linux. The locale of the JVM must not change any of them. */
@NotInHardwareLane("Starts other JVMs, and needs busybox.")
@Tag("slow")
class LocaleTest {
  private static final List<String> LOCALES = List.of("POSIX", "C", "C.UTF-8");

  /** Runs a class with only the locale in its environment. */
  private static byte[] run(Class<?> main, String locale, String argument) throws IOException {
    List<String> command = new ArrayList<>(List.of("env", "-i", "LC_ALL=" + locale));
    command.addAll(ChildJvm.commandLine(main, List.of("--enable-native-access=ALL-UNNAMED")));
    command.add(argument);
    return Command.runAlone(command, new byte[0]).output();
  }

  private static Path folder(String script) {
    Path folder = TemporaryFolder.create("locale");
    Command.run(List.of("bash", "-c", "cd \"$1\" && " + script, "bash", folder.toString()))
        .outputOfSuccess();
    return folder;
  }

  @Test
  void pathsKeepTheirBytesInEveryLocale() throws IOException {
    Path folder =
        folder(
            "touch a $'\\xc3\\xa9' $'\\xff' $'\\xe2\\x82' 'a?b' 'a%41' $'\\xf0\\x9f\\x98\\x80 +'");
    String prefix = hex(folder.toString() + "/");
    for (String locale : LOCALES) {
      String said =
          new String(
              run(HostPathTarget.class, locale, folder.toString()), StandardCharsets.US_ASCII);
      assertThat(said.lines().map(line -> line.split(" ", -1)[0]))
          .as(locale)
          .contains(prefix + "c3a9", prefix + "ff", prefix + "e282", prefix + "f09f9880202b")
          .contains(prefix + "613f62", prefix + "61253431");
      assertThat(said.lines().map(line -> line.split(" ", -1)[1]))
          .as(locale)
          .contains(prefix + "c3a9", "c3a9", "f09f9880202b", "efbfbd");
    }
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  @Needs(Tool.BUSYBOX)
  void programsFilesAndMessagesAreTheSameInEveryLocale() throws IOException {
    Path folder =
        folder(
            "mkdir $'folder-\\xc3\\xa9' && cd folder-* && cp \"$(command -v busybox)\""
                + " $'busybox-\\xc3\\xa4' && mkdir $'tree-\\xff' && cd tree-* && echo text >"
                + " $'\\xc3\\xbc'");
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(archive)) {
      zip.putNextEntry(new ZipEntry("\u00f6"));
    }
    Files.write(folder.resolve("archive"), archive.toByteArray());
    Command.run(
            List.of(
                "bash",
                "-c",
                "cd \"$1\"/folder*; mv ../archive $'archive-\\xc3\\xa9'",
                "bash",
                folder.toString()))
        .outputOfSuccess();
    for (String locale : LOCALES) {
      String said =
          new String(
              run(LocaleTarget.class, locale, folder.toString()), StandardCharsets.ISO_8859_1);
      String odd =
          new String(
              "folder-\u00e9/busybox-\u00e4".getBytes(StandardCharsets.UTF_8),
              StandardCharsets.ISO_8859_1);
      assertThat(said)
          .as(locale)
          .startsWith(
              """
              J\u00c3\u00bcrgen \u00ff\u00e2\u0082\u00ac \u00c3\u00bc\u0080
              tree-\u00ff/\u00c3\u00bc
              text
              /zip/\u00c3\u00b6
              """)
          .contains(
              "Program[" + folder + "/" + odd + "] FileTree[file " + folder + "/" + odd + "] 0\n")
          .contains(
              "/tree-\u00ef\u00bf\u00bd is not a guest: it is not a regular file but a directory")
          .endsWith(odd + " is not a directory\n");
    }
  }
}
