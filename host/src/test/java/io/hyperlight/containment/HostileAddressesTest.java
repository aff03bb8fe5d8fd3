package io.hyperlight.containment;

import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.error.GuestFaultException;
import io.hyperlight.testing.HostileGuest;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads, writes and runs addresses that belong to the monitor, to a kernel, or to nothing. */
final class HostileAddressesTest {
  private static final int SAMPLE = Integer.getInteger("hyperlight.test.addresses", 40);

  private static final String FUNCTIONS =
      """
      HL_EXPORT(void, read_it, int64_t)
      void read_it(int64_t address) { load((uint64_t)address); }
      HL_EXPORT(void, write_it, int64_t)
      void write_it(int64_t address) { store((uint64_t)address); }
      HL_EXPORT(void, run_it, int64_t)
      void run_it(int64_t address) { execute((uint64_t)address); }
      """;

  private static final long MONITOR = 0xffff_8000_0000_0000L;

  private static Stream<Long> addresses() {
    Random random = new Random(42);
    return LongStream.concat(
            // The monitor's pages, those between and around them, first and last byte.
            LongStream.range(0, 8)
                .flatMap(
                    page -> LongStream.of(MONITOR + 4096 * page, MONITOR + 4096 * page + 4095)),
            LongStream.concat(
                LongStream.of(
                    MONITOR - 1,
                    0x7fff_ffff_ffffL,
                    0x8000_0000_0000L,
                    -1L,
                    // Where Linux has its direct map, its text, its modules, its CPU entry area.
                    0xffff_8880_0000_0000L,
                    0xffff_ffff_8100_0000L,
                    0xffff_ffff_c000_0000L,
                    0xffff_fe00_0000_0000L,
                    // Physical addresses of devices.
                    0xfee0_0000L,
                    0xfec0_0000L),
                LongStream.generate(random::nextLong)
                    .filter(address -> address >>> 46 != 0)
                    .limit(SAMPLE)))
        .boxed();
  }

  @ParameterizedTest
  @ValueSource(strings = {"read_it", "write_it", "run_it"})
  void areOutOfReach(String function) {
    addresses()
        .forEach(address -> {
          try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
            GuestFaultException fault = guest.attack(function, address).fault();
            boolean canonical = address << 16 >> 16 == address;
            assertThat(fault.kind())
                .describedAs("0x%x: %s", address, fault)
                .isEqualTo(canonical ? MEMORY_ACCESS : PROTECTION);
            if (canonical) {
              assertThat(fault.faultAddress()).hasValue(address);
            }
          }
        });
  }
}
