package io.hyperlight;

import io.hyperlight.internal.machine.Vm;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.spi.Extension;
import java.util.ArrayList;
import java.util.List;

/**
 * What a guest or a program is loaded with: how much memory it has, how large its stack is, which
 * files it sees. All that are loaded have these settings; what is spawned from a snapshot has those
 * of the snapshot.
 *
 * @param <S> the builder itself
 */
public abstract sealed class LoadSettings<S extends LoadSettings<S>> extends SandboxSettings<S>
    permits Sandbox.Builder, Program {
  private static final int PAGE_SIZE = 4096;
  private static final long MAXIMUM_STACK_SIZE = 1L << 30;

  private final List<Mount> mounts = new ArrayList<>();
  private final List<Extension> extensions = new ArrayList<>();
  private long memorySize;
  private long stackSize;

  LoadSettings(long memorySize, long stackSize) {
    this.memorySize = memorySize;
    this.stackSize = stackSize;
  }

  final long memorySize() {
    return memorySize;
  }

  final long stackSize() {
    return stackSize;
  }

  final List<Mount> mounts() {
    return mounts;
  }

  final List<Extension> extensions() {
    return extensions;
  }

  /**
   * How much memory the VM has for everything: program, libraries, stack, heap, arguments and
   * results, page tables. The host pays for what is touched. 16 MiB for a guest by default, 128 MiB
   * for a program.
   *
   * @param sizeBytes a multiple of 4096, up to 3 GiB
   * @return this builder
   * @throws IllegalArgumentException if it is not
   */
  public final S memorySize(long sizeBytes) {
    memorySize = requirePages("memory size", sizeBytes, Vm.MAXIMUM_MEMORY);
    return self();
  }

  /**
   * How much of the memory is the stack: a guest's call stack, 256 KiB by default; a program's
   * stack with its arguments and environment, 8 MiB by default.
   *
   * @param sizeBytes a multiple of 4096, up to 1 GiB
   * @return this builder
   * @throws IllegalArgumentException if it is not
   */
  public final S stackSize(long sizeBytes) {
    stackSize = requirePages("stack size", sizeBytes, MAXIMUM_STACK_SIZE);
    return self();
  }

  private static long requirePages(String what, long sizeBytes, long maximum) {
    if (sizeBytes <= 0 || sizeBytes > maximum || sizeBytes % PAGE_SIZE != 0) {
      throw new IllegalArgumentException(
          "%s %d: must be a multiple of %d, up to %d"
              .formatted(what, sizeBytes, PAGE_SIZE, maximum));
    }
    return sizeBytes;
  }

  /**
   * Lets the guest see a tree of files at a path. A later mount lies on top of an earlier one. A
   * snapshot keeps what is mounted and what the guest has written there; a snapshot file cannot.
   *
   * <p>A few files are there in any case, at {@code /dev}, {@code /proc} and {@code /sys}: those
   * that Linux programs take for granted; and a program's own file. A tree that is mounted there
   * hides them.
   *
   * @param guestPath where: absolute, without "." and ".." and doubled slashes, such as {@code
   *     /data}; {@code /} for the root
   * @param tree what is to be seen there
   * @return this builder
   * @throws IllegalArgumentException if it is no such path, or the tree is a file and the path the
   *     root
   */
  public final S mount(String guestPath, FileTree tree) {
    mounts.add(FileTree.mount(guestPath, tree));
    return self();
  }

  /**
   * Gives the guest a channel or a pseudo device of a runtime. For the modules of this library's
   * runtimes, which alone can make extensions. A snapshot keeps them; a snapshot file cannot.
   *
   * @param extension what to add
   * @return this builder
   * @throws IllegalArgumentException if there is one at the same place
   */
  @SuppressWarnings("exports")
  public final S extension(Extension extension) {
    if (extensions.stream().anyMatch(other -> placeOf(other).equals(placeOf(extension)))) {
      throw new IllegalArgumentException(
          "there is an extension at " + placeOf(extension) + " already");
    }
    extensions.add(extension);
    return self();
  }

  private static String placeOf(Extension extension) {
    return switch (extension) {
      case Extension.Device device -> device.path();
      case Extension.Descriptor channel -> "descriptor " + channel.number();
    };
  }
}
