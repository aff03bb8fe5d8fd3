package io.hyperlight.internal.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.hypervisor.kvm.CpuidBuilder;
import io.hyperlight.internal.hypervisor.x86.Cpuid.Output;
import io.hyperlight.testing.HardwareLaneQuick;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bits after Intel SDM vol. 2, "CPUID", and AMD APM vol. 3, appendix E. */
class GuestProcessorTest {
  private static final long AVX = 0b111;
  private static final long AVX512 = 0b1110_0111;

  private static CpuidBuilder cpuid() {
    return new CpuidBuilder()
        .set(0, 0, Output.EAX, 0xd)
        .set(0x8000_0000, 0, Output.EAX, 0x8000_0008);
  }

  @Test
  void eachFeatureIsFoundByItsOwnBit() {
    assertThat(
            GuestProcessor.of(
                    cpuid()
                            .set(1, 0, Output.ECX, 1 << 28)
                            .set(7, 0, Output.EBX, 1 << 5 | 1 << 31)
                            .set(7, 1, Output.EAX, 1 << 4)
                            .set(0x8000_0001, 0, Output.ECX, 1 << 5)
                            .build()
                        ::get,
                    AVX)
                .featureNames())
        .containsExactly("AVX", "AVX2", "AVX512VL", "AVX_VNNI", "LZCNT");
  }

  @Test
  void positionsInTheSetArePartOfTheSnapshotFormat() {
    var all = new GuestProcessor(-1, AVX512).featureNames();
    assertThat(all).hasSize(Long.SIZE).doesNotHaveDuplicates();
    assertThat(all.subList(0, 4)).containsExactly("SSE3", "PCLMULQDQ", "SSSE3", "FMA");
    assertThat(all.indexOf("FSGSBASE")).isEqualTo(14);
    assertThat(all.indexOf("AVX512F")).isEqualTo(19);
    assertThat(all.indexOf("XSAVEOPT")).isEqualTo(52);
    assertThat(all.indexOf("TBM")).isEqualTo(59);
    assertThat(all.subList(60, 64))
        .containsExactly(
            "feature number 60", "feature number 61", "feature number 62", "feature number 63");
  }

  @Test
  void functionsBeyondTheHighestAreNotAsked() {
    var cpuid =
        new CpuidBuilder()
            .set(0, 0, Output.EAX, 1)
            .set(1, 0, Output.ECX, 1)
            .set(7, 0, Output.EBX, -1)
            .set(0x8000_0000, 0, Output.EAX, 0x8000_0000)
            .set(0x8000_0001, 0, Output.ECX, -1)
            .build();
    assertThat(GuestProcessor.of(cpuid::get, AVX).featureNames()).containsExactly("SSE3");
  }

  @Test
  void whatIsMissingElsewhereIsNamed() {
    GuestProcessor large = new GuestProcessor(0b1111, AVX512);
    GuestProcessor small = new GuestProcessor(0b0101, AVX);
    assertThat(small.missingOn(large)).isEmpty();
    assertThat(large.missingOn(large)).isEmpty();
    assertThat(large.missingOn(small))
        .containsExactly("PCLMULQDQ", "FMA", "XCR0 0xe7 (there is 0x7)");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 2, 5, 0x67, 0xe3, 0x2e7, -1})
  void anXcr0ThatNoMachineGivesIsMissingEverywhere(long xcr0) {
    assertThat(new GuestProcessor(0, xcr0).missingOn(new GuestProcessor(-1, -1))).hasSize(1);
  }

  @Test
  @HardwareLaneQuick
  void guestsOnThisMachineSeeWhatGuestsNeed() {
    GuestProcessor here = HostPlatform.get().guestProcessor();
    assertThat(here.featureNames()).contains("SSE3", "CMPXCHG16B", "XSAVE", "FSGSBASE");
    assertThat(here.missingOn(here)).isEmpty();
    assertThat(HostPlatform.get().guestProcessor()).isSameAs(here);
  }
}
