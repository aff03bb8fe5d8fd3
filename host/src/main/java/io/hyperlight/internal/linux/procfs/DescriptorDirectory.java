package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.fd.DescriptorNode;
import io.hyperlight.internal.linux.fd.OpenFile;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;

/** {@code /proc/self/fd}: a link for each descriptor to its open file. */
final class DescriptorDirectory extends NumberedDirectory {
  DescriptorDirectory(String path, long inode, ProcessFiles files) {
    super(path, inode, 0500, FileKind.SYMBOLIC_LINK, files);
  }

  @Override
  Node entry(int number) {
    return new Link(this, number);
  }

  private static final class Link extends PseudoNode {
    private final DescriptorDirectory directory;
    private final ProcessFiles files;
    private final int number;

    Link(DescriptorDirectory directory, int number) {
      super(directory.pathOf(number), directory.inodeOf(number), FileKind.SYMBOLIC_LINK, 0700);
      this.directory = directory;
      this.files = directory.files();
      this.number = number;
    }

    @Override
    public Node in(Counterparts other) {
      return directory.entryIn(other, number);
    }

    private OpenFile file() {
      OpenFile file = files.descriptors().find(number);
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
          : new Location(files.paths().root(), file.name(), new DescriptorNode(file));
    }
  }
}
