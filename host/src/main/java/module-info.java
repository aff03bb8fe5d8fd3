/** Runs untrusted functions, each inside its own micro-VM. */
module hyperlight {
  requires static transitive org.jspecify;

  exports io.hyperlight;
  exports io.hyperlight.error;
  exports io.hyperlight.value;
}
