package io.hyperlight;

import java.lang.invoke.MethodType;

/**
 * A function as a guest declares it.
 *
 * @param name the function's name
 * @param type the function's types in Java: {@code bool} is {@code boolean}, {@code int8_t} to
 *     {@code int64_t} are {@code byte} to {@code long}, {@code uint8_t} and {@code uint16_t} are
 *     {@code int}, {@code uint32_t} and {@code uint64_t} are {@code long}, {@code hl_string} is
 *     {@link String}, {@code hl_bytes} is {@code byte[]}
 * @param declaration the declaration in C, for people to read
 */
public record FunctionDeclaration(String name, MethodType type, String declaration) {
  @Override
  public String toString() {
    return declaration;
  }
}
