package io.hyperlight.internal.hypervisor;

import java.util.List;

/** The trackers of several vCPUs of a VM, as one. It closes none of them. */
public final class DirtyTrackers implements DirtyTracker {
  private final List<DirtyTracker> all;

  /** Makes one of several. */
  public DirtyTrackers(List<DirtyTracker> trackers) {
    all = List.copyOf(trackers);
  }

  @Override
  public void collect(PageSet pages) {
    for (int i = 0; i < all.size(); i++) {
      all.get(i).collect(pages);
    }
  }

  @Override
  public boolean needsRearming() {
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).needsRearming()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void rearm() {
    for (int i = 0; i < all.size(); i++) {
      all.get(i).rearm();
    }
  }

  @Override
  public void close() {}
}
