package io.hyperlight;

import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.internal.machine.memory.MappedRange;
import io.hyperlight.internal.os.HostPath;
import io.hyperlight.internal.os.RegularFile;
import io.hyperlight.internal.snapshot.SnapshotContents;
import io.hyperlight.internal.snapshot.SnapshotReader;
import io.hyperlight.internal.snapshot.SnapshotWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Describes a file that a {@link Snapshot} was {@linkplain Snapshot#save saved} to. Reading the
 * description needs no KVM and runs nothing. A file that can be read cannot necessarily be loaded
 * on this machine.
 *
 * @param formatVersion the version of the file format
 * @param libraryVersion the version of the library that wrote it, for information only
 * @param guestAbiVersion the version of the guest ABI for which the guest was built
 * @param guest the guest
 * @param memorySize the memory size of a sandbox that comes from it, in bytes
 * @param stackSize how much of that memory is the guest's call stack, in bytes
 * @param contentSize how much of that memory is in the file, in bytes, without the program's code
 *     and constants
 * @param mappings the mappings of the guest's address space, in ascending order
 * @param processorFeatures the instruction sets that the guest found when it was started; a machine
 *     needs all of them to load the file
 * @param intact whether the digest in the file matches its contents; if not, it cannot be loaded
 */
public record SnapshotFile(
    int formatVersion,
    String libraryVersion,
    int guestAbiVersion,
    Guest guest,
    long memorySize,
    long stackSize,
    long contentSize,
    List<Mapping> mappings,
    List<String> processorFeatures,
    boolean intact) {

  /**
   * A range of guest addresses with the same rights.
   *
   * @param start the first address
   * @param end the first address after the range
   * @param rights what the guest may do there: {@code r--}, {@code rw-} or {@code r-x}
   */
  public record Mapping(long start, long end, String rights) {}

  /**
   * Copies the lists.
   *
   * @param mappings the mappings; they are copied
   * @param processorFeatures the features; they are copied
   */
  public SnapshotFile {
    mappings = List.copyOf(mappings);
    processorFeatures = List.copyOf(processorFeatures);
  }

  /**
   * Reads the description from a file.
   *
   * @param path the file
   * @return the description
   * @throws InvalidSnapshotException if the file is not a snapshot of a version that this library
   *     reads
   * @throws UncheckedIOException if the file cannot be read
   */
  public static SnapshotFile inspect(Path path) {
    SnapshotContents contents = SnapshotFiles.read(path, SnapshotReader::inspect);
    return new SnapshotFile(
        contents.formatVersion(),
        contents.libraryVersion(),
        contents.abiVersion(),
        new Guest(contents.name(), contents.program()),
        contents.memoryBytes(),
        contents.stackBytes(),
        contents.contentBytes(),
        contents.mappings().stream().map(SnapshotFile::mapping).toList(),
        contents.processor().featureNames(),
        contents.intact());
  }

  private static Mapping mapping(MappedRange range) {
    return new Mapping(
        range.start(),
        range.end(),
        switch (range.protection()) {
          case READ -> "r--";
          case READ_WRITE -> "rw-";
          case READ_EXECUTE -> "r-x";
          case READ_WRITE_EXECUTE -> "rwx";
          case NONE -> "---";
        });
  }

  /**
   * Returns whether a file is meant to be a snapshot, by its first bytes.
   *
   * @param path the file
   * @return whether the file begins as snapshots do; false if it is not a regular file
   * @throws UncheckedIOException if the file cannot be read
   */
  public static boolean isSnapshot(Path path) {
    ByteBuffer start = ByteBuffer.allocate(SnapshotWriter.magic().length);
    try (SeekableByteChannel channel = RegularFile.channel(path)) {
      while (start.hasRemaining() && channel.read(start) >= 0) {
        // Reads until the buffer is full or the file ends.
      }
      return Arrays.equals(start.array(), SnapshotWriter.magic());
    } catch (RegularFile.OtherKindException | NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read " + HostPath.text(path) + ": " + HostPath.reason(e), e);
    }
  }
}
