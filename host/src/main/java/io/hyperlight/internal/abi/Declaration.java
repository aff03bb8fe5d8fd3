package io.hyperlight.internal.abi;

/** A function's name and types, as the guest declares them. */
public record Declaration(String name, Signature signature) {
  /** Returns the declaration in C. */
  @Override
  public String toString() {
    return signature.declaration(name);
  }
}
