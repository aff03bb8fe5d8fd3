package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.fd.Descriptors;
import io.hyperlight.internal.linux.fd.OpenFile;
import io.hyperlight.internal.linux.fd.OpenFlags;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.pseudo.PseudoText;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.Node;

/** {@code /proc/self/fdinfo}: a text for each descriptor, {@code proc_pid_fdinfo(5)}. */
final class DescriptorStatus extends NumberedDirectory {
  DescriptorStatus(String path, long inode, ProcessFiles files) {
    super(path, inode, 0555, FileKind.REGULAR, files);
  }

  @Override
  Node entry(int number) {
    return new PseudoText(
        pathOf(number), inodeOf(number), PseudoText.Kind.SEQUENCE, () -> text(number), null) {
      @Override
      public Node in(Counterparts other) {
        return entryIn(other, number);
      }
    };
  }

  private String text(int number) {
    Descriptors descriptors = files().descriptors();
    OpenFile file = descriptors.find(number);
    if (file == null) {
      throw new FileException(Errno.ENOENT);
    }
    FileStatus status = file.status(); // the number of the file's device is that of its mount
    int flags = file.flags() | (descriptors.isCloseOnExec(number) ? OpenFlags.O_CLOEXEC : 0);
    return "pos:\t%d\nflags:\t0%o\nmnt_id:\t%d\nino:\t%d\n"
            .formatted(file.position(), flags, status.device(), status.inode())
        + file.information();
  }
}
