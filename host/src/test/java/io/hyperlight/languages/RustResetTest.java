package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.ResetOracle.Ending;
import io.hyperlight.testing.RustGuest;
import io.hyperlight.testing.Tool;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** After a restore the oracle finds nothing of what happened in a Rust guest. */
@Tag("dirty-tracking")
@NotInHardwareLane("Needs cargo; to the processor, Rust guests are like those in C.")
@Needs(Tool.CARGO)
@Tag("slow")
class RustResetTest {
  /** The functions that the oracle's functions need from the C library, which is not linked. */
  private static final String PROGRAM =
      """
      #![no_std]
      #![no_main]
      use core::arch::asm;
      use hyperlight::prelude::*;

      static KEPT: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(3);

      #[hyperlight::export]
      fn work(text: &str) -> String {
          KEPT.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
          let mut words: Vec<String> = text.split(' ').map(|word| word.repeat(1000)).collect();
          words.sort();
          core::mem::forget(words.clone());
          words.concat()
      }

      #[unsafe(no_mangle)]
      extern "C" fn malloc(size: usize) -> *mut u8 {
          vec![0u8; size].leak().as_mut_ptr()
      }

      /// More window, up to a megabyte behind its start.
      #[unsafe(no_mangle)]
      extern "C" fn hl_scratch(size: usize) -> *mut u8 {
          // SAFETY: the window begins where the information page says, and grows by this call.
          unsafe {
              let window = *(0x11010 as *const u64);
              asm!("syscall", inlateout("rax") 0x484c0005u64 => _, in("rdi") window + size as u64,
                  lateout("rcx") _, lateout("rdx") _, lateout("r8") _, lateout("r11") _);
              window as *mut u8
          }
      }
      """;

  @ParameterizedTest
  @EnumSource
  void aRestoredSandboxIsAsANewbornHoweverItEnded(Ending ending) {
    Guest guest = RustGuest.with("#include <hyperlight.h>\n" + ResetOracle.FUNCTIONS, PROGRAM);
    try (Sandbox original = Sandbox.builder(guest).memorySize(4 << 20).build()) {
      original.call("work", String.class, "some words to warm up");
      try (Snapshot snapshot = original.snapshot();
          Sandbox sandbox = snapshot.spawn()) {
        ResetOracle oracle = new ResetOracle(snapshot);
        for (int round = 0; round < 3; round++) {
          sandbox.call("work", String.class, "round " + round);
          ResetOracle.dirty(sandbox, 512 << 10, ending);
          sandbox.restore(snapshot);
          assertThat(oracle.leaksOf(sandbox)).as("leaks of round %d", round).isEmpty();
          sandbox.restore(snapshot);
          assertThat(sandbox.call("work", String.class, "b a"))
              .isEqualTo("a".repeat(1000) + "b".repeat(1000));
          sandbox.restore(snapshot);
        }
      }
    }
  }
}
