package io.hyperlight.programs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestStreamException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.spi.Channel;
import io.hyperlight.spi.Extension;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.value.Limits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Channels and pseudo devices, as the module of a runtime adds them. */
class ExtensionTest {
  /** Answers with what was written to it, in capitals, and with how often it was asked. */
  private static final class Capitals implements Channel {
    private byte[] pending = {};
    private int requests;

    @Override
    public byte[] read(int maxBytes) {
      byte[] next = Arrays.copyOf(pending, Math.min(pending.length, maxBytes));
      pending = Arrays.copyOfRange(pending, next.length, pending.length);
      return next;
    }

    @Override
    public void write(byte[] bytes) {
      String answer = new String(bytes, US_ASCII).toUpperCase(java.util.Locale.ROOT);
      pending = (++requests + " " + answer).getBytes(US_ASCII);
    }
  }

  /**
   * For each request: writes it to descriptor 7 and to the device, reads both in pieces, and prints
   * what it got, or the error.
   */
  private static final Path PROGRAM =
      CompiledGuest.program(
          """
          #include <errno.h>
          #include <fcntl.h>
          #include <poll.h>
          #include <stdio.h>
          #include <string.h>
          #include <sys/stat.h>
          #include <unistd.h>

          static void ask(int file, const char *text, size_t size)
          {
              char answer[64];
              size_t length = 0;
              if (write(file, text, size) < 0) { printf("write %d;", errno); return; }
              ssize_t count;
              while ((count = read(file, answer + length, 3)) > 0) length += count;
              if (count < 0) printf("read %d;", errno);
              printf("%.*s;", (int)length, answer);
          }

          int main(void)
          {
              int device = open("/dev/hl/capitals", O_RDWR);
              char request[64];
              for (;;) {
                  ssize_t size = read(0, request, sizeof request);
                  if (size <= 0) continue;
                  struct stat what;
                  struct pollfd ready = {7, POLLIN | POLLOUT, 0};
                  ask(7, request, size);
                  ask(device, request, size);
                  int again = open("/dev/hl/capitals", O_RDWR);
                  ask(again, request, size);
                  close(again);
                  printf("%d%d%d", !fstat(device, &what) && S_ISCHR(what.st_mode),
                         poll(&ready, 1, -1), lseek(7, 0, SEEK_SET) == -1 && errno == ESPIPE);
                  fflush(stdout);
              }
          }
          """);

  private static Program program(Extension channel, Extension device) {
    return Program.of(PROGRAM)
        .memorySize(8 << 20)
        .stackSize(1 << 20)
        .extension(channel)
        .extension(device);
  }

  private static Program capitals() {
    return program(
        new Extension.Descriptor(7, Capitals::new),
        new Extension.Device("/dev/hl/capitals", Capitals::new));
  }

  private static String serve(ProgramServer server, String request) {
    return new String(server.serve(request.getBytes(US_ASCII)), US_ASCII);
  }

  @Test
  void hostCodeAnswersWhatAProgramReadsAndWrites() {
    try (ProgramServer server = capitals().startServing()) {
      assertThat(serve(server, "one")).isEqualTo("1 ONE;1 ONE;1 ONE;111");
      assertThat(serve(server, "two")).isEqualTo("2 TWO;2 TWO;1 TWO;111");
    }
  }

  @Test
  void nothingThatHostCodeRemembersReachesTheNextRequest() {
    try (ProgramServer server = capitals().startServing();
        ProgramSnapshot snapshot = server.snapshot();
        ProgramServer other = snapshot.spawn()) {
      for (int i = 0; i < 3; i++) {
        assertThat(serve(other, "a")).isEqualTo("1 A;1 A;1 A;111");
        assertThat(serve(other, "b")).isEqualTo("2 B;2 B;1 B;111");
        other.restore(snapshot);
      }
      assertThat(serve(server, "c")).isEqualTo("1 C;1 C;1 C;111");
    }
  }

  /** Throws the given exceptions. */
  private record Failing(IOException onRead, IOException onWrite) implements Channel {
    @Override
    public byte[] read(int maxBytes) throws IOException {
      throw onRead;
    }

    @Override
    public void write(byte[] bytes) throws IOException {
      throw onWrite;
    }
  }

  @Test
  void errorsOfHostCodeAreErrorNumbersOfTheProgram() {
    IOException full = new GuestStreamException(GuestStreamException.ENOSPC);
    try (ProgramServer server =
        program(
                new Extension.Descriptor(7, () -> new Failing(full, new IOException("no"))),
                new Extension.Device("/dev/hl/capitals", () -> new Failing(full, full)))
            .startServing()) {
      assertThat(serve(server, "x")).isEqualTo("write 5;write 28;write 28;111");
    }
  }

  /** Returns more than the guest asked for. */
  private static final class Flooding implements Channel {
    @Override
    public byte[] read(int maxBytes) {
      return new byte[maxBytes + 1];
    }

    @Override
    public void write(byte[] bytes) {}
  }

  @Test
  void hostCodeThatBreaksItsContractEndsTheCall() {
    try (ProgramServer server =
        program(
                new Extension.Descriptor(7, Flooding::new),
                new Extension.Device("/dev/hl/capitals", Flooding::new))
            .startServing()) {
      assertThatExceptionOfType(RuntimeException.class)
          .isThrownBy(() -> serve(server, "x"))
          .satisfiesAnyOf(
              thrown -> assertThat(thrown).isInstanceOf(HostFunctionException.class),
              thrown -> assertThat(thrown).isInstanceOf(IllegalStateException.class));
    }
  }

  @Test
  void whatIsReadAndWrittenCountsAsHostCalls() {
    try (ProgramServer server = capitals().limits(Limits.DEFAULT.withHostCalls(8)).startServing()) {
      assertThatExceptionOfType(GuestLimitException.class)
          .isThrownBy(() -> serve(server, "x"))
          .satisfies(e -> assertThat(e.kind()).isEqualTo(GuestLimitException.Kind.HOST_CALLS));
    }
    try (ProgramServer server =
        capitals().limits(Limits.DEFAULT.withHostCallBytes(10)).startServing()) {
      assertThatExceptionOfType(GuestLimitException.class)
          .isThrownBy(() -> serve(server, "x"))
          .satisfies(e -> assertThat(e.kind()).isEqualTo(GuestLimitException.Kind.HOST_CALL_BYTES));
    }
  }

  @Test
  void aProgramWithoutThemFindsNone() {
    ProgramResult result =
        Program.of(
                CompiledGuest.program(
                    """
                    #include <fcntl.h>
                    int main(void) { return fcntl(7, F_GETFD) == -1 && open("/dev/hl/capitals", O_RDWR) == -1; }
                    """))
            .memorySize(8 << 20)
            .stackSize(1 << 20)
            .run();
    assertThat(result.status()).isEqualTo(1);
  }

  @Test
  void placesThatMakeNoSenseAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Extension.Descriptor(2, Capitals::new));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Extension.Descriptor(256, Capitals::new));
    for (String path :
        new String[] {
          "/dev", "/dev/../etc/x", "/etc/x", "dev/x", "/dev//x", "/dev/x/", "/dev/ x"
        }) {
      assertThatIllegalArgumentException()
          .as(path)
          .isThrownBy(() -> new Extension.Device(path, Capitals::new));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> capitals().extension(new Extension.Descriptor(7, Capitals::new)))
        .withMessageContaining("descriptor 7");
  }
}
