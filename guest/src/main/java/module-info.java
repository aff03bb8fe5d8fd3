/** Contains the tools for authors of guests: the C header and library, and a compiler driver. */
module hyperlight.guest.sdk {
  requires static transitive org.jspecify;

  exports io.hyperlight.sdk;
}
