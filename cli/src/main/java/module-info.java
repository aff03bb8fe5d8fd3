/** Contains the {@code hyperlight} command. */
module hyperlight.cli {
  requires com.fasterxml.jackson.core;
  requires hyperlight;
  requires hyperlight.examples;
  requires hyperlight.guest.sdk;
  requires info.picocli;
  requires static org.jspecify;

  opens io.hyperlight.cli to
      info.picocli;
}
