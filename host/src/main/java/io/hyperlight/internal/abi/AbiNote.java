package io.hyperlight.internal.abi;

/**
 * The note by which the host knows a guest: offsets within its description. Addresses in it are
 * relative to where they stand.
 */
public final class AbiNote {
  public static final String NAME = "Hyperlight";
  public static final int TYPE = 1;
  public static final int SIZE = 40;

  /** Four bytes, see {@link GuestAbi#VERSION}. */
  public static final int VERSION = 0;

  /** Four bytes, {@link #STARTS_ITSELF} or nothing. */
  public static final int FLAGS = 4;

  /** Where the function table begins. */
  public static final int FUNCTIONS = 8;

  /** Where the function table ends. */
  public static final int FUNCTIONS_END = 16;

  /** Where the addresses of initialisers begin. */
  public static final int INITIALISERS = 24;

  /** Where the addresses of initialisers end. */
  public static final int INITIALISERS_END = 32;

  /** The entry point is that of an ordinary program, which says when calls may come. */
  public static final long STARTS_ITSELF = 1;

  private AbiNote() {}
}
