package io.hyperlight.internal.vfs;

import java.util.ArrayList;
import java.util.List;

/**
 * Passes changes of files on to all watchers: one for each process that has mapped files. For one
 * thread at a time.
 */
final class ContentWatchers implements ContentWatcher {
  private List<ContentWatcher> watchers = List.of();

  /** Which watchers want to know when the current change is over. */
  private boolean[] wanted = {};

  void add(ContentWatcher watcher) {
    List<ContentWatcher> more = new ArrayList<>(watchers);
    more.add(watcher);
    set(more);
  }

  void remove(ContentWatcher watcher) {
    List<ContentWatcher> fewer = new ArrayList<>(watchers);
    fewer.remove(watcher);
    set(fewer);
  }

  private void set(List<ContentWatcher> now) {
    boolean[] none = new boolean[now.size()];
    watchers = now;
    wanted = none;
  }

  @Override
  public void reading(int device, long inode, long from, long to) {
    for (int i = 0; i < watchers.size(); i++) {
      watchers.get(i).reading(device, inode, from, to);
    }
  }

  @Override
  public boolean isMappedWritable(int device, long inode) {
    return watchers.stream().anyMatch(watcher -> watcher.isMappedWritable(device, inode));
  }

  @Override
  public void readingAll() {
    watchers.forEach(ContentWatcher::readingAll);
  }

  @Override
  public boolean changing(int device, long inode, long from, long to) {
    boolean any = false;
    for (int i = 0; i < watchers.size(); i++) {
      wanted[i] = watchers.get(i).changing(device, inode, from, to);
      any |= wanted[i];
    }
    return any;
  }

  @Override
  public void changed() {
    for (int i = 0; i < watchers.size(); i++) {
      if (wanted[i]) {
        watchers.get(i).changed();
      }
    }
  }
}
