package io.hyperlight.internal.vfs;

/**
 * The contents of a file of which there can be writable shared mappings. The pages of these are in
 * guest memory. What the guest writes there comes to the file by {@link #putBack}, before anybody
 * reads the file.
 */
public interface SharedContent extends FileContent {
  /** Answers whether the file can be written at all. */
  boolean isShareable();

  /** Opens the file in a file system for mappings, which may write it whoever opened it. */
  FileContent mapped(Counterparts system);

  /** Returns the {@link Seals} of the file. */
  int seals();

  /**
   * Adds seals, all of which are known.
   *
   * @throws FileException EPERM if there may be no more; EBUSY if a mapping can write
   */
  void addSeals(int seals);

  /**
   * Makes sure that there is room for later calls of {@link #putBack} in a part of the file. The
   * times of the file stay.
   *
   * @param from not negative, and less than {@code to}
   * @throws FileException ENOSPC
   */
  void requireRoom(long from, long to);

  /**
   * Copies bytes of a mapping into the file, within its size. As in files in memory of Linux, the
   * times of the file stay. No watcher learns of it.
   *
   * @return whether there was room for all of them
   */
  boolean putBack(long offset, byte[] source, int from, int length);
}
