package io.hyperlight.programs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.ProgramResult;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Debian's static busybox has the same results in a sandbox as outside. */
@NotInHardwareLane("ServedProgramTest runs the same programs there.")
@Needs(Tool.BUSYBOX)
@Tag("slow")
class BusyboxTest {
  private static final String BUSYBOX = "/bin/busybox";
  private static final byte[] NOTHING = {};

  private static Path files = Path.of("");
  private static Differential busybox = new Differential(BUSYBOX, "busybox-static");
  private static byte[] words = NOTHING;

  @BeforeAll
  static void makeFiles() throws IOException {
    files = TemporaryFolder.create("busybox");
    Random random = new Random(1);
    StringBuilder table = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      table.append(
          "%d:%s:%d:%x%n"
              .formatted(
                  i, "name" + random.nextInt(500), random.nextInt(100_000), random.nextLong()));
    }
    words = table.toString().getBytes(UTF_8);
    Files.write(files.resolve("table"), words);
    Files.writeString(files.resolve("other"), table.toString().replace("7", "seven"));
    byte[] binary = new byte[300_000];
    random.nextBytes(binary);
    Files.write(files.resolve("binary"), binary);
    Files.writeString(files.resolve("empty"), "");
    // Named by its bytes, independently of the locale.
    Path odd = Path.of(URI.create(files.toUri() + "with%20blank%20and%20%C3%A4"));
    Files.writeString(odd, "one\n\ttwo  three\n\n\nfour");
    Path deep = Files.createDirectories(files.resolve("d/e/f"));
    Files.writeString(deep.resolve("leaf"), "leaf\n");
    Files.createSymbolicLink(files.resolve("link"), Path.of("d/e/f/leaf"));
    Files.createSymbolicLink(files.resolve("dangling"), Path.of("nowhere"));
    Files.createSymbolicLink(files.resolve("d/up"), Path.of("../table"));
    for (String command :
        new String[] {
          "gzip -k -c table > t.gz", "bzip2 -k -c table > t.bz2", "tar -cf t.tar d table link"
        }) {
      Command.run(BUSYBOX, "sh", "-c", "cd " + files + " && busybox " + command).outputOfSuccess();
    }
    busybox.with(files);
  }

  /** FILES is the folder. Arguments are separated by a blank, and "_" in them means a blank. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "sha256sum FILES/table FILES/binary FILES/empty FILES/missing",
        "sha512sum FILES/binary",
        "md5sum FILES/binary",
        "cksum FILES/binary",
        "crc32 FILES/binary",
        "sort FILES/table",
        "sort -t : -k 3,3nr -k 2,2 FILES/table",
        "sort -u -t : -k 2,2 FILES/table",
        "uniq -c FILES/table",
        "wc FILES/table FILES/binary FILES/empty",
        "od -A x -t x1z FILES/binary",
        "hexdump -C FILES/table",
        "xxd FILES/empty",
        "awk -F : {s[$2]+=$3}_END{for(k_in_s)print_k,s[k]|\"cat\"} FILES/empty",
        "awk -F : {n+=$3;if(length($2)>m)m=length($2)}END{printf_\"%d_%d_%.3f\\n\",n,m,n/NR}"
            + " FILES/table",
        "sed -n -e s/name\\([0-9]*\\):/<\\1>/p FILES/table",
        "sed -e 1,100d;/5/!d;y/abc/xyz/ FILES/table",
        "grep -n -E name(1|22)[0-9]: FILES/table",
        "grep -r -c leaf FILES/d",
        "cut -d : -f 2,4 FILES/table",
        "head -n 7 FILES/table FILES/other",
        "tail -n 7 FILES/table",
        "rev FILES/table",
        "tac FILES/table",
        "nl FILES/other",
        "fold -w 7 FILES/table",
        "paste FILES/table FILES/other",
        "diff FILES/table FILES/other",
        "diff -u -r FILES/d FILES/d",
        "cmp FILES/table FILES/other",
        "comm FILES/table FILES/table",
        "find FILES -type f -size +1k",
        "find FILES -name *e* -o -type l",
        "ls -1 -R FILES",
        "stat -c %n_%s_%F FILES/table FILES/d FILES/link",
        "readlink -f FILES/d/up",
        "readlink FILES/dangling",
        "realpath FILES/link",
        "du -a -b FILES/table",
        "base64 FILES/binary",
        "dc -e 2_200_^_3_/_p",
        "expr 17 * 4",
        "seq 1 3 100",
        "factor 1234567890123456789",
        "printf %s|%05d|%x\\n abc 42 255",
        "cal 9 1752",
        "date -u -d @86399 +%Y-%m-%dT%H:%M:%S",
        "gzip -d -c FILES/t.gz",
        "gzip -c -9 FILES/table",
        "bzip2 -d -c FILES/t.bz2",
        "tar -tf FILES/t.tar",
        "tar -x -O -f FILES/t.tar",
        "cat FILES/table FILES/missing FILES/d",
        "cat FILES/link FILES/with_blank_and_\u00e4",
        "strings FILES/binary",
        "expand FILES/other",
        "tr a-z A-Z",
        "tee",
        "cat -",
        "sort -n -",
        "wc -l",
        "sh -c i=0;while_[_$i_-lt_50_];do_i=$((i+1));echo_$i;done;exit_3",
        "sh -c cd_FILES/d;pwd;echo_*;echo_FILES/*;[_-f_../table_]&&echo_yes;read_x;echo_\"$x\"",
        "sh -c set_-e;false;echo_no",
        "nosuchapplet",
        "true",
        "false",
        "env",
        "pwd",
        "basename /a/b.c .c"
      })
  void anAppletDoesTheSame(String line) {
    String[] arguments = line.split(" ");
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = arguments[i].replace("_", " ").replace("FILES", files.toString());
    }
    busybox.assertSame(words, arguments);
  }

  /** FOLDER is a folder that may be written. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cp -r FOLDER/d FOLDER/copy",
        "cp FOLDER/table FOLDER/other FOLDER/d",
        "mv FOLDER/table FOLDER/moved",
        "mv FOLDER/d/e FOLDER/x",
        "mv FOLDER/table FOLDER/other",
        "mv FOLDER/table FOLDER/missing/table",
        "rm -r FOLDER/d FOLDER/other",
        "rm FOLDER/d",
        "rmdir FOLDER/d",
        "rmdir FOLDER/hollow",
        "mkdir -p FOLDER/a/b/c",
        "mkdir FOLDER/d",
        "tar -x -f FILES/t.tar -C FOLDER",
        "tar -c -f FOLDER/new.tar --exclude=* FOLDER/hollow",
        "gzip FOLDER/table",
        "gzip -9 -k FOLDER/other",
        "gunzip FOLDER/table",
        "bzip2 FOLDER/table",
        "unxz FOLDER/table",
        "sed -i -e s/name/NAME/ FOLDER/table FOLDER/other",
        "split -l 700 FOLDER/table FOLDER/part.",
        "dd if=FOLDER/table of=FOLDER/part bs=100 skip=3 count=5 status=none",
        "dd if=FOLDER/table of=FOLDER/other bs=1 seek=10 count=5 conv=notrunc status=none",
        "dd if=/dev/zero of=FOLDER/other bs=1k seek=100 count=1 status=none",
        "dd if=/dev/zero of=/dev/full bs=1k count=1 status=none",
        "truncate -s 100 FOLDER/table",
        "truncate -s 50000 FOLDER/little",
        "ln FOLDER/table FOLDER/hard",
        "ln -s table FOLDER/soft",
        "touch FOLDER/new",
        "sort -o FOLDER/table FOLDER/table",
        "patch -p0 FOLDER/little FOLDER/fix",
        "tee FOLDER/one FOLDER/two",
        "tee -a FOLDER/little",
        "unzip FOLDER/missing.zip",
        "chmod 400 FOLDER/table",
        "install -m 600 FOLDER/table FOLDER/installed",
        "sh -c"
            + " cd_FOLDER;echo_one>1;echo_two>>1;exec_3<1;read_a<&3;read_b<&3;echo_$b;exec_4>>1;echo_z>&4",
        "sh -c cd_FOLDER;cd_d;echo_x>../d/y;[_-s_y_]&&echo_yes;set_-C;echo_again>y",
        "sh -c echo_x>/nowhere/x;echo_$?",
        "sh -c exec_5<>FOLDER/little;read_x_<&5;echo_over>&5;echo_$x",
        "awk {print>\"FOLDER/out.\"NR%3} FOLDER/table",
        "uudecode -o FOLDER/decoded FOLDER/little",
        "mktemp -u FOLDER/constant",
        "shred -n 0 -z FOLDER/table",
        "cat FOLDER/little - FOLDER/little"
      })
  void filesAreWrittenTheSameWay(String line) throws IOException {
    Path folder = TemporaryFolder.create("busybox-writes");
    for (String name : new String[] {"table", "other"}) {
      Files.copy(files.resolve(name), folder.resolve(name));
    }
    Files.createDirectories(folder.resolve("d/e"));
    Files.writeString(folder.resolve("d/e/leaf"), "leaf\n");
    Files.createDirectories(folder.resolve("hollow"));
    Files.writeString(folder.resolve("hollow/empty"), "");
    Files.writeString(folder.resolve("little"), "a\nb\nc\n");
    Files.writeString(
        folder.resolve("fix"), "--- little\n+++ little\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
    String[] arguments = line.split(" ");
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] =
          arguments[i]
              .replace("_", " ")
              .replace("FOLDER", folder.toString())
              .replace("FILES", files.toString());
    }
    busybox.assertSameInFolder(folder, words, arguments);
  }

  @Test
  void whatNeedsOtherProcessesSaysSo() {
    ProgramResult result = busybox.program("sh", "-c", "ls / | wc").run();

    assertThat(result.status()).isNotZero();
    assertThat(result.failure())
        .get(InstanceOfAssertFactories.THROWABLE)
        .hasMessageContaining("guest needs other processes");
    assertThat(result.refusedSystemCalls()).isNotEmpty();
  }
}
