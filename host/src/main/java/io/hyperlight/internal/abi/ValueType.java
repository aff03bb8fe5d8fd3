package io.hyperlight.internal.abi;

import org.jspecify.annotations.Nullable;

/**
 * The types of the guest ABI. Each has a code in the function table, a C type and a Java type.
 * Unsigned types up to 32 bits have the next larger Java type. {@code uint64_t} is a {@code long}
 * that must not be negative.
 */
public enum ValueType {
  VOID(0, "void", void.class),
  BOOL(1, "bool", boolean.class),
  INT8(2, "int8_t", byte.class),
  INT16(3, "int16_t", short.class),
  INT32(4, "int", int.class),
  INT64(5, "long", long.class),
  UINT8(6, "uint8_t", int.class),
  UINT16(7, "uint16_t", int.class),
  UINT32(8, "uint32_t", long.class),
  UINT64(9, "uint64_t", long.class),
  FLOAT(10, "float", float.class),
  DOUBLE(11, "double", double.class),
  STRING(12, "hl_string", String.class),
  BYTES(13, "hl_bytes", byte[].class);

  private static final ValueType[] TYPES = values();

  private final int code;
  private final String cName;
  private final Class<?> javaType;

  ValueType(int code, String cName, Class<?> javaType) {
    this.code = code;
    this.cName = cName;
    this.javaType = javaType;
  }

  /** Returns the type with this code, or null if there is none. */
  public static @Nullable ValueType ofCode(int code) {
    for (ValueType type : TYPES) {
      if (type.code == code) {
        return type;
      }
    }
    return null;
  }

  /** Returns the code in the function table. */
  int code() {
    return code;
  }

  public String cName() {
    return cName;
  }

  public Class<?> javaType() {
    return javaType;
  }

  /** Returns whether values are an address and a length. */
  public boolean isRange() {
    return this == STRING || this == BYTES;
  }

  boolean isReal() {
    return this == FLOAT || this == DOUBLE;
  }

  /**
   * Returns the largest value of an unsigned type. Other types have the limits of their Java type.
   */
  public long unsignedMaximum() {
    return switch (this) {
      case UINT8 -> 0xff;
      case UINT16 -> 0xffff;
      case UINT32 -> 0xffff_ffffL;
      case UINT64 -> Long.MAX_VALUE;
      default -> throw new IllegalStateException(this + " is not unsigned");
    };
  }
}
