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

/** A directory with an entry for each descriptor, named by its number. */
abstract class NumberedDirectory extends PseudoNode {
  private final ProcessFiles files;
  private final FileKind entryKind;

  /**
   * Creates the directory.
   *
   * @param inode its inode number; as many numbers after it as there can be descriptors are free
   * @param entryKind the kind of the entries
   */
  NumberedDirectory(
      String path, long inode, int permissions, FileKind entryKind, ProcessFiles files) {
    super(path, inode, FileKind.DIRECTORY, permissions);
    this.files = files;
    this.entryKind = entryKind;
  }

  /** Returns the entry of a descriptor, which need not be open. */
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

  /** Returns the same entry of another guest's directory. */
  final Node entryIn(Counterparts other, int number) {
    return other.ownNode(path(), NumberedDirectory.class).entry(number);
  }

  @Override
  public List<DirectoryEntry> entries(long maxBytes) {
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
