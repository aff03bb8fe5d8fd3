package io.hyperlight;

import io.hyperlight.internal.machine.Vm;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.spi.Extension;
import java.util.ArrayList;
import java.util.List;

/**
 * Sets what a guest or a program is loaded with: its memory, its stack, and the files that it sees.
 * Everything that is loaded has these settings. What is spawned from a snapshot has those of the
 * snapshot.
 *
 * @param <S> the type of the builder itself
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
   * Sets the size of the VM's memory. It holds everything: program, libraries, stack, heap,
   * arguments and results, and page tables. The host uses memory only for what is touched. The
   * default is 16 MiB for a guest and 128 MiB for a program.
   *
   * @param sizeBytes a multiple of 4096, up to 3 GiB
   * @return this builder
   * @throws IllegalArgumentException if the size is not such a number
   */
  public final S memorySize(long sizeBytes) {
    memorySize = requirePages("memory size", sizeBytes, Vm.MAXIMUM_MEMORY);
    return self();
  }

  /**
   * Sets how much of the memory is the stack. For a guest this is the call stack, 256 KiB by
   * default. For a program the stack also holds the arguments and the environment, and the default
   * is 8 MiB.
   *
   * @param sizeBytes a multiple of 4096, up to 1 GiB
   * @return this builder
   * @throws IllegalArgumentException if the size is not such a number
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
   * Mounts a tree of files at a path that the guest sees. A later mount hides an earlier one at the
   * same place. A snapshot keeps the mounts and what the guest has written there. A snapshot file
   * cannot keep them.
   *
   * <p>Some files are always there: those at {@code /dev}, {@code /proc} and {@code /sys} that
   * Linux programs take for granted, and a program's own file. A tree that is mounted there hides
   * them.
   *
   * @param guestPath the absolute path, without ".", ".." and doubled slashes, such as {@code
   *     /data}; {@code /} for the root
   * @param tree the files to mount
   * @return this builder
   * @throws IllegalArgumentException if the path is not of that form, or if the tree is a file and
   *     the path is the root
   */
  public final S mount(String guestPath, FileTree tree) {
    mounts.add(FileTree.mount(guestPath, tree));
    return self();
  }

  /**
   * Adds a channel or a pseudo device of a runtime. This is for the runtime modules of this
   * library; only they can make extensions. A snapshot keeps extensions. A snapshot file cannot
   * keep them.
   *
   * @param extension what to add
   * @return this builder
   * @throws IllegalArgumentException if there is already an extension at the same place
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
