package io.hyperlight.internal.snapshot;

import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.machine.memory.MappedRange;
import io.hyperlight.internal.machine.x86.GuestProcessor;
import java.util.List;

/**
 * What a snapshot file says, except for the contents of pages.
 *
 * @param formatVersion of the file
 * @param abiVersion of the guest
 * @param libraryVersion of the library that wrote it
 * @param name of the guest
 * @param processor that the guest has seen
 * @param mappings in ascending order
 * @param contentBytes the size of the pages in the file
 * @param intact whether the digest is that of the file
 */
public record SnapshotContents(
    int formatVersion,
    int abiVersion,
    String libraryVersion,
    String name,
    GuestProgram program,
    GuestProcessor processor,
    long memoryBytes,
    long stackBytes,
    List<MappedRange> mappings,
    long contentBytes,
    boolean intact) {}
