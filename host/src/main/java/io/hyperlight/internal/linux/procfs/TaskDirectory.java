package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.linux.task.ProcessTasks;
import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.OwnFolder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /proc/self/task}: a directory for each thread. They are made when they are looked up. */
final class TaskDirectory extends PseudoNode implements OwnFolder {
  /** The first inode number of threads. All other pseudo files have smaller ones. */
  private static final long FIRST_INODE = 1L << 32;

  /** The number of digits of the largest number of a thread. */
  private static final int DIGITS = 7;

  private final ProcessTasks tasks;
  private final ProcessFolder files;

  TaskDirectory(String path, long inode, ProcessTasks tasks, ProcessFolder files) {
    super(path, inode, FileKind.DIRECTORY, 0555);
    this.tasks = tasks;
    this.files = files;
  }

  @Override
  public List<DirectoryEntry> entries(long maxBytes) {
    List<DirectoryEntry> entries = new ArrayList<>();
    for (Task task : tasks.all()) {
      int thread = task.identity().thread();
      entries.add(
          new DirectoryEntry(Integer.toString(thread), inodeOf(thread), FileKind.DIRECTORY));
    }
    return entries;
  }

  private static long inodeOf(int thread) {
    return FIRST_INODE + thread * (ProcessFolder.INODES + 1);
  }

  @Override
  public @Nullable Node child(String name) {
    int thread = number(name);
    return thread > 0 && tasks.find(thread) != null ? new Folder(this, thread) : null;
  }

  /** Returns a thread's number from its name; -1 for any other name. */
  private static int number(String name) {
    if (name.isEmpty()
        || name.length() > DIGITS
        || !name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return -1;
    }
    int number = Integer.parseInt(name);
    return Integer.toString(number).equals(name) ? number : -1;
  }

  @Override
  public Node ownNode(String path) {
    String below = path.substring(path().length() + 1);
    int end = below.indexOf('/');
    int thread = number(end < 0 ? below : below.substring(0, end));
    Folder folder = thread > 0 ? new Folder(this, thread) : null;
    Node node = folder == null || end < 0 ? folder : folder.node(below.substring(end + 1));
    if (node == null) {
      throw new FileException(Errno.ENOENT);
    }
    return node;
  }

  private Task task(int thread) {
    Task task = tasks.find(thread);
    if (task == null) {
      throw new FileException(Errno.ESRCH); // it has ended since
    }
    return task;
  }

  private static final class Folder extends PseudoNode {
    private final TaskDirectory directory;
    private final int thread;

    Folder(TaskDirectory directory, int thread) {
      super(directory.path() + "/" + thread, inodeOf(thread), FileKind.DIRECTORY, 0555);
      this.directory = directory;
      this.thread = thread;
    }

    private List<PseudoNode> nodes() {
      return directory.files.nodes(path(), inode() + 1, () -> directory.task(thread));
    }

    private String nameOf(PseudoNode node) {
      return node.path().substring(path().length() + 1);
    }

    private boolean isThere() {
      return directory.tasks.find(thread) != null;
    }

    @Override
    public List<DirectoryEntry> entries(long maxBytes) {
      return !isThere()
          ? List.of()
          : nodes().stream()
              .map(node -> new DirectoryEntry(nameOf(node), node.inode(), node.kind()))
              .toList();
    }

    @Override
    public @Nullable Node child(String name) {
      return isThere() ? node(name) : null;
    }

    private @Nullable Node node(String name) {
      for (PseudoNode node : nodes()) {
        if (nameOf(node).equals(name)) {
          return node;
        }
      }
      return null;
    }
  }
}
