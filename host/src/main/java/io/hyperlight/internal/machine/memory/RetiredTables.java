package io.hyperlight.internal.machine.memory;

import java.util.BitSet;

/** The numbers of page tables to which nothing leads any more. For one thread. */
final class RetiredTables {
  /** Those that the hypervisor may still know as what they were. */
  private final BitSet known = new BitSet();

  /** Those that it has forgotten. */
  private final BitSet forgotten = new BitSet();

  private int knownCount;
  private int forgottenCount;

  /** How many there are. */
  int count() {
    return knownCount + forgottenCount;
  }

  /** How many of them cannot be used again yet. */
  int knownCount() {
    return knownCount;
  }

  void add(int number) {
    if (!known.get(number)) {
      known.set(number);
      knownCount++;
    }
  }

  /** Says that the hypervisor has forgotten all tables. */
  void forget() {
    forgotten.or(known);
    known.clear();
    forgottenCount += knownCount;
    knownCount = 0;
  }

  /**
   * Takes one out that can become another table.
   *
   * @return -1 if there is none
   */
  int take() {
    int number = forgotten.nextSetBit(0);
    if (number >= 0) {
      forgotten.clear(number);
      forgottenCount--;
    }
    return number;
  }
}
