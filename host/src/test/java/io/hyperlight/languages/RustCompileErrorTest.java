package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.RustGuest;
import io.hyperlight.testing.Tool;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the compiler's messages for Rust programs that are not guests. */
@NotInHardwareLane("Needs cargo; no VM takes part.")
@Needs(Tool.CARGO)
@Tag("slow")
class RustCompileErrorTest {
  private static String errorsOf(String function) {
    return RustGuest.errorsOf(
        "#![no_std]\n#![no_main]\n#![allow(unused)]\nuse hyperlight::prelude::*;\n" + function);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          export | fn f(a: u8, b: char) {}                  | 6:16 | cannot take a `char`
          export | fn f(a: &mut [u8]) {}                    | 6:9  | cannot take a `&'static mut [u8]`
          export | fn f(a: usize) {}                        | 6:9  | cannot take a `usize`
          export | fn f() -> Option<u8> { None }            | 6:11 | cannot return a `Option<u8>`
          export | fn f() -> Result<char, Error> { todo!() }| 6:11 | cannot return a `Result<char, hyperlight::Error>`
          import | mod m { fn f(a: u8, b: char); }          | 6:24 | cannot take a `char`
          import | mod m { fn f() -> Vec<u16>; }            | 6:19 | cannot return a `hyperlight::prelude::Vec<u16>`
          """)
  void aTypeThatJavaDoesNotKnowIsPointedAtAndTheOthersListed(
      String attribute, String function, String place, String message) {
    assertThat(errorsOf("#[hyperlight::" + attribute + "]\n" + function))
        .contains("src/main.rs:" + place)
        .contains(message)
        .contains("bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          export      | fn f<T>(a: T) {}             | has no generic parameters
          export      | async fn f() {}              | expected a plain function
          export      | struct S;                    | expected a plain function
          export      | fn f(self) {}                | expected a parameter with a type
          export      | fn \u00fcber() {}            | at most 255 ASCII letters, digits and _
          export("g") | fn f() {}                    | this attribute takes no arguments
          export      | fn f(a: &'static str) {}     | borrowed
          import      | fn f();                      | imports are declared in a module
          import      | mod m { fn f() {} }          | an import has no body
          import      | mod m { struct S; }          | expected a plain function
          """)
  void whatJavaCannotCallIsRefused(String attribute, String function, String message) {
    assertThat(errorsOf("#[hyperlight::" + attribute + "]\n" + function)).contains(message);
  }

  @Test
  void aGuestWithTheStandardLibraryThatIsNotStaticIsToldTheLinesThatMakeItSo() {
    assertThat(RustGuest.errorsOfDynamic("fn main() {}\n"))
        .contains("linked statically")
        .contains(".cargo/config.toml")
        .contains("target = \"x86_64-unknown-linux-gnu\"")
        .contains("rustflags = [\"-C\", \"target-feature=+crt-static\"]");
  }

  @Test
  void thereAreAtMost32Parameters() {
    assertThat(errorsOf("#[hyperlight::export]\nfn f(" + "_: u8, ".repeat(33) + ") {}"))
        .contains("at most 32 parameters");
  }
}
