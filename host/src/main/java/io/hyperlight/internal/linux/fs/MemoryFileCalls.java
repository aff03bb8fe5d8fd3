package io.hyperlight.internal.linux.fs;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.fd.ContentFile;
import io.hyperlight.internal.linux.fd.OpenFlags;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Seals;
import java.nio.charset.StandardCharsets;

/** Makes files that are only memory, and seals them: {@code memfd_create(2)}. */
public final class MemoryFileCalls {
  private static final int MFD_CLOEXEC = 1;
  private static final int MFD_ALLOW_SEALING = 2;
  private static final int MFD_HUGETLB = 4;
  private static final int MFD_NOEXEC_SEAL = 8;
  private static final int MFD_EXEC = 16;
  private static final int MFD_ALL = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;

  /** The sizes of huge pages, in the upper bits of the flags. */
  private static final int MFD_HUGE_SIZES = 0xfc00_0000;

  private static final int LONGEST_NAME = 249;

  private final ProcessFiles files;
  private final GuestMemory memory;
  private final HeapBudget heap;

  public MemoryFileCalls(ProcessFiles files, GuestMemory memory, HeapBudget heap) {
    this.files = files;
    this.memory = memory;
    this.heap = heap;
  }

  /** <b>Boundary.</b> The name is any bytes. It only appears in texts. */
  public long memfdCreate(long address, int flags) {
    boolean huge = (flags & MFD_HUGETLB) != 0;
    if ((flags & ~(huge ? MFD_ALL | MFD_HUGETLB | MFD_HUGE_SIZES : MFD_ALL)) != 0
        || (flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) == (MFD_EXEC | MFD_NOEXEC_SEAL)) {
      return -Errno.EINVAL;
    }
    byte[] name = memory.readString(address, LONGEST_NAME + 1);
    if (name == null) {
      return -Errno.EINVAL;
    }
    if (huge) {
      return -Errno.ENOSYS; // as a kernel without huge pages
    }
    files.descriptors().requireRoom(1);
    boolean fixed = (flags & MFD_NOEXEC_SEAL) != 0;
    int seals = fixed ? Seals.EXEC : (flags & MFD_ALLOW_SEALING) != 0 ? 0 : Seals.SEAL;
    Location root = files.fileSystem().root();
    heap.require(HeapBudget.FILE + 2 * LONGEST_NAME);
    Node node = files.fileSystem().sharedMemory().createSealable(fixed ? 0666 : 0777, seals);
    Location location =
        new Location(root, "memfd:" + new String(name, StandardCharsets.ISO_8859_1), node)
            .removed();
    FileContent content = node.open(true);
    ContentFile file =
        ContentFile.of(
            files.world().changes(),
            OpenFlags.O_RDWR | OpenFlags.O_LARGEFILE,
            content,
            location,
            0);
    return files.descriptors().add(file, 0, (flags & MFD_CLOEXEC) != 0);
  }
}
