package io.hyperlight.testing;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How the types of the guest ABI are written in Rust, and {@link CType}'s hash there. */
public final class RustType {
  /** Functions that {@link #fold} and {@link #derived} use. */
  public static final String PRELUDE =
      """
      #![no_std]
      #![no_main]
      #![allow(unused, clippy::all)]
      use hyperlight::prelude::*;

      fn word(hash: u64, word: u64) -> u64 {
          (hash ^ word).wrapping_mul(0x9e3779b97f4a7c15).rotate_left(29)
      }

      fn range(mut hash: u64, bytes: impl AsRef<[u8]>) -> u64 {
          let bytes = bytes.as_ref();
          for byte in bytes {
              hash = word(hash, u64::from(*byte));
          }
          word(word(hash, bytes.len() as u64), 0)
      }

      static HASH: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);

      fn remember(hash: u64) {
          HASH.store(hash, core::sync::atomic::Ordering::Relaxed);
      }

      #[hyperlight::export]
      fn last_hash() -> i64 {
          HASH.load(core::sync::atomic::Ordering::Relaxed) as i64
      }

      """;

  private RustType() {}

  /** Returns the type; for strings and bytes the owned one. */
  public static String name(CType type) {
    return switch (type) {
      case VOID -> "()";
      case BOOL -> "bool";
      case INT8 -> "i8";
      case INT16 -> "i16";
      case INT32 -> "i32";
      case INT64 -> "i64";
      case UINT8 -> "u8";
      case UINT16 -> "u16";
      case UINT32 -> "u32";
      case UINT64 -> "u64";
      case FLOAT -> "f32";
      case DOUBLE -> "f64";
      case STRING -> "String";
      case BYTES -> "Vec<u8>";
    };
  }

  /** Returns the type; for strings and bytes the borrowed one. */
  public static String borrowed(CType type) {
    return switch (type) {
      case STRING -> "&str";
      case BYTES -> "&[u8]";
      default -> name(type);
    };
  }

  /** The expression for {@link CType#fold}. */
  public static String fold(CType type, String hash, String value) {
    return switch (type) {
      case FLOAT, DOUBLE -> "word(%s, %s.to_bits().into())".formatted(hash, value);
      case STRING, BYTES -> "range(%s, &%s)".formatted(hash, value);
      default -> "word(%s, %s as u64)".formatted(hash, value);
    };
  }

  /** The expression for {@link CType#derived}. */
  public static String derived(CType type, String hash) {
    return switch (type) {
      case VOID -> "()";
      case BOOL -> "%s & 1 != 0".formatted(hash);
      case UINT64 -> "%s >> 1".formatted(hash);
      case FLOAT -> "f32::from_bits(%s as u32)".formatted(hash);
      case DOUBLE -> "f64::from_bits(%s)".formatted(hash);
      case STRING -> "(%s as i64).to_string()".formatted(hash);
      case BYTES -> "%s.to_le_bytes().to_vec()".formatted(hash);
      default -> "%s as %s".formatted(hash, name(type));
    };
  }

  /** The type of a parameter: the borrowing one at every other position. */
  public static String parameter(RandomFunction function, int position) {
    CType type = function.parameters().get(position);
    return position % 2 == 0 ? borrowed(type) : name(type);
  }

  /** The parameters p0, p1 ... with their types. */
  public static String parameters(RandomFunction function) {
    return IntStream.range(0, function.parameters().size())
        .mapToObj(i -> "p%d: %s".formatted(i, parameter(function, i)))
        .collect(Collectors.joining(", "));
  }

  /** The statements that compute {@link RandomFunction#hash} into a new variable. */
  public static String hash(RandomFunction function) {
    List<CType> parameters = function.parameters();
    return "    let mut hash: u64 = %d;\n".formatted(parameters.size())
        + IntStream.range(0, parameters.size())
            .mapToObj(i -> "    hash = %s;\n".formatted(fold(parameters.get(i), "hash", "p" + i)))
            .collect(Collectors.joining());
  }
}
