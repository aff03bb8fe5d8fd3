package io.hyperlight.internal.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.hyperlight.internal.hypervisor.kvm.CpuidBuilder;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.Cpuid.Output;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Bits after Intel SDM vol. 2, "CPUID". */
class CpuFeaturesTest {
  private static final int XSAVE = 1 << 26;
  private static final int FSGSBASE = 1;
  private static final int SMEP = 1 << 7;
  private static final int SMAP = 1 << 20;
  private static final int UMIP = 1 << 2;
  private static final int NX = 1 << 20;

  private static Cpuid cpuid(int leaf1, int leaf7b, int leaf7c, int extended, int xcr0) {
    return new CpuidBuilder()
        .set(1, 0, Output.ECX, leaf1)
        .set(7, 0, Output.EBX, leaf7b)
        .set(7, 0, Output.ECX, leaf7c)
        .set(0x8000_0001, 0, Output.EDX, extended)
        .set(0xd, 0, Output.EAX, xcr0)
        .set(0xd, 1, Output.EAX, -1)
        .build();
  }

  @Test
  void aProcessorThatHasAllMissesNothing() {
    CpuFeatures cpu = CpuFeatures.of(cpuid(-1, -1, -1, -1, -1), 0xfee0_0900L);
    assertThat(cpu).isEqualTo(new CpuFeatures(cpu.missing(), true, true, true, 0xe7, 0xfee0_0900L));
    assertThat(cpu.missing()).isEmpty();
  }

  @Test
  void aKvmThatListsNothingMissesAllThatGuestsNeed() {
    CpuFeatures cpu = CpuFeatures.of(new CpuidBuilder().build(), 0);
    assertThat(cpu.missing()).containsExactly("XSAVE", "FSGSBASE", "NX");
    assertThat(cpu.smep() || cpu.smap() || cpu.umip()).isFalse();
    assertThat(cpu.unsupported())
        .hasMessageContaining("a processor without XSAVE, FSGSBASE, NX: use an Intel processor");
  }

  static Stream<Arguments> missingFeatures() {
    return Stream.of(
        arguments("XSAVE", cpuid(~XSAVE, -1, -1, -1, 7)),
        arguments("FSGSBASE", cpuid(-1, ~FSGSBASE, -1, -1, 7)),
        arguments("NX", cpuid(-1, -1, -1, ~NX, 7)));
  }

  @ParameterizedTest
  @MethodSource("missingFeatures")
  void eachMissingFeatureIsNamed(String name, Cpuid cpuid) {
    assertThat(CpuFeatures.of(cpuid, 0).missing()).containsExactly(name);
  }

  @Test
  void eachProtectionIsFoundByItsOwnBit() {
    assertThat(CpuFeatures.of(cpuid(-1, SMEP, 0, -1, 7), 0))
        .matches(cpu -> cpu.smep() && !cpu.smap() && !cpu.umip());
    assertThat(CpuFeatures.of(cpuid(-1, SMAP, 0, -1, 7), 0))
        .matches(cpu -> !cpu.smep() && cpu.smap() && !cpu.umip());
    assertThat(CpuFeatures.of(cpuid(-1, 0, UMIP, -1, 7), 0))
        .matches(cpu -> !cpu.smep() && !cpu.smap() && cpu.umip());
  }

  /**
   * Intel SDM vol. 1, "Enabling the XSAVE Feature Set": all of AVX-512 is enabled together, and
   * with AVX.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 1", // x87
    "3, 3", // SSE
    "7, 7", // AVX
    "0xe7, 0xe7", // AVX-512
    "0x67, 7", // a part of AVX-512
    "0xe3, 3", // AVX-512 without AVX
    "0x602e7, 0xe7", // protection keys and AMX, which guests are not given
    "0x18, 0", // MPX alone
    "-1, 0xe7"
  })
  void guestsGetTheStateComponentsThatGoTogether(String supported, String given) {
    CpuFeatures cpu = CpuFeatures.of(cpuid(-1, -1, -1, -1, Integer.decode(supported)), 0);
    assertThat(cpu.xcr0()).isEqualTo(Integer.decode(given).longValue());
  }
}
