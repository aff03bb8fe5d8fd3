package io.hyperlight.internal.hypervisor.fake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.call.Outcome;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.machine.Platform;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs everything above the hypervisor on a fake that replays a real one. The code above does not
 * know which of the two it uses. The recording is a file. It has to be written again, on a machine
 * with KVM, after the host has changed what it does: set the system property {@code
 * hyperlight.test.record} to the folder of test resources.
 */
@NotInHardwareLane("The recorded runs are those of one kind of machine.")
class ReplayTest {
  private static final String FOLDER = "io/hyperlight/internal/hypervisor/fake/";
  private static final String GUEST = "hello.guest";
  private static final String RECORDING = "hello.recording";

  private final FakeHypervisor fake =
      new FakeHypervisor(RecordingText.parse(new String(resource(RECORDING), UTF_8)));

  private static byte[] resource(String name) {
    String folder = System.getProperty("hyperlight.test.record");
    try {
      if (folder != null) {
        return Files.readAllBytes(recorded(Path.of(folder, FOLDER)).resolve(name));
      }
      try (InputStream stream = ReplayTest.class.getResourceAsStream(name)) {
        return Objects.requireNonNull(stream, name).readAllBytes();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static synchronized Path recorded(Path folder) throws IOException {
    if (!Boolean.getBoolean("hyperlight.test.recorded")) {
      byte[] guest = Files.readAllBytes(CompiledGuest.fileOf(HelloScenario.PROGRAM));
      Files.createDirectories(folder);
      Files.write(folder.resolve(GUEST), guest);
      Files.writeString(folder.resolve(RECORDING), RecordingText.of(record(guest)));
      System.setProperty("hyperlight.test.recorded", "true");
    }
    return folder;
  }

  private static Recording record(byte[] guest) {
    RecordingHypervisor recorder = new RecordingHypervisor(HostPlatform.openHypervisor());
    try {
      assertThat(new HelloScenario(guest).run(Platform.of(recorder)))
          .isEqualTo(HelloScenario.EXPECTED);
    } finally {
      recorder.close();
    }
    return recorder.recording();
  }

  private Platform platform() {
    return Platform.of(fake);
  }

  private static HelloScenario scenario() {
    return new HelloScenario(resource(GUEST));
  }

  @AfterEach
  void nothingIsLeftOpen() {
    fake.close();
  }

  @Test
  void aRecordedGuestCallsAndIsRestoredWithoutAnyVm() {
    assertThat(scenario().run(platform())).isEqualTo(HelloScenario.EXPECTED);
    assertThat(fake.runs()).isGreaterThan(10);
  }

  @Test
  void aFakeOfWhatTheHypervisorDoesNowDoesTheSame() {
    byte[] guest = resource(GUEST);
    Recording now = record(guest);
    assertThat(now.runs()).isGreaterThan(10);
    assertThat(RecordingText.parse(RecordingText.of(now))).isEqualTo(now);
    RecordingHypervisor recorder = new RecordingHypervisor(new FakeHypervisor(now));
    assertThat(new HelloScenario(guest).run(Platform.of(recorder)))
        .isEqualTo(HelloScenario.EXPECTED);
    recorder.close();
    assertThat(RecordingText.of(recorder.recording())).isEqualTo(RecordingText.of(now));
    assertThat(withoutErrorCodes(RecordingText.of(record(guest))))
        .isEqualTo(withoutErrorCodes(RecordingText.of(now)));
  }

  /** A paravirtual KVM does not always report the same error code for the same page fault. */
  private static String withoutErrorCodes(String recording) {
    return recording.replaceAll(
        "(?m)(^exit DeviceAccess true 1 14 1\n.*\nmemory \\w+) \\w{16}", "$1 ");
  }

  @Test
  void aStormOfSignalsDoesNotChangeACall() {
    HelloScenario scenario = scenario();
    try (Instance instance = scenario.create(platform())) {
      fake.failRuns(run -> run < 10_000 ? Errno.EINTR : 0);
      assertThat(scenario.result(instance, "add", 40, 2)).isEqualTo(42);
      assertThat(fake.runs()).isEqualTo(10_001);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Errno.EAGAIN, Errno.EFAULT, Errno.ENOMEM, Errno.EIO})
  void aRunThatFailsEndsTheCallAndTheInstanceUntilItIsRestored(int errno) {
    HelloScenario scenario = scenario();
    try (Instance instance = scenario.create(platform())) {
      fake.failRuns(run -> run == 0 ? errno : 0);
      assertThat(scenario.result(instance, "add", 40, 2))
          .isInstanceOfSatisfying(
              Outcome.HypervisorFailed.class,
              failed ->
                  assertThat(failed.cause())
                      .isInstanceOfSatisfying(
                          FakeCallException.class, e -> assertThat(e.errno()).isEqualTo(errno)));
      assertThat(scenario.result(instance, "add", 40, 2)).isNotEqualTo(42);
      assertThat(fake.runs()).isEqualTo(1);
    }
  }

  @Test
  void whoeverDoesSomethingElseThanWasRecordedIsTold() {
    HelloScenario scenario = scenario();
    try (Instance instance = scenario.create(platform())) {
      assertThatIllegalStateException()
          .isThrownBy(() -> {
            for (int i = 0; i < fake.recordedRuns(); i++) {
              scenario.result(instance, "count");
            }
          })
          .withMessageContaining("record");
    }
  }
}
