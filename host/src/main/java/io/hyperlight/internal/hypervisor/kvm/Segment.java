package io.hyperlight.internal.hypervisor.kvm;

import static io.hyperlight.internal.hypervisor.kvm.Structs.KVM_SEGMENT;
import static io.hyperlight.internal.hypervisor.kvm.Structs.offset;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/**
 * {@code struct kvm_segment}: a segment register with its hidden part.
 *
 * @param base linear address
 * @param limit in bytes, already scaled where {@code granularity} is set
 * @param selector 16 bits
 * @param type the descriptor's four type bits
 * @param present the P flag
 * @param privilegeLevel the descriptor's DPL, 0 to 3
 * @param defaultSize the D/B flag
 * @param codeOrData the S flag: false for a system segment
 * @param longMode the L flag
 * @param granularity the G flag
 * @param unusable no segment is loaded
 */
public record Segment(
    long base,
    int limit,
    int selector,
    int type,
    boolean present,
    int privilegeLevel,
    boolean defaultSize,
    boolean codeOrData,
    boolean longMode,
    boolean granularity,
    boolean unusable) {
  private static final long BASE = offset(KVM_SEGMENT, "base");
  private static final long LIMIT = offset(KVM_SEGMENT, "limit");
  private static final long SELECTOR = offset(KVM_SEGMENT, "selector");
  private static final long TYPE = offset(KVM_SEGMENT, "type");
  private static final long PRESENT = offset(KVM_SEGMENT, "present");
  private static final long DPL = offset(KVM_SEGMENT, "dpl");
  private static final long DB = offset(KVM_SEGMENT, "db");
  private static final long S = offset(KVM_SEGMENT, "s");
  private static final long L = offset(KVM_SEGMENT, "l");
  private static final long G = offset(KVM_SEGMENT, "g");
  private static final long AVL = offset(KVM_SEGMENT, "avl");
  private static final long UNUSABLE = offset(KVM_SEGMENT, "unusable");

  static Segment read(MemorySegment struct, long at) {
    return new Segment(
        struct.get(JAVA_LONG, at + BASE),
        struct.get(JAVA_INT, at + LIMIT),
        Short.toUnsignedInt(struct.get(JAVA_SHORT, at + SELECTOR)),
        struct.get(JAVA_BYTE, at + TYPE),
        struct.get(JAVA_BYTE, at + PRESENT) != 0,
        struct.get(JAVA_BYTE, at + DPL),
        struct.get(JAVA_BYTE, at + DB) != 0,
        struct.get(JAVA_BYTE, at + S) != 0,
        struct.get(JAVA_BYTE, at + L) != 0,
        struct.get(JAVA_BYTE, at + G) != 0,
        struct.get(JAVA_BYTE, at + UNUSABLE) != 0);
  }

  void write(MemorySegment struct, long at) {
    struct.set(JAVA_LONG, at + BASE, base);
    struct.set(JAVA_INT, at + LIMIT, limit);
    struct.set(JAVA_SHORT, at + SELECTOR, (short) selector);
    struct.set(JAVA_BYTE, at + TYPE, (byte) type);
    struct.set(JAVA_BYTE, at + PRESENT, bit(present));
    struct.set(JAVA_BYTE, at + DPL, (byte) privilegeLevel);
    struct.set(JAVA_BYTE, at + DB, bit(defaultSize));
    struct.set(JAVA_BYTE, at + S, bit(codeOrData));
    struct.set(JAVA_BYTE, at + L, bit(longMode));
    struct.set(JAVA_BYTE, at + G, bit(granularity));
    struct.set(JAVA_BYTE, at + AVL, (byte) 0);
    struct.set(JAVA_BYTE, at + UNUSABLE, bit(unusable));
  }

  /** The same with another base. */
  public Segment withBase(long changed) {
    return new Segment(
        changed,
        limit,
        selector,
        type,
        present,
        privilegeLevel,
        defaultSize,
        codeOrData,
        longMode,
        granularity,
        unusable);
  }

  private static byte bit(boolean set) {
    return (byte) (set ? 1 : 0);
  }
}
