package io.hyperlight.internal.linux;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;

/**
 * The file of the program itself, as {@code /proc/self/exe} leads to it: what lies at its path, and
 * where nothing does, or something else was mounted there, the bytes that were loaded.
 */
final class ProgramFile extends MadeUpNode {
  private final SystemCalls guest;

  ProgramFile(SystemCalls guest, long inode) {
    super(guest.program().path(), inode, FileKind.REGULAR, 0755);
    this.guest = guest;
  }

  @Override
  long size() {
    return guest.programSize();
  }

  @Override
  public FileContent open(boolean write) {
    if (write) {
      throw new FileException(Errno.EROFS);
    }
    return new Content(this);
  }

  /** Also if something else lies at its path there. */
  @Override
  public Node in(FileSystem other) {
    for (String folder : MadeUpFiles.FOLDERS) {
      if (other.resolve(other.root(), folder + Link.NAME, false).node() instanceof Link link) {
        return link.own;
      }
    }
    throw new FileException(Errno.ENOENT); // whoever has it open has found one of them
  }

  /** A link to it. */
  static final class Link extends MadeUpNode {
    private static final String NAME = "/exe";

    private final ProgramFile own;

    Link(String folder, long inode, ProgramFile own) {
      super(folder + NAME, inode, FileKind.SYMBOLIC_LINK, 0777);
      this.own = own;
    }

    @Override
    public String target() {
      return own.path();
    }

    @Override
    public Location destination() {
      FileSystem files = own.guest.files().fileSystem();
      try {
        Location mounted = files.resolveByText(own.path());
        if (mounted.node().kind() == FileKind.REGULAR) {
          return mounted;
        }
      } catch (FileException e) {
        // Something hides it, or leads to this link.
      }
      return new Location(files.root(), own.path().substring(1), own);
    }
  }

  /** An open one, for one guest. */
  private static final class Content implements FileContent {
    private final ProgramFile file;

    Content(ProgramFile file) {
      this.file = file;
    }

    @Override
    public FileStatus status() {
      return file.status();
    }

    @Override
    public int read(long offset, byte[] target, int from, int length) {
      return file.guest.programFile().read(offset, target, from, length);
    }

    @Override
    public FileContent in(FileSystem other) {
      return file.in(other).open(false);
    }

    @Override
    public void close() {}
  }
}
