package io.hyperlight;

import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.internal.call.InstanceImage;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.os.HostPath;
import io.hyperlight.internal.os.RegularFile;
import io.hyperlight.internal.snapshot.SnapshotFormatException;
import io.hyperlight.internal.snapshot.SnapshotReader;
import io.hyperlight.internal.snapshot.SnapshotWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Opens and replaces snapshot files, and reports what is wrong with them. */
final class SnapshotFiles {
  private SnapshotFiles() {}

  /** Returns this library's version, which the build sets. */
  private static String libraryVersion() {
    ModuleDescriptor module = SnapshotFiles.class.getModule().getDescriptor();
    return module == null
        ? "development"
        : module.rawVersion().filter(version -> !version.isEmpty()).orElse("development");
  }

  /** An action on an open file. */
  @FunctionalInterface
  interface Reading<T> {
    T read(SeekableByteChannel channel) throws IOException;
  }

  /**
   * Opens a file for reading.
   *
   * @throws InvalidSnapshotException if the contents are refused, or the file is not a regular file
   * @throws UncheckedIOException if the file cannot be read
   */
  static <T> T read(Path path, Reading<T> reading) {
    try (SeekableByteChannel channel = RegularFile.channel(path)) {
      return reading.read(channel);
    } catch (RegularFile.OtherKindException e) {
      throw new InvalidSnapshotException(
          HostPath.text(path) + " is not a snapshot: it " + e.getReason(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read snapshot " + HostPath.text(path) + ": " + HostPath.reason(e), e);
    } catch (SnapshotFormatException e) {
      throw new InvalidSnapshotException(
          "snapshot " + HostPath.text(path) + " is refused: " + e.getMessage(), e);
    }
  }

  static Snapshot load(Path path) {
    SnapshotReader.Loaded loaded =
        read(
            path,
            channel ->
                Failures.translate(
                    "load snapshot " + HostPath.text(path),
                    () ->
                        SnapshotReader.load(HostPlatform.get(), channel, StreamOutput.initial())));
    try {
      return new Snapshot(new Guest(loaded.name(), loaded.image().program()), loaded.image());
    } catch (Throwable t) {
      loaded.image().close();
      throw t;
    }
  }

  /**
   * Writes a snapshot beside its file and then moves it into place, so that there is always a
   * complete file.
   */
  static void save(Guest guest, InstanceImage image, Path path) {
    try {
      Path target = path.toAbsolutePath();
      Path folder = target.getParent();
      if (folder == null) {
        throw new FileSystemException(path.toString(), null, "is a folder");
      }
      // Only the owner can read this file, since it contains the guest's secrets.
      Path temporary = Files.createTempFile(folder, ".snapshot-", ".tmp");
      try {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE);
            OutputStream out = Channels.newOutputStream(channel)) {
          Failures.translate(
              "save snapshot " + HostPath.text(path),
              () -> {
                SnapshotWriter.write(image, guest.name(), libraryVersion(), out);
                return image;
              });
          channel.force(true);
        }
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write snapshot " + HostPath.text(path) + ": " + HostPath.reason(e), e);
    } catch (SnapshotFormatException e) {
      throw new InvalidSnapshotException(
          "the snapshot of " + guest.name() + " cannot be saved: " + e.getMessage(), e);
    }
  }
}
