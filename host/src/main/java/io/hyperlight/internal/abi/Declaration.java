package io.hyperlight.internal.abi;

/** A function's name and types, as the guest declares them. */
public record Declaration(String name, Signature signature) {
  /** In C. */
  @Override
  public String toString() {
    return signature.declaration(name);
  }
}
