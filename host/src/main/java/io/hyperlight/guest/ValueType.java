package io.hyperlight.guest;

/**
 * The types of the guest ABI: their code in the function table, their C type and the Java type they
 * are seen as. Unsigned types up to 32 bits have the next larger Java type; {@code uint64_t} is a
 * {@code long} that must not be negative.
 */
public enum ValueType {
  VOID("void", void.class),
  BOOL("bool", boolean.class),
  INT8("int8_t", byte.class),
  INT16("int16_t", short.class),
  INT32("int", int.class),
  INT64("long", long.class),
  UINT8("uint8_t", int.class),
  UINT16("uint16_t", int.class),
  UINT32("uint32_t", long.class),
  UINT64("uint64_t", long.class),
  FLOAT("float", float.class),
  DOUBLE("double", double.class),
  STRING("hl_string", String.class),
  BYTES("hl_bytes", byte[].class);

  private static final ValueType[] BY_CODE = values();

  private final String cName;
  private final Class<?> javaType;

  ValueType(String cName, Class<?> javaType) {
    this.cName = cName;
    this.javaType = javaType;
  }

  /** The type with this code, which is hostile. */
  static ValueType ofCode(int code) {
    if (code >= BY_CODE.length) {
      throw new GuestFormatException(
          "its function table has type code %d, which this library does not know".formatted(code));
    }
    return BY_CODE[code];
  }

  public String cName() {
    return cName;
  }

  public Class<?> javaType() {
    return javaType;
  }

  /** Whether values are an address and a length. */
  boolean isRange() {
    return this == STRING || this == BYTES;
  }

  boolean isReal() {
    return this == FLOAT || this == DOUBLE;
  }

  /** The largest value of an unsigned type; others have the limits of their Java type. */
  long unsignedMaximum() {
    return switch (this) {
      case UINT8 -> 0xff;
      case UINT16 -> 0xffff;
      case UINT32 -> 0xffff_ffffL;
      case UINT64 -> Long.MAX_VALUE;
      default -> throw new IllegalStateException(this + " is not unsigned");
    };
  }
}
