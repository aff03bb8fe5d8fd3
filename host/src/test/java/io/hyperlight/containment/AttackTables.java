package io.hyperlight.containment;

import java.util.List;
import java.util.stream.Stream;

/** All attacks that are C functions: those with an ending that is known, and those without. */
final class AttackTables {
  private AttackTables() {}

  /** Returns the attacks whose ending is known. */
  static List<Attack> withKnownEnding() {
    return Stream.of(
            MemoryAttacks.all(),
            InstructionAttacks.all(),
            SegmentAttacks.all(),
            FlagAttacks.all(),
            EdgeAttacks.all(),
            PortAttacks.all(),
            GateAttacks.all(),
            ProtocolAttacks.all(),
            OverlapAttacks.all(),
            ExhaustionAttacks.all())
        .flatMap(List::stream)
        .toList();
  }

  /** All of them. */
  static List<Attack> all() {
    return Stream.concat(withKnownEnding().stream(), ResidueAttacks.all().stream()).toList();
  }
}
