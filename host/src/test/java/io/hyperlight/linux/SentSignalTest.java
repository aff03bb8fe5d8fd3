package io.hyperlight.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A program sends itself signals. Its masks, stacks and handlers stay between calls. */
class SentSignalTest {
  private static final String PROGRAM = SourceFile.of(SentSignalTest.class, "sent_signals.c");

  private static final String INITIAL = " first 0 second 0 blocked 0 pending 0 stack 0";
  private static final String ONE_WAY = " first 1 second 0 blocked 1 pending 1 stack 1";
  private static final String OTHER_WAY = " first 0 second 1 blocked 2 pending 2 stack 2";

  private final Sandbox sandbox = Sandbox.builder(CompiledGuest.withLibc(PROGRAM)).build();

  @AfterEach
  void close() {
    sandbox.close();
  }

  private String said(String function) {
    return sandbox.call(function, String.class);
  }

  @Test
  void theyComeAtOnceAndSayHowTheyWereSent() {
    assertThat(said("send_all_ways"))
        .isEqualTo(
            " got 10 code -6 from 1 raise 0"
                + " got 10 code 0 from 1 ; kill 0"
                + " got 10 code -6 from 1 ; tgkill 0"
                + " got 10 code 0 from 1 ; group 0");
  }

  @Test
  void blockedOnesComeWhenTheyAreUnblockedOnceToTheThreadAndOnceToTheProcess() {
    String expected =
        " pending 3 got 10 code 0 from 1 got 12 code -6 from 1 got 12 code 0 from 1 unblocked";
    assertThat(said("hold")).isEqualTo(expected);
    assertThat(said("hold")).isEqualTo(expected);
  }

  @Test
  void oneThatAHandlerSendsItselfComesWhenItHasReturned() {
    assertThat(said("raise_in_handler"))
        .isEqualTo(
            " got 1 code -6 from 1 raised got 1 code -6 from 1 raised got 1 code -6 from 1 back");
  }

  @Test
  void aProgramCanWaitForWhatIsPending() {
    assertThat(said("wait_for_pending"))
        .isEqualTo(
            " got 10 code -6 from 1 suspend -1 errno 4 ; waited for 15 code 0"
                + " ; then -1 errno 11 ; blocked 2");
  }

  @Test
  void blockedOnesAreNotIgnoredBeforeTheyAreUnblocked() {
    assertThat(said("blocked_is_not_ignored")).isEqualTo(" got 17 code -6 from 1 done");
  }

  @Test
  void errorsAreThoseOfTheManual() {
    assertThat(said("wrong"))
        .isEqualTo(
            " other process -1 errno 3 no signal -1 errno 22 exists 0 ; kill -1 errno 22"
                + " ; small -1 errno 12 ; flags -1 errno 22 ; bad -1 errno 14 ; size -1 errno 22");
  }

  @Test
  void oneWithoutAHandlerEndsTheCall() {
    assertThatThrownBy(() -> sandbox.call("send", void.class, 15))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining("killed by SIGTERM");
  }

  @Test
  void soDoesOneThatCannotBeBlocked() {
    assertThatThrownBy(() -> sandbox.call("send", void.class, 9))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining("killed by SIGKILL");
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 18, 23, 28})
  void soDoesNoneThatIsIgnoredByDefault(int signal) {
    sandbox.call("send", void.class, signal);
  }

  @Test
  void abortEndsTheCallEvenIfItsHandlerReturns() {
    assertThatThrownBy(() -> sandbox.call("abort_with_handler", void.class))
        .isInstanceOf(GuestAbortException.class)
        .hasMessageContaining("SIGABRT");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void toWaitForOneThatNobodySendsIsADeadlock(int how) {
    assertThatThrownBy(() -> sandbox.call("wait_for_nobody", void.class, how))
        .isInstanceOf(GuestDeadlockException.class)
        .hasMessageContaining("waits for a signal");
  }

  @Test
  void handlersMasksAndStacksGoBackWithARestore() {
    assertThat(said("configuration")).isEqualTo(INITIAL);
    try (Snapshot before = sandbox.snapshot()) {
      sandbox.call("configure", void.class, 0);
      assertThat(said("configuration")).isEqualTo(ONE_WAY);
      try (Snapshot after = sandbox.snapshot();
          Sandbox spawned = after.spawn()) {
        assertThat(spawned.<String>call("configuration", String.class)).isEqualTo(ONE_WAY);
        // Unblocks the signal that was pending in the snapshot.
        assertThatThrownBy(() -> spawned.call("configure", void.class, 1))
            .isInstanceOf(GuestAbortException.class)
            .hasMessageContaining("killed by SIGTERM");
        spawned.restore(after);
        assertThat(spawned.<String>call("configuration", String.class)).isEqualTo(ONE_WAY);
        spawned.restore(before);
        assertThat(spawned.<String>call("configuration", String.class)).isEqualTo(INITIAL);
        spawned.call("configure", void.class, 1);
        assertThat(spawned.<String>call("configuration", String.class)).isEqualTo(OTHER_WAY);
      }
    }
  }
}
