package io.hyperlight.internal.abi;

/**
 * An entry of the function table, which is section {@code hyperlight_functions} of a guest: the
 * offsets of its members and their values.
 */
public final class FunctionEntry {
  public static final int SIZE = 56;

  /** One byte, {@link #EXPORT} or {@link #IMPORT}. */
  public static final int KIND = 0;

  /** One byte, the code of a {@link ValueType}. */
  public static final int RESULT = 1;

  /** One byte, up to {@link Signature#MAX_PARAMETERS}. */
  public static final int PARAMETER_COUNT = 2;

  /** One byte for each parameter that a function can have, the code of a {@link ValueType}. */
  public static final int PARAMETERS = 8;

  /** The address of the name, which ends with a zero byte. */
  public static final int NAME = 40;

  /** The address of an exported function. */
  public static final int ADDRESS = 48;

  public static final int EXPORT = 1;
  public static final int IMPORT = 2;

  private FunctionEntry() {}
}
