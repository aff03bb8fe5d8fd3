package io.hyperlight.internal.vfs.archive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.HostPath;
import io.hyperlight.internal.os.RegularFile;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.PathLimits;
import io.hyperlight.internal.vfs.memory.MemorySource;
import io.hyperlight.internal.vfs.memory.MemoryTreeBuilder;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Enumeration;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Reads a ZIP or JAR file into files in memory.
 *
 * <p><b>Boundary.</b> The archive may come from an attacker. Names must be plain relative paths
 * that form a tree. The sizes in the archive are not trusted: the reader counts the bytes as they
 * come, against the tree's limit. It also compares contents with their checksums, which {@link
 * ZipFile} does not.
 *
 * <p>Permissions in the archive are ignored. A symbolic link becomes a file that contains its
 * target.
 */
public final class ArchiveReader {
  private static final int PIECE = 64 * 1024;

  private final Path archive;
  private final long maxBytes;
  private final MemoryTreeBuilder files;

  private ArchiveReader(Path archive, long maxBytes) {
    this.archive = archive;
    this.maxBytes = maxBytes;
    files = new MemoryTreeBuilder(maxBytes, InstantSource.system());
  }

  /**
   * Reads a ZIP or JAR file now and returns its files, read-only.
   *
   * @param maxBytes how much the unpacked files may take, counted like a limit
   * @throws InvalidArchiveException if this is not such a file, or if a guest could not have its
   *     files
   * @throws IOException if it cannot be read
   */
  public static MemorySource read(Path archive, long maxBytes) throws IOException {
    ArchiveReader reader = new ArchiveReader(archive, maxBytes);
    reader.read();
    return MemorySource.of(reader.files);
  }

  private void read() throws IOException {
    try (RegularFile file = open();
        // The file that was checked, even if another file has the path by now.
        ZipFile zip = new ZipFile(file.name().toFile(), UTF_8)) {
      for (Enumeration<? extends ZipEntry> e = zip.entries(); e.hasMoreElements(); ) {
        add(zip, e.nextElement());
      }
    } catch (ZipException | EOFException e) { // EOF: the compressed contents end early
      throw new InvalidArchiveException(
          HostPath.text(archive) + " is not a ZIP file, or is damaged: " + e.getMessage(), e);
    }
  }

  private RegularFile open() throws IOException {
    RegularFile file;
    try {
      file = RegularFile.open(archive);
    } catch (RegularFile.OtherKindException e) {
      throw new InvalidArchiveException(
          HostPath.text(archive) + " is not a ZIP file: it " + e.getReason(), e);
    }
    // ZipFile reads the list of entries into memory before any of them can be counted.
    if (file.size() > maxBytes) {
      file.close();
      throw tooLarge(null);
    }
    return file;
  }

  private InvalidArchiveException tooLarge(@Nullable FileException cause) {
    return new InvalidArchiveException(
        HostPath.text(archive)
            + " is larger than "
            + maxBytes
            + " bytes, or would be when unpacked",
        cause);
  }

  private InvalidArchiveException refused(ZipEntry entry, String why) {
    return new InvalidArchiveException(
        HostPath.text(archive) + " is refused: entry \"" + printable(entry.getName()) + "\" " + why,
        null);
  }

  /** Returns a name as one printable line. */
  private static String printable(String name) {
    StringBuilder printable = new StringBuilder();
    name.codePoints()
        .limit(200)
        .map(c -> Character.isISOControl(c) || !Character.isDefined(c) ? '\ufffd' : c)
        .forEach(printable::appendCodePoint);
    return printable.toString();
  }

  private void add(ZipFile zip, ZipEntry entry) throws IOException {
    String path = path(entry);
    try {
      if (entry.isDirectory()) {
        files.setTimes(files.createDirectories(path), null, time(entry));
        return;
      }
      long file = files.createFile(path);
      try (InputStream contents = zip.getInputStream(entry)) {
        if (contents == null) {
          throw refused(entry, "has no contents");
        }
        copy(entry, contents, file);
      }
      files.setTimes(file, time(entry), time(entry));
    } catch (FileException e) {
      throw switch (e.errno()) {
        case Errno.ENOSPC, Errno.EFBIG -> tooLarge(e);
        case Errno.EEXIST -> refused(entry, "appears twice");
        case Errno.ENOTDIR -> refused(entry, "is in a directory that is a file");
        default -> refused(entry, "cannot be a file: " + e.getMessage());
      };
    }
  }

  private void copy(ZipEntry entry, InputStream contents, long file) throws IOException {
    CRC32 checksum = new CRC32();
    byte[] buffer = new byte[PIECE];
    long size = 0;
    for (int count = contents.read(buffer); count >= 0; count = contents.read(buffer)) {
      files.write(file, size, buffer, count);
      checksum.update(buffer, 0, count);
      size += count;
    }
    if (checksum.getValue() != entry.getCrc() || size != entry.getSize()) {
      throw refused(entry, "is damaged: its checksum or size differs from that in the archive");
    }
  }

  /** Returns the path of an entry as a guest's: bytes, without a slash at the end. */
  private String path(ZipEntry entry) throws InvalidArchiveException {
    String name = entry.getName();
    if (name.indexOf('\\') >= 0) {
      throw refused(entry, "has a backslash in its name: use slashes");
    }
    if (name.indexOf(0) >= 0) {
      throw refused(entry, "has a zero byte in its name");
    }
    String path = new String(name.getBytes(UTF_8), ISO_8859_1);
    if (entry.isDirectory()) {
      path = path.substring(0, path.length() - 1);
    }
    if (path.length() >= PathLimits.LONGEST_PATH) {
      throw refused(entry, "has too long a name");
    }
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw refused(entry, "is not a plain relative path");
      }
      if (part.length() > PathLimits.LONGEST_NAME) {
        throw refused(entry, "has too long a name");
      }
    }
    return path;
  }

  private static Instant time(ZipEntry entry) {
    FileTime time = entry.getLastModifiedTime();
    return time == null ? FileStatus.BEGINNING : time.toInstant();
  }
}
