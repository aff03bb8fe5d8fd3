package io.hyperlight.internal.loader;

import io.hyperlight.internal.abi.InformationBlock;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.x86.Gate;

/** Loads programs into address spaces. */
public final class ProgramLoader {
  private ProgramLoader() {}

  /** Maps a segment's pages. They are zero. */
  public static void map(ElfSegment segment, AddressSpace space) {
    long start = segment.pageStart();
    space.map(start, segment.pageEnd() - start, segment.protection());
  }

  /** Copies the contents that the file has of a segment into its pages. */
  public static void loadContents(ElfSegment segment, AddressSpace space) {
    byte[] contents = segment.contents().array();
    space.initialise(segment.address(), contents, 0, contents.length);
  }

  /** Writes the information block, which tells the guest where frame, window and heap are. */
  public static void writeInformation(AddressSpace space, GuestLayout layout) {
    byte[] information =
        InformationBlock.bytes(
            layout.frame(), layout.window(), layout.heap(), Gate.HOST_CALL_ROUTINE);
    space.initialise(InformationBlock.ADDRESS, information, 0, information.length);
  }
}
