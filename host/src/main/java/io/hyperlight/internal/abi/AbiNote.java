package io.hyperlight.internal.abi;

/**
 * The note that describes a guest to the host, as offsets within the note's description. Each
 * address in the note is relative to the field that holds it.
 */
public final class AbiNote {
  public static final String NAME = "Hyperlight";
  public static final int TYPE = 1;
  public static final int SIZE = 40;

  /** Four bytes, see {@link GuestAbi#VERSION}. */
  public static final int VERSION = 0;

  /** Four bytes, {@link #STARTS_ITSELF} or 0. */
  public static final int FLAGS = 4;

  /** The start of the function table. */
  public static final int FUNCTIONS = 8;

  /** The end of the function table. */
  public static final int FUNCTIONS_END = 16;

  /** The start of the table of initialisers' addresses. */
  public static final int INITIALISERS = 24;

  /** The end of the table of initialisers' addresses. */
  public static final int INITIALISERS_END = 32;

  /**
   * The flag of a guest whose entry point is that of an ordinary program. Such a program says
   * itself when calls may come.
   */
  public static final long STARTS_ITSELF = 1;

  private AbiNote() {}
}
