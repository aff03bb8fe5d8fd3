package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Runs {@code hyperlight call} as a user types it. */
class CallCommandTest extends CommandFixture {
  @Test
  void callReadsNumbersByTheDeclaredTypes() {
    assertPrints("-38\n", "call", guest, "add", "2", "-0x28");
  }

  @Test
  void callReadsALeadingZeroAsNothingSpecial() {
    assertPrints("18\n", "call", guest, "add", "010", "8");
  }

  @Test
  void callReadsBooleans() {
    assertPrints("false\n", "call", guest, "both", "true", "false");
  }

  @Test
  void callReadsReals() {
    assertPrints("1.25\n", "call", guest, "half", "2.5");
  }

  @Test
  void callPrintsBytesInHexadecimal() {
    assertPrints("636261\n", "call", guest, "reverse", "abc");
  }

  @Test
  void callReadsAFileAndWritesRawBytes() throws IOException {
    Path file = Files.write(folder.resolve("bytes"), new byte[] {0, 'x', '\n'});
    assertPrints("\nx\0", "call", "--raw", guest, "reverse", "@" + file);
  }

  @Test
  void callTakesADoubledAtSignForText() {
    assertPrints("6440\n", "call", guest, "reverse", "@@d");
  }

  @Test
  void callLeavesDashesBehindTheGuestToTheGuest() {
    assertPrints("6d2d\n", "call", guest, "reverse", "-m");
  }

  @Test
  void callAnswersHostFunctionsWithGivenValues() {
    assertPrints("hello\nhello you\n", "call", "--host", "name_of=you", guest, "greet", "1");
    assertThat(err()).contains("guest: WARNING: greeting");
  }

  @Test
  void callSaysWhichHostFunctionNothingAnswers() {
    assertFails(ExitStatus.FAILED, "--host name_of=VALUE", "call", guest, "greet", "1");
  }

  @Test
  void callSaysWhichHostFunctionsThereAreIfAnotherIsGiven() {
    assertFails(
        ExitStatus.FAILED,
        "--host name_off: the guest imports only name_of",
        "call",
        "--host",
        "name_off=you",
        guest,
        "add",
        "1",
        "2");
  }

  @Test
  void callNamesTheArgumentItCannotRead() {
    assertFails(
        ExitStatus.FAILED,
        "argument 2 of int add(int, int): 'x' is not a value of type int",
        "call",
        guest,
        "add",
        "2",
        "x");
  }

  @Test
  void callRefusesNumbersThatDoNotFit() {
    assertFails(ExitStatus.FAILED, "'2147483648'", "call", guest, "add", "2147483648", "1");
    assertFails(ExitStatus.FAILED, "must be 0 to 255", "call", guest, "small", "256");
  }

  @Test
  void callCountsArguments() {
    assertFails(ExitStatus.FAILED, "takes 2 arguments, not 1", "call", guest, "add", "2");
  }

  @Test
  void callSuggestsFunctionNames() {
    assertFails(ExitStatus.FAILED, "did you mean add?", "call", guest, "ad");
  }

  @Test
  void callShowsWhereAGuestCrashed() {
    assertFails(128 + 4, "(crash", "call", guest, "crash");
    assertThat(err()).contains("RIP ").contains("invalid instruction");
  }

  @Test
  void callTellsOfSystemCallsIfAsked() {
    assertPrints("3\n", "call", "--trace", guest, "add", "1", "2");
    assertThat(err()).isEmpty();
    assertThat(run("call", "--trace", "--host", "name_of=x", guest, "greet", "1")).isZero();
    assertThat(err()).contains("write(1, \"hello\\n\", 6) = 6\n");
  }

  @Test
  void callTakesTheSizeOfTheStack() {
    assertPrints("3\n", "call", "--stack", "64", guest, "add", "1", "2");
    assertFails(ExitStatus.FAILED, "--stack 5", "call", "--stack", "5", guest, "add", "1", "2");
  }

  @Test
  void callTakesTheNumberOfProcessors() {
    assertPrints("3\n", "call", "--processors", "2", guest, "add", "1", "2");
    assertFails(
        ExitStatus.FAILED, "must be 1 to 8", "call", "--processors", "0", guest, "add", "1", "2");
  }

  @Test
  void callRefusesMemoryOutOfRange() {
    assertFails(ExitStatus.FAILED, "--memory 0", "call", "--memory", "0", guest, "add", "1", "2");
  }

  @Test
  void callSaysThatAFileIsNoGuest() {
    assertFails(
        ExitStatus.FAILED, "is not a guest", "call", folder.resolve("guest.c").toString(), "f");
    assertFails(
        ExitStatus.FAILED, "cannot read guest", "call", folder.resolve("none").toString(), "f");
  }

  @Test
  void callMountsFiles() throws IOException {
    Path source =
        Files.writeString(
            folder.resolve("reader.c"),
            """
            #include <hyperlight.h>
            #include <stdio.h>
            HL_EXPORT(int, first, hl_string)
            int first(hl_string path)
            {
                char name[100];
                snprintf(name, sizeof name, "%.*s", (int)path.size, path.data);
                FILE *file = fopen(name, "r");
                return file ? fgetc(file) : -1;
            }
            """);
    assertPrints("", "cc", "--libc", source.toString());
    Path data = Files.writeString(folder.resolve("one-file"), "A");
    String reader = folder.resolve("reader").toString();
    assertPrints("65\n", "call", "--mount", data + ":/data", reader, "first", "/data");
    out.reset();
    assertPrints("35\n", "call", "--mount", folder + ":/x", reader, "first", "/x/reader.c");
    assertFails(
        ExitStatus.FAILED,
        "a snapshot has the files",
        "call",
        "--mount",
        "/tmp:/t",
        snapshot(),
        "x");
  }
}
