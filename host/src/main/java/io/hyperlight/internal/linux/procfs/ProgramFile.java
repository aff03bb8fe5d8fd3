package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.proc.ExecutedProgram;
import io.hyperlight.internal.linux.pseudo.PseudoContent;
import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathResolver;

/**
 * The program's own file, to which {@code /proc/self/exe} leads. It is what lies at the program's
 * path. If nothing does, or something else was mounted there, it has the bytes that were loaded.
 */
final class ProgramFile extends PseudoNode {
  private final ExecutedProgram program;
  private final ProcessFiles files;
  private final String folder;

  /**
   * Creates the file of a process.
   *
   * @param folder the directory with a link to it
   */
  ProgramFile(ExecutedProgram program, ProcessFiles files, String folder, long inode) {
    super(program.identity().file(), inode, FileKind.REGULAR, 0755);
    this.program = program;
    this.files = files;
    this.folder = folder;
  }

  @Override
  public boolean isMappable() {
    return true;
  }

  @Override
  protected long size() {
    return program.sizeBytes();
  }

  @Override
  public FileContent open(boolean write) {
    if (write) {
      throw new FileException(Errno.EROFS);
    }
    return new Content(this);
  }

  /** Returns the same file of another guest, even if something else lies at its path there. */
  @Override
  public Node in(Counterparts other) {
    return other.ownNode(folder + Link.NAME, Link.class).own;
  }

  /** A link to the program's file. */
  static final class Link extends PseudoNode {
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
      PathResolver paths = own.files.paths();
      try {
        Location mounted = paths.resolveByText(own.path());
        if (mounted.node().kind() == FileKind.REGULAR) {
          return mounted;
        }
      } catch (FileException e) {
        // Another mount hides the file, or its path leads to this link.
      }
      return new Location(paths.root(), own.path().substring(1), own);
    }
  }

  private static final class Content extends PseudoContent<ProgramFile> {
    Content(ProgramFile file) {
      super(file);
    }

    @Override
    public int read(long offset, byte[] target, int from, int length) {
      return file().program.file().read(offset, target, from, length);
    }
  }
}
