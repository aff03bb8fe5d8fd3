package io.hyperlight.internal.vfs;

import io.hyperlight.internal.os.Errno;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A directory that contains mount points, or directories on the way to them. Their names belong to
 * the file system and cannot be changed. All other names are those of the directory below.
 */
record MergedDirectory(MountPoint point, Node below) implements Node {
  @Override
  public Node unmerged() {
    return below;
  }

  @Override
  public Node unmergedFor(String name) {
    requireChangeable(name);
    return below;
  }

  boolean owns(String name) {
    return point.below().containsKey(name);
  }

  private void requireFree(String name) {
    if (owns(name)) {
      throw new FileException(Errno.EEXIST);
    }
  }

  private void requireChangeable(String name) {
    if (owns(name)) {
      throw new FileException(Errno.EBUSY);
    }
  }

  @Override
  public FileStatus status() {
    return below.status();
  }

  @Override
  public FileKind kind() {
    return FileKind.DIRECTORY;
  }

  @Override
  public Node in(Counterparts other) {
    return new MergedDirectory(other.mountPoint(point.path(), MountPoint.class), below.in(other));
  }

  @Override
  public Hold hold() {
    return below.hold();
  }

  @Override
  public boolean canBeHeld() {
    return below.canBeHeld();
  }

  @Override
  public Space space() {
    return below.space();
  }

  @Override
  public @Nullable Node child(String name) {
    MountPoint mount = point.below().get(name);
    return mount == null ? below.child(name) : mount.view(covered(mount, name));
  }

  /**
   * Returns the directory's own entry at a mount point, or null. If that entry cannot be read, the
   * mount point is visible all the same.
   */
  private @Nullable Node covered(MountPoint mount, String name) {
    if (mount.mounted() != null) {
      return null;
    }
    try {
      return below.child(name);
    } catch (FileException e) {
      return null;
    }
  }

  @Override
  public void requireSearchable() {
    below.requireSearchable();
  }

  @Override
  public List<DirectoryEntry> entries(long maxBytes) {
    List<DirectoryEntry> entries = new ArrayList<>(below.entries(maxBytes));
    entries.removeIf(entry -> owns(entry.name()));
    addMountPoints(point.below(), entries);
    return entries;
  }

  private void addMountPoints(Map<String, MountPoint> points, List<DirectoryEntry> entries) {
    points.forEach((name, mount) -> {
      FileStatus status = mount.view(covered(mount, name)).status();
      entries.add(new DirectoryEntry(name, status.inode(), status.kind()));
    });
  }

  @Override
  public boolean isListedInPieces() {
    return below.isListedInPieces();
  }

  /**
   * Lists the directory below first, as {@link #entries} does. Mount points follow all at once,
   * since they are few.
   */
  @Override
  public List<DirectoryEntry> entriesAfter(@Nullable String name, int most) {
    List<DirectoryEntry> entries = new ArrayList<>();
    if (name != null && owns(name)) {
      addMountPoints(point.below().tailMap(name, false), entries);
      return entries;
    }
    String last = name;
    while (entries.isEmpty()) {
      List<DirectoryEntry> more = below.entriesAfter(last, most);
      if (more.isEmpty()) {
        addMountPoints(point.below(), entries);
        return entries;
      }
      last = more.getLast().name();
      entries.addAll(more);
      entries.removeIf(entry -> owns(entry.name()));
    }
    return entries;
  }

  @Override
  public boolean isWritable() {
    return below.isWritable();
  }

  @Override
  public Node createFile(String name, int permissions) {
    requireFree(name);
    return below.createFile(name, permissions);
  }

  @Override
  public Node createDirectory(String name, int permissions) {
    requireFree(name);
    return below.createDirectory(name, permissions);
  }

  @Override
  public Node createSymbolicLink(String name, String target) {
    requireFree(name);
    return below.createSymbolicLink(name, target);
  }

  @Override
  public Node createUnnamed(int permissions, boolean linkable) {
    return below.createUnnamed(permissions, linkable);
  }

  @Override
  public Node createSpecial(String name, FileKind kind, int permissions) {
    requireFree(name);
    return below.createSpecial(name, kind, permissions);
  }

  @Override
  public void link(String name, Node existing) {
    requireFree(name);
    below.link(name, existing);
  }

  @Override
  public void unlink(String name) {
    requireChangeable(name);
    below.unlink(name);
  }

  @Override
  public void removeDirectory(String name) {
    requireChangeable(name);
    below.removeDirectory(name);
  }

  @Override
  public void rename(String name, Node directory, String newName, Renaming how) {
    requireChangeable(name);
    below.rename(name, directory, newName, how);
  }

  @Override
  public void setPermissions(int permissions) {
    below.setPermissions(permissions);
  }

  @Override
  public void setTimes(@Nullable Instant accessed, @Nullable Instant modified) {
    below.setTimes(accessed, modified);
  }
}
