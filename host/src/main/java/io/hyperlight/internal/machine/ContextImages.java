package io.hyperlight.internal.machine;

import java.util.List;

/**
 * The frozen contexts of a machine that has had several.
 *
 * @param all in the order of their numbers; empty for a machine that has always had one, whose
 *     image holds its state directly
 * @param areas the number of pages in which contexts are saved
 * @param attached the number of the context that was on the vCPU, or -1 if there was none
 */
record ContextImages(List<ContextImage> all, int areas, int attached) {
  static final ContextImages NONE = new ContextImages(List.of(), 0, 0);

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** Returns the main context. */
  ContextImage main() {
    return all.getFirst();
  }
}
