package io.hyperlight.internal.loader;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The dynamic section of a static position-independent program. It serves only to find the
 * relocations. Source: gABI chapter 5, "Dynamic Section", and the AMD64 supplement, "Relocation".
 */
final class ElfDynamicSection {
  private static final int DT_NULL = 0;
  private static final int DT_NEEDED = 1;
  private static final int DT_RELA = 7;
  private static final int DT_RELASZ = 8;
  private static final int DT_REL = 17;
  private static final int DT_JMPREL = 23;
  private static final int DT_PLTRELSZ = 2;
  private static final int DT_RELR = 36;
  private static final int DT_FLAGS_1 = 0x6fff_fffb;
  private static final long DF_1_PIE = 0x0800_0000;

  private static final int R_NONE = 0;
  private static final int R_RELATIVE = 8;
  private static final int ENTRY_SIZE = 24;

  private long flags1;
  private long relocations;
  private long relocationBytes;
  private long procedureRelocations;
  private long procedureRelocationBytes;
  private @Nullable String unsupported;

  private ElfDynamicSection() {}

  static ElfDynamicSection parse(FileBytes section) {
    ElfDynamicSection dynamic = new ElfDynamicSection();
    for (long at = 0; at + 16 <= section.size(); at += 16) {
      long tag = section.i64(at, "a dynamic entry");
      long value = section.i64(at + 8, "a dynamic entry");
      if (tag == DT_NULL) {
        break;
      }
      dynamic.accept(tag, value);
    }
    return dynamic;
  }

  private void accept(long tag, long value) {
    if (tag == DT_NEEDED) {
      throw new GuestFormatException(
          "it needs shared libraries: link a program with -static or -static-pie");
    } else if (tag == DT_REL || tag == DT_RELR) {
      throw new GuestFormatException(
          "its relocations are of another format than RELA: link without"
              + " -z pack-relative-relocs");
    } else if (tag == DT_RELA) {
      relocations = value;
    } else if (tag == DT_RELASZ) {
      relocationBytes = value;
    } else if (tag == DT_JMPREL) {
      procedureRelocations = value;
    } else if (tag == DT_PLTRELSZ) {
      procedureRelocationBytes = value;
    } else if (tag == DT_FLAGS_1) {
      flags1 = value;
    }
  }

  /** Returns whether the linker marked the file as a program, not a library. */
  boolean isExecutable() {
    return (flags1 & DF_1_PIE) != 0;
  }

  /** Adds the load bias to each word in which the program has an address of its own. */
  void applyRelativeRelocations(List<ElfSegment> segments, long loadBias) {
    apply(relocations, relocationBytes, segments, loadBias);
    apply(procedureRelocations, procedureRelocationBytes, segments, loadBias);
  }

  /**
   * Returns what is wrong if the program needs a relocation that the host does not know, else null.
   */
  @Nullable String unsupportedRelocation() {
    return unsupported;
  }

  private void apply(long table, long sizeBytes, List<ElfSegment> segments, long loadBias) {
    if (sizeBytes == 0) {
      return;
    }
    ElfSegment holder = find(table + loadBias, segments);
    FileBytes entries =
        new FileBytes(
            holder
                .contents()
                .copy(table + loadBias - holder.address(), sizeBytes, "the relocation table"));
    for (long at = 0; at + ENTRY_SIZE <= sizeBytes; at += ENTRY_SIZE) {
      long target = entries.i64(at, "a relocation") + loadBias;
      int type = entries.i32(at + 8, "a relocation");
      long addend = entries.i64(at + 16, "a relocation");
      switch (type) {
        case R_NONE -> {}
        case R_RELATIVE -> {
          ElfSegment segment = find(target, segments);
          segment
              .contents()
              .putI64(target - segment.address(), addend + loadBias, "a relocated word");
        }
        // A program that starts itself also relocates itself. The caller refuses other programs.
        default ->
            unsupported =
                "it needs a relocation of type %d at 0x%x: link it with -static"
                    .formatted(type, target);
      }
    }
  }

  private static ElfSegment find(long address, List<ElfSegment> segments) {
    for (ElfSegment segment : segments) {
      if (segment.contains(address)) {
        return segment;
      }
    }
    throw new GuestFormatException(
        "its relocations name address 0x%x, which is in none of its segments".formatted(address));
  }
}
