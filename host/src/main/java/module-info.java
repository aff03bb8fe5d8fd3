/** Runs untrusted functions, each inside its own micro-VM. */
@SuppressWarnings("module") // those that the service provider interface is for are not here yet
module hyperlight {
  requires static transitive org.jspecify;

  exports io.hyperlight;
  exports io.hyperlight.error;
  exports io.hyperlight.value;
  exports io.hyperlight.spi to
      hyperlight.runtime.java,
      hyperlight.runtime.javascript,
      hyperlight.runtime.python,
      hyperlight.runtime.wasm;
}
