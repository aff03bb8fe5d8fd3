package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Cpuid.Output;
import java.util.ArrayList;
import java.util.List;

/**
 * What a guest can see of the processor, and may have chosen its code by. A program that found AVX2
 * when it started uses AVX2 after it was frozen, too.
 *
 * @param features instruction sets; each has the bit of its position in a list that only grows
 *     (docs/snapshot-format.md)
 * @param xcr0 the state components that the guest can use
 */
public record GuestProcessor(long features, long xcr0) {
  /**
   * An instruction set of user code, and the place where CPUID shows it (Intel SDM vol. 2, "CPUID";
   * AMD APM vol. 3, appendix E).
   */
  private record Feature(String name, int function, int index, Output output, int bit) {}

  private static final int EXTENDED = 0x8000_0000;

  private static final List<Feature> FEATURES = list();

  private static List<Feature> list() {
    List<Feature> all = new ArrayList<>();
    // The positions are part of the snapshot format, so new ones go to the end.
    add(all, 1, 0, Output.ECX, "SSE3", 0, "PCLMULQDQ", 1, "SSSE3", 9, "FMA", 12);
    add(all, 1, 0, Output.ECX, "CMPXCHG16B", 13, "SSE4.1", 19, "SSE4.2", 20, "MOVBE", 22);
    add(all, 1, 0, Output.ECX, "POPCNT", 23, "AES", 25, "XSAVE", 26, "AVX", 28);
    add(all, 1, 0, Output.ECX, "F16C", 29, "RDRAND", 30);
    add(all, 7, 0, Output.EBX, "FSGSBASE", 0, "BMI1", 3, "AVX2", 5, "BMI2", 8, "ERMS", 9);
    add(all, 7, 0, Output.EBX, "AVX512F", 16, "AVX512DQ", 17, "RDSEED", 18, "ADX", 19);
    add(all, 7, 0, Output.EBX, "AVX512_IFMA", 21, "CLFLUSHOPT", 23, "CLWB", 24);
    add(all, 7, 0, Output.EBX, "AVX512CD", 28, "SHA", 29, "AVX512BW", 30, "AVX512VL", 31);
    add(all, 7, 0, Output.ECX, "AVX512_VBMI", 1, "AVX512_VBMI2", 6, "GFNI", 8, "VAES", 9);
    add(all, 7, 0, Output.ECX, "VPCLMULQDQ", 10, "AVX512_VNNI", 11, "AVX512_BITALG", 12);
    add(all, 7, 0, Output.ECX, "AVX512_VPOPCNTDQ", 14, "RDPID", 22, "MOVDIRI", 27);
    add(all, 7, 0, Output.ECX, "MOVDIR64B", 28);
    add(all, 7, 0, Output.EDX, "FSRM", 4, "AVX512_VP2INTERSECT", 8, "SERIALIZE", 14);
    add(all, 7, 0, Output.EDX, "AVX512_FP16", 23);
    add(all, 7, 1, Output.EAX, "SHA512", 0, "SM3", 1, "SM4", 2, "AVX_VNNI", 4);
    add(all, 7, 1, Output.EAX, "AVX512_BF16", 5, "CMPCCXADD", 7, "AVX_IFMA", 23);
    add(all, 0xd, 1, Output.EAX, "XSAVEOPT", 0, "XSAVEC", 1, "XGETBV1", 2);
    add(all, 0x8000_0001, 0, Output.ECX, "LZCNT", 5, "SSE4A", 6, "XOP", 11, "FMA4", 16);
    add(all, 0x8000_0001, 0, Output.ECX, "TBM", 21);
    return List.copyOf(all);
  }

  private static void add(
      List<Feature> all, int function, int index, Output output, Object... namesAndBits) {
    for (int i = 0; i < namesAndBits.length; i += 2) {
      all.add(
          new Feature(
              (String) namesAndBits[i], function, index, output, (Integer) namesAndBits[i + 1]));
    }
  }

  /** Returns one output register of the CPUID instruction. */
  @FunctionalInterface
  public interface Registers {
    int get(int function, int index, Output output);
  }

  public static GuestProcessor of(Registers cpuid, long xcr0) {
    int highestBasic = cpuid.get(0, 0, Output.EAX);
    // negative, as all extended functions are
    int highestExtended = cpuid.get(EXTENDED, 0, Output.EAX);
    long features = 0;
    for (int i = 0; i < FEATURES.size(); i++) {
      Feature feature = FEATURES.get(i);
      // Beyond the highest function, a processor may answer with the data of another one.
      int highest = feature.function < 0 ? highestExtended : highestBasic;
      if (feature.function <= highest
          && (cpuid.get(feature.function, feature.index, feature.output) >>> feature.bit & 1)
              != 0) {
        features |= 1L << i;
      }
    }
    return new GuestProcessor(features, xcr0);
  }

  /** Returns the names of the instruction sets. Unknown ones are named by their numbers. */
  public List<String> featureNames() {
    return names(features);
  }

  private static List<String> names(long set) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < Long.SIZE; i++) {
      if ((set >>> i & 1) != 0) {
        names.add(i < FEATURES.size() ? FEATURES.get(i).name : "feature number " + i);
      }
    }
    return names;
  }

  /**
   * Returns whether a value can be the XCR0 of a machine's guests: x87 and SSE, AVX, all of
   * AVX-512.
   */
  public static boolean isPossibleXcr0(long xcr0) {
    return xcr0 == 0b1 || xcr0 == 0b11 || xcr0 == 0b111 || xcr0 == 0b1110_0111;
  }

  /**
   * Returns what keeps a guest that has seen this processor from running on another one.
   *
   * @param other of any machine
   * @return what is missing there, for people; empty if nothing is
   */
  public List<String> missingOn(GuestProcessor other) {
    List<String> missing = names(features & ~other.features);
    if (!isPossibleXcr0(xcr0) || (xcr0 & ~other.xcr0) != 0) {
      missing.add("XCR0 0x%x (there is 0x%x)".formatted(xcr0, other.xcr0));
    }
    return missing;
  }
}
