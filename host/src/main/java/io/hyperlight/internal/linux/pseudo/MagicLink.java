package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Location;
import java.util.function.Supplier;

/** A symbolic link to an object of the process, wherever that is now. */
public final class MagicLink extends PseudoNode {
  private final Supplier<Location> place;

  public MagicLink(String path, long inode, Supplier<Location> place) {
    super(path, inode, FileKind.SYMBOLIC_LINK, 0777);
    this.place = place;
  }

  @Override
  public String target() {
    return place.get().path();
  }

  @Override
  public Location destination() {
    return place.get();
  }
}
