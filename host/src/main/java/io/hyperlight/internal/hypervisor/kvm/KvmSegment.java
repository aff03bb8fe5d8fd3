package io.hyperlight.internal.hypervisor.kvm;

import static io.hyperlight.internal.hypervisor.kvm.Structs.KVM_SEGMENT;
import static io.hyperlight.internal.hypervisor.kvm.Structs.offset;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.hyperlight.internal.hypervisor.x86.Segment;
import java.lang.foreign.MemorySegment;

/** {@code struct kvm_segment}. */
final class KvmSegment {
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

  private KvmSegment() {}

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

  static void write(Segment segment, MemorySegment struct, long at) {
    struct.set(JAVA_LONG, at + BASE, segment.base());
    struct.set(JAVA_INT, at + LIMIT, segment.limit());
    struct.set(JAVA_SHORT, at + SELECTOR, (short) segment.selector());
    struct.set(JAVA_BYTE, at + TYPE, (byte) segment.type());
    struct.set(JAVA_BYTE, at + PRESENT, bit(segment.present()));
    struct.set(JAVA_BYTE, at + DPL, (byte) segment.privilegeLevel());
    struct.set(JAVA_BYTE, at + DB, bit(segment.defaultSize()));
    struct.set(JAVA_BYTE, at + S, bit(segment.codeOrData()));
    struct.set(JAVA_BYTE, at + L, bit(segment.longMode()));
    struct.set(JAVA_BYTE, at + G, bit(segment.granularity()));
    struct.set(JAVA_BYTE, at + AVL, (byte) 0);
    struct.set(JAVA_BYTE, at + UNUSABLE, bit(segment.unusable()));
  }

  private static byte bit(boolean set) {
    return (byte) (set ? 1 : 0);
  }
}
