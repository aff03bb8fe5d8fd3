/** Contains small programs that use the library. */
module hyperlight.examples {
  requires transitive hyperlight;
  requires static transitive org.jspecify;

  exports io.hyperlight.examples;
}
