package io.hyperlight.internal.call;

import io.hyperlight.internal.abi.Declaration;
import io.hyperlight.internal.abi.HostArgument;
import io.hyperlight.internal.abi.Text;
import io.hyperlight.internal.abi.ValueType;
import io.hyperlight.internal.linux.limits.CallBudget;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A function that guests import, bound to the Java code that answers it.
 *
 * @param declaration the guest's declaration
 * @param handle the code, of type {@code (Object[])Object}; it takes boxed arguments and returns a
 *     boxed result, or null for {@code void}
 */
public record HostBinding(Declaration declaration, MethodHandle handle) {
  /** The guest passed something that its own declaration does not allow. */
  static final class BadCallException extends Exception {
    private static final long serialVersionUID = 1L;

    BadCallException(String message) {
      super(message);
    }
  }

  /**
   * Reads the arguments of a call.
   *
   * <p><b>Boundary.</b> {@code address} and everything stored there is hostile. Numbers are copied
   * before they are checked, and so are strings and bytes. The sum of their sizes is limited by the
   * guest's memory, and by what the call may still use.
   *
   * @throws io.hyperlight.internal.linux.limits.LimitPassedException if the call uses more than it
   *     may
   */
  Object[] readArguments(AddressSpace space, long address, long memoryBytes, CallBudget callBudget)
      throws BadCallException {
    int count = declaration.signature().parameters().size();
    Object[] arguments = new Object[count];
    try {
      ByteBuffer values =
          ByteBuffer.wrap(space.read(address, (long) count * HostArgument.SIZE))
              .order(ByteOrder.LITTLE_ENDIAN);
      long budget = memoryBytes;
      for (int i = 0; i < count; i++) {
        long first = values.getLong();
        long second = values.getLong();
        ValueType type = declaration.signature().parameters().get(i);
        if (type.isRange()) {
          if (second < 0 || second > budget) {
            throw new BadCallException("its arguments have more bytes than the guest has memory");
          }
          budget -= second;
          callBudget.useHostCallBytes(second);
        }
        arguments[i] = readArgument(space, type, first, second, i);
      }
    } catch (GuestAddressException e) {
      throw new BadCallException(String.valueOf(e.getMessage()));
    }
    return arguments;
  }

  private static Object readArgument(
      AddressSpace space, ValueType type, long first, long second, int index)
      throws BadCallException {
    return switch (type) {
      case BOOL -> {
        if ((first & ~1) != 0) {
          throw new BadCallException("argument %d is not a bool".formatted(index + 1));
        }
        yield first != 0;
      }
      case INT8 -> (byte) first;
      case INT16 -> (short) first;
      case INT32 -> (int) first;
      case INT64 -> first;
      case UINT8 -> (int) (first & 0xff);
      case UINT16 -> (int) (first & 0xffff);
      case UINT32 -> first & 0xffff_ffffL;
      case UINT64 -> {
        if (first < 0) {
          throw new BadCallException(
              "argument %d is %s, and a Java long ends at %d"
                  .formatted(index + 1, Long.toUnsignedString(first), Long.MAX_VALUE));
        }
        yield first;
      }
      case FLOAT -> Float.intBitsToFloat((int) first);
      case DOUBLE -> Double.longBitsToDouble(first);
      case STRING -> {
        String text = Text.decode(space.read(first, second));
        if (text == null) {
          throw new BadCallException("argument %d is not UTF-8".formatted(index + 1));
        }
        yield text;
      }
      case BYTES -> space.read(first, second);
      case VOID -> throw new IllegalStateException("void parameter");
    };
  }

  /**
   * Calls the Java code.
   *
   * @param maxBytes the largest size of a string, in UTF-8
   * @return the result: a {@code byte[]} for strings and bytes, and a {@code Long} with the bits of
   *     any other value
   * @throws Exception if the code throws it, or returns something that the declaration does not
   *     allow
   */
  Object call(Object[] arguments, long maxBytes) throws Exception {
    Object result;
    try {
      result = (Object) handle.invokeExact(arguments);
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable t) {
      // With a message of its own: without one, the constructor would take it from the cause.
      throw new IllegalStateException("neither an Exception nor an Error", t);
    }
    return encode(result, maxBytes);
  }

  private Object encode(@Nullable Object result, long maxBytes) {
    ValueType type = declaration.signature().result();
    if (type == ValueType.VOID) {
      return 0L;
    }
    return switch (result) {
      case Boolean b when type == ValueType.BOOL -> b ? 1L : 0L;
      case Byte b when type == ValueType.INT8 -> (long) b;
      case Short s when type == ValueType.INT16 -> (long) s;
      case Integer i when type == ValueType.INT32 -> (long) i;
      case Integer i when type == ValueType.UINT8 || type == ValueType.UINT16 -> unsigned(i, type);
      case Long l when type == ValueType.INT64 -> l;
      case Long l when type == ValueType.UINT32 || type == ValueType.UINT64 -> unsigned(l, type);
      case Float f when type == ValueType.FLOAT ->
          Integer.toUnsignedLong(Float.floatToRawIntBits(f));
      case Double d when type == ValueType.DOUBLE -> Double.doubleToRawLongBits(d);
      case byte[] b when type == ValueType.BYTES -> b;
      case String s when type == ValueType.STRING -> {
        if (Text.exceeds(s, maxBytes)) {
          throw new IllegalStateException(
              "its result does not fit into the sandbox: it is longer than all of its memory");
        }
        byte[] bytes = Text.encode(s);
        if (bytes == null) {
          throw new IllegalStateException(
              "it returned a string with half of a surrogate pair in it");
        }
        yield bytes;
      }
      case null, default ->
          throw new IllegalStateException(
              "it returned %s where the guest declares %s: return a %s"
                  .formatted(
                      result == null ? "null" : "a " + result.getClass().getName(),
                      type.cName(),
                      type.javaType().getSimpleName()));
    };
  }

  private static long unsigned(long value, ValueType type) {
    if (value < 0 || value > type.unsignedMaximum()) {
      throw new IllegalStateException(
          "it returned %d, and %s is 0 to %d"
              .formatted(value, type.cName(), type.unsignedMaximum()));
    }
    return value;
  }
}
