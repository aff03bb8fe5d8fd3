package io.hyperlight.internal.vfs.memory;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.testing.Command;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Operates on a directory of this machine: the kernel carries out the {@link FileOperations}. */
final class HostFiles implements FileOperations {
  private final Path directory;
  private final List<FileChannel> open = new ArrayList<>();

  HostFiles(Path directory) {
    this.directory = directory;
  }

  /** Returns the kernel's answer as an error number; 0 for success. */
  private interface Attempt {
    void run() throws IOException;
  }

  private static int errnoOf(Attempt attempt) {
    try {
      attempt.run();
      return 0;
    } catch (NoSuchFileException e) {
      return Errno.ENOENT;
    } catch (FileAlreadyExistsException e) {
      return Errno.EEXIST;
    } catch (DirectoryNotEmptyException e) {
      return Errno.ENOTEMPTY;
    } catch (FileSystemException e) {
      String reason = String.valueOf(e.getReason());
      if (reason.startsWith("Too many levels of symbolic links")) {
        return Errno.ELOOP;
      }
      return switch (reason) {
        case "Directory not empty" -> Errno.ENOTEMPTY;
        case "Is a directory" -> Errno.EISDIR;
        case "Not a directory" -> Errno.ENOTDIR;
        case "Invalid argument" -> Errno.EINVAL;
        case "Operation not permitted" -> Errno.EPERM;
        default -> throw new AssertionError(e);
      };
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Path at(String path) {
    return directory.resolve(path);
  }

  @Override
  public int makeDirectory(String path) {
    return errnoOf(() -> Files.createDirectory(at(path)));
  }

  @Override
  public int makeFile(String path) {
    return errnoOf(() -> Files.createFile(at(path)));
  }

  @Override
  public int makeSymbolicLink(String path, String target) {
    return errnoOf(() -> Files.createSymbolicLink(at(path), Path.of(target)));
  }

  @Override
  public int link(String path, String existing) {
    return errnoOf(() -> Files.createLink(at(path), at(existing)));
  }

  @Override
  public int remove(String path) {
    return errnoOf(() -> Files.delete(at(path)));
  }

  @Override
  public int rename(String from, String to) {
    // With this option alone, Files.move is rename(2) itself.
    return errnoOf(() -> Files.move(at(from), at(to), StandardCopyOption.ATOMIC_MOVE));
  }

  @Override
  public int open(String path) {
    return errnoOf(() ->
        open.add(FileChannel.open(at(path), StandardOpenOption.READ, StandardOpenOption.WRITE)));
  }

  @Override
  public int opened() {
    return open.size();
  }

  @Override
  public void write(int which, long offset, String text) {
    try {
      open.get(which).write(ByteBuffer.wrap(text.getBytes(UTF_8)), offset);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void cut(int which, long size) {
    try {
      open.get(which).truncate(size);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public String read(int which) {
    try {
      ByteBuffer bytes = ByteBuffer.allocate((int) open.get(which).size());
      while (bytes.hasRemaining() && open.get(which).read(bytes, bytes.position()) > 0) {}
      return UTF_8.decode(bytes.flip()).toString();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close(int which) {
    try {
      open.remove(which).close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public List<String> describe() {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted().toList()) {
        String name = directory.relativize(path).toString();
        if (Files.isSymbolicLink(path)) {
          lines.add(name + " -> " + Files.readSymbolicLink(path));
        } else if (Files.isDirectory(path)) {
          lines.add(name + "/");
        } else {
          lines.add(
              name
                  + " "
                  + Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS)
                  + " "
                  + Files.readString(path));
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return lines.stream().sorted().toList();
  }

  /** Copies everything, hard links included. */
  static void copy(Path from, Path to) {
    Command.run("rm", "-rf", to.toString()).outputOfSuccess();
    Command.run("cp", "-a", from.toString(), to.toString()).outputOfSuccess();
  }
}
