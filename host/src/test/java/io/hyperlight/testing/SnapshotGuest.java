package io.hyperlight.testing;

/** A guest with state of every kind that a snapshot has to keep, for the tests of files. */
public final class SnapshotGuest {
  public static final String PROGRAM = SourceFile.of(SnapshotGuest.class, "snapshot_guest.c");

  private SnapshotGuest() {}
}
