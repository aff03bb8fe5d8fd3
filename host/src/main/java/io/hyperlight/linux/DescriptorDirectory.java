package io.hyperlight.linux;

import io.hyperlight.files.DirectoryEntry;
import io.hyperlight.files.FileException;
import io.hyperlight.files.FileKind;
import io.hyperlight.files.FileSystem;
import io.hyperlight.files.Location;
import io.hyperlight.files.Node;
import io.hyperlight.os.Errno;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /proc/self/fd}: a link for each descriptor, which leads to what is open there. */
final class DescriptorDirectory extends MadeUpNode {
  private final SystemCalls guest;

  /**
   * The directory.
   *
   * @param inode as many behind it as there can be descriptors are free
   */
  DescriptorDirectory(String path, long inode, SystemCalls guest) {
    super(path, inode, FileKind.DIRECTORY, 0500);
    this.guest = guest;
  }

  @Override
  public List<DirectoryEntry> entries() {
    List<DirectoryEntry> entries = new ArrayList<>();
    for (int number = 0; number < Descriptors.MOST; number++) {
      if (guest.files().descriptors().find(number) != null) {
        entries.add(
            new DirectoryEntry(
                Integer.toString(number), inode() + 1 + number, FileKind.SYMBOLIC_LINK));
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
    return canonical && guest.files().descriptors().find(number) != null ? link(number) : null;
  }

  private Node link(int number) {
    return new Link(this, number);
  }

  private static final class Link extends MadeUpNode {
    private final DescriptorDirectory directory;
    private final SystemCalls guest;
    private final int number;

    Link(DescriptorDirectory directory, int number) {
      super(
          directory.path() + "/" + number,
          directory.inode() + 1 + number,
          FileKind.SYMBOLIC_LINK,
          0700);
      this.directory = directory;
      this.guest = directory.guest;
      this.number = number;
    }

    /** Also if nothing is open there, or not yet. */
    @Override
    public Node in(FileSystem other) {
      return ((DescriptorDirectory) directory.in(other)).link(number);
    }

    private OpenFile file() {
      OpenFile file = guest.files().descriptors().find(number);
      if (file == null) {
        throw new FileException(Errno.ENOENT);
      }
      return file;
    }

    @Override
    public String target() {
      return file().name();
    }

    @Override
    public Location destination() {
      OpenFile file = file();
      Location location = file.location();
      return location != null
          ? location
          : new Location(guest.files().fileSystem().root(), file.name(), new DescriptorNode(file));
    }
  }
}
