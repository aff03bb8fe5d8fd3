package io.hyperlight.internal.machine.memory;

import java.util.BitSet;

/** The numbers of page tables to which no entry leads any more. It is for one thread. */
final class RetiredTables {
  /** Tables of which the hypervisor may still have translations. */
  private final BitSet known = new BitSet();

  /** Tables that the hypervisor has forgotten. */
  private final BitSet forgotten = new BitSet();

  private int knownCount;
  private int forgottenCount;

  /** Returns how many there are. */
  int count() {
    return knownCount + forgottenCount;
  }

  /** Returns how many of them cannot be used again yet. */
  int knownCount() {
    return knownCount;
  }

  void add(int number) {
    if (!known.get(number)) {
      known.set(number);
      knownCount++;
    }
  }

  /** Records that the hypervisor has forgotten all tables. */
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
