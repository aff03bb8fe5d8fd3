package io.hyperlight.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class WalkthroughTest {
  @Test
  void tellsWhatTheGuestAnsweredAndPrinted() {
    ByteArrayOutputStream told = new ByteArrayOutputStream();

    Walkthrough.run(new PrintStream(told, true, StandardCharsets.UTF_8));

    assertThat(told.toString(StandardCharsets.UTF_8))
        .contains("int add(int, int)")
        .contains("hl_string get_weekday(void)")
        .contains("saying hello")
        .contains("add(2, 40)         = 42")
        .contains("say_hello(\"World\") = Hello, World! Today is Monday.")
        .containsPattern("creating the VM +[0-9.]+ us")
        .containsPattern("a later call +[0-9.]+ us");
  }
}
