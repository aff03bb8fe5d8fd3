package io.hyperlight.internal.linux.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * Holds the names of a kind of number: bits that are combined, or values. Numbers without a name
 * are shown as numbers, so any value can be shown.
 *
 * @param bits whether the names are combined
 * @param prefix the common beginning of the names
 * @param names in the order in which they are looked for and shown
 */
record FlagSet(boolean bits, String prefix, List<Name> names) {
  /** A name and its value. */
  record Name(String text, long value) {}

  FlagSet {
    names = List.copyOf(names);
  }

  /**
   * Parses a line of a table.
   *
   * @param words {@code NAME=VALUE} each
   */
  static FlagSet parse(boolean bits, List<String> words) {
    List<Name> names = new ArrayList<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      names.add(new Name(word.substring(0, equals), Long.decode(word.substring(equals + 1))));
    }
    return new FlagSet(bits, commonPrefix(names), names);
  }

  /** Returns the longest common prefix, up to its last underscore if it has one. */
  private static String commonPrefix(List<Name> names) {
    String prefix = names.getFirst().text();
    for (Name name : names) {
      while (!name.text.startsWith(prefix)) {
        prefix = prefix.substring(0, prefix.length() - 1);
      }
    }
    int underscore = prefix.lastIndexOf('_');
    return underscore < 0 ? prefix : prefix.substring(0, underscore + 1);
  }

  /** Formats any value, by names as far as it has any. */
  String text(long value) {
    return bits ? combined(value) : named(value);
  }

  private String named(long value) {
    for (Name name : names) {
      if (name.value == value) {
        return name.text;
      }
    }
    return unknown(value);
  }

  private String unknown(long value) {
    return "%s /* %s??? */".formatted(NumberTexts.hex(value), prefix);
  }

  private String combined(long value) {
    if (value == 0) {
      return names.stream().filter(n -> n.value == 0).map(Name::text).findFirst().orElse("0");
    }
    long known = names.stream().mapToLong(Name::value).reduce(0, (a, b) -> a | b);
    return (value & known) == 0 ? unknown(value) : joined(value);
  }

  /** Formats bits that follow other text; empty if there are none. */
  String appended(long value) {
    return value == 0 ? "" : "|" + joined(value);
  }

  private String joined(long value) {
    StringJoiner found = new StringJoiner("|");
    long rest = value;
    for (Name name : names) {
      if (name.value != 0 && (rest & name.value) == name.value) {
        found.add(name.text);
        rest &= ~name.value;
      }
    }
    return (rest == 0 ? found : found.add(NumberTexts.hex(rest))).toString();
  }
}
