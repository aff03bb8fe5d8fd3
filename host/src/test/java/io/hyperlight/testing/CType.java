package io.hyperlight.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The types of the guest ABI as a tester sees them: values to try, and a hash of values that {@link
 * #C_PRELUDE} computes in C in the same way. It is independent of the library's own table of types.
 */
public enum CType {
  VOID("void", void.class),
  BOOL("bool", boolean.class, false, true),
  INT8("int8_t", byte.class, (byte) 0, (byte) -1, Byte.MIN_VALUE, Byte.MAX_VALUE),
  INT16("int16_t", short.class, (short) 0, (short) -1, Short.MIN_VALUE, Short.MAX_VALUE),
  INT32("int32_t", int.class, 0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE),
  INT64("int64_t", long.class, 0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE),
  UINT8("uint8_t", int.class, 0, 1, 0x7f, 0x80, 0xff),
  UINT16("uint16_t", int.class, 0, 1, 0x7fff, 0x8000, 0xffff),
  UINT32("uint32_t", long.class, 0L, 1L, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL),
  UINT64("uint64_t", long.class, 0L, 1L, 0xffff_ffffL, Long.MAX_VALUE),
  FLOAT(
      "float",
      float.class,
      0f,
      -0f,
      Float.MIN_VALUE,
      -Float.MAX_VALUE,
      Float.NEGATIVE_INFINITY,
      Float.POSITIVE_INFINITY,
      Float.NaN,
      Float.intBitsToFloat(0xffc1_2345),
      Float.intBitsToFloat(0x7fa0_0001)),
  DOUBLE(
      "double",
      double.class,
      0d,
      -0d,
      Double.MIN_VALUE,
      -Double.MAX_VALUE,
      Double.NEGATIVE_INFINITY,
      Double.POSITIVE_INFINITY,
      Double.NaN,
      Double.longBitsToDouble(0xfff8_1234_5678_9abcL),
      Double.longBitsToDouble(0x7ff4_0000_0000_0001L)),
  STRING(
      "hl_string",
      String.class,
      "",
      "\0",
      "a\0b\0",
      "\u007f\u0080\u07ff\u0800\uffff",
      "\ud83d\ude00 \ud800\udc00 \udbff\udfff",
      "\ufffd",
      "x".repeat(5_000)),
  BYTES(
      "hl_bytes",
      byte[].class,
      new byte[0],
      new byte[] {0},
      new byte[] {-1, 0, -128, 127},
      new byte[5_000]);

  /** C functions that {@link #foldInC} and {@link #derivedInC} use. */
  public static final String C_PRELUDE = SourceFile.of(CType.class, "types.h.c");

  private final String cName;
  private final Class<?> javaType;

  @SuppressWarnings("ImmutableEnumChecker") // nothing writes into the arrays
  private final List<Object> limits;

  CType(String cName, Class<?> javaType, Object... limits) {
    this.cName = cName;
    this.javaType = javaType;
    this.limits = List.of(limits);
  }

  /** All types but void. */
  public static List<CType> ofValues() {
    return Stream.of(values()).filter(type -> type != VOID).toList();
  }

  public String cName() {
    return cName;
  }

  public Class<?> javaType() {
    return javaType;
  }

  /** The values most likely to go wrong. */
  public List<Object> limits() {
    return limits;
  }

  /** A value, now and then one of the limits. */
  public Object random(RandomGenerator random) {
    if (random.nextInt(4) == 0) {
      return limits.get(random.nextInt(limits.size()));
    }
    return switch (this) {
      case VOID -> throw new IllegalStateException();
      case BOOL -> random.nextBoolean();
      case INT8 -> (byte) random.nextInt();
      case INT16 -> (short) random.nextInt();
      case INT32 -> random.nextInt();
      case INT64 -> random.nextLong();
      case UINT8 -> random.nextInt(0x100);
      case UINT16 -> random.nextInt(0x1_0000);
      case UINT32 -> random.nextLong(0x1_0000_0000L);
      case UINT64 -> random.nextLong() & Long.MAX_VALUE;
      case FLOAT -> Float.intBitsToFloat(random.nextInt());
      case DOUBLE -> Double.longBitsToDouble(random.nextLong());
      case STRING ->
          random
              .ints(random.nextInt(40), 0, Character.MAX_CODE_POINT + 1)
              .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      case BYTES -> {
        byte[] bytes = new byte[random.nextInt(100)];
        random.nextBytes(bytes);
        yield bytes;
      }
    };
  }

  /** A hash with a value of this type worked in. */
  public long fold(long hash, Object value) {
    return switch (value) {
      case Boolean b -> foldWord(hash, b ? 1 : 0);
      case Float f -> foldWord(hash, Integer.toUnsignedLong(Float.floatToRawIntBits(f)));
      case Double d -> foldWord(hash, Double.doubleToRawLongBits(d));
      case Number n -> foldWord(hash, n.longValue());
      case String s -> foldRange(hash, s.getBytes(StandardCharsets.UTF_8));
      case byte[] b -> foldRange(hash, b);
      default -> throw new IllegalArgumentException("a " + value.getClass());
    };
  }

  private static long foldWord(long hash, long word) {
    return Long.rotateLeft((hash ^ word) * 0x9e37_79b9_7f4a_7c15L, 29);
  }

  private static long foldRange(long hash, byte[] bytes) {
    long folded = hash;
    for (byte b : bytes) {
      folded = foldWord(folded, b & 0xff);
    }
    return foldWord(foldWord(folded, bytes.length), 0);
  }

  /** The C expression for {@link #fold}. */
  public String foldInC(String hash, String value) {
    return switch (this) {
      case FLOAT -> "fold(%s, bits_of_float(%s))".formatted(hash, value);
      case DOUBLE -> "fold(%s, bits_of_double(%s))".formatted(hash, value);
      case STRING, BYTES -> "fold_range(%s, %s.data, %s.size)".formatted(hash, value, value);
      default -> "fold(%s, (uint64_t)%s)".formatted(hash, value);
    };
  }

  /** A value made from a hash. */
  public Object derived(long hash) {
    return switch (this) {
      case VOID -> throw new IllegalStateException();
      case BOOL -> (hash & 1) != 0;
      case INT8 -> (byte) hash;
      case INT16 -> (short) hash;
      case INT32 -> (int) hash;
      case INT64 -> hash;
      case UINT8 -> (int) hash & 0xff;
      case UINT16 -> (int) hash & 0xffff;
      case UINT32 -> hash & 0xffff_ffffL;
      case UINT64 -> hash >>> 1;
      case FLOAT -> Float.intBitsToFloat((int) hash);
      case DOUBLE -> Double.longBitsToDouble(hash);
      case STRING -> Long.toString(hash);
      case BYTES -> ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(hash).array();
    };
  }

  /** The C expression for {@link #derived}. */
  public String derivedInC(String hash) {
    return switch (this) {
      case VOID -> "";
      case BOOL -> "(%s & 1) != 0".formatted(hash);
      case UINT64 -> "%s >> 1".formatted(hash);
      case FLOAT -> "float_of((uint32_t)%s)".formatted(hash);
      case DOUBLE -> "double_of(%s)".formatted(hash);
      case STRING -> "hl_from_integer((int64_t)%s)".formatted(hash);
      case BYTES -> "bytes_of(%s)".formatted(hash);
      default -> "(%s)%s".formatted(cName, hash);
    };
  }

  /**
   * Returns a value that is equal for equal bits and has a readable text, unlike floating-point
   * numbers and arrays.
   */
  public static Object comparable(Object value) {
    return switch (value) {
      case Float f -> "float 0x%08x".formatted(Float.floatToRawIntBits(f));
      case Double d -> "double 0x%016x".formatted(Double.doubleToRawLongBits(d));
      case byte[] b -> "bytes " + HexFormat.of().formatHex(b);
      default -> value;
    };
  }
}
