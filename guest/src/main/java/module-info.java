/** What authors of guests use: the C header and library, and a compiler driver for them. */
module hyperlight.guest.sdk {
  requires static transitive org.jspecify;

  exports io.hyperlight.sdk;
}
