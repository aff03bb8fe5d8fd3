package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.fd.Descriptors;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Node;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A directory that has something for each descriptor, called as its number. */
abstract class NumberedDirectory extends PseudoNode {
  private final ProcessFiles files;
  private final FileKind entryKind;

  /**
   * The directory.
   *
   * @param inode as many behind it as there can be descriptors are free
   * @param entryKind what is in it
   */
  NumberedDirectory(
      String path, long inode, int permissions, FileKind entryKind, ProcessFiles files) {
    super(path, inode, FileKind.DIRECTORY, permissions);
    this.files = files;
    this.entryKind = entryKind;
  }

  /** What there is for a descriptor, also if it is not open, or not yet. */
  abstract Node entry(int number);

  final ProcessFiles files() {
    return files;
  }

  final String pathOf(int number) {
    return path() + "/" + number;
  }

  final long inodeOf(int number) {
    return inode() + 1 + number;
  }

  /** The entry that is in another guest's directory what one is here. */
  final Node entryIn(Counterparts other, int number) {
    return other.ownNode(path(), NumberedDirectory.class).entry(number);
  }

  @Override
  public List<DirectoryEntry> entries(long mostBytes) {
    List<DirectoryEntry> entries = new ArrayList<>();
    for (int number = 0; number < Descriptors.MAX; number++) {
      if (isOpen(number)) {
        entries.add(new DirectoryEntry(Integer.toString(number), inodeOf(number), entryKind));
      }
    }
    return entries;
  }

  @Override
  public @Nullable Node child(String name) {
    if (name.isEmpty() || name.length() > 3 || !name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return null;
    }
    int number = Integer.parseInt(name);
    boolean canonical = Integer.toString(number).equals(name);
    return canonical && isOpen(number) ? entry(number) : null;
  }

  private boolean isOpen(int number) {
    return files.descriptors().find(number) != null;
  }
}
