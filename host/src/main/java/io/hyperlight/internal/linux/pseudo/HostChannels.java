package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.error.GuestStreamException;
import io.hyperlight.internal.linux.limits.CallBudget;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.spi.Channel;
import io.hyperlight.spi.Extension;
import java.io.IOException;
import java.util.List;

/** Opens and calls the host code that answers files of one guest. */
public final class HostChannels {
  private final List<Extension> extensions;
  private final Context context;
  private final CallBudget budget;

  public HostChannels(List<Extension> extensions, Context context, CallBudget budget) {
    this.extensions = List.copyOf(extensions);
    this.context = context;
    this.budget = budget;
  }

  public List<Extension> extensions() {
    return extensions;
  }

  /** Opens a new channel of an extension. The index is its place in the list. */
  public Open open(int index) {
    Extension extension = extensions.get(index);
    return new Open(
        context.call().isAwayFromCaller()
            ? context.call().atCaller(() -> extension.opener().get())
            : extension.opener().get());
  }

  /** A piece of host code. */
  @FunctionalInterface
  private interface Work<T> {
    T run() throws IOException;
  }

  private <T> T outside(Work<T> work) {
    budget.useHostCall();
    return context.call().isAwayFromCaller()
        ? context.call().<T>atCaller(() -> runOutside(work))
        : runOutside(work);
  }

  private <T> T runOutside(Work<T> work) {
    if (!context.call().goOutside()) {
      throw new FileException(Errno.EINTR);
    }
    try {
      return work.run();
    } catch (GuestStreamException e) {
      throw new FileException(e.errno());
    } catch (IOException e) {
      throw new FileException(Errno.EIO);
    } finally {
      context.call().comeBack();
    }
  }

  /** An open channel. */
  public final class Open {
    private final Channel channel;

    private Open(Channel channel) {
      this.channel = channel;
    }

    /**
     * Reads bytes.
     *
     * @return how many; 0 at the end
     */
    public int read(byte[] target, int from, int length) {
      if (length == 0) {
        return 0;
      }
      byte[] bytes = outside(() -> channel.read(length));
      if (bytes.length > length) {
        throw new IllegalStateException(
            "a channel returned %d bytes, but at most %d were asked for"
                .formatted(bytes.length, length));
      }
      budget.useHostCallBytes(bytes.length);
      System.arraycopy(bytes, 0, target, from, bytes.length);
      return bytes.length;
    }

    /** Writes all bytes. */
    public int write(byte[] bytes) {
      if (bytes.length == 0) {
        return 0;
      }
      budget.useHostCallBytes(bytes.length);
      return outside(() -> {
        channel.write(bytes);
        return bytes.length;
      });
    }
  }
}
