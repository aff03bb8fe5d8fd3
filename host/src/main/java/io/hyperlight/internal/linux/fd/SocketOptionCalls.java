package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;

/** The options of sockets: {@code getsockopt(2)}, {@code setsockopt(2)}. */
public final class SocketOptionCalls {
  private static final int SOL_SOCKET = 1;
  private static final int AF_UNIX = 1;

  private static final int SO_DEBUG = 1;
  private static final int SO_REUSEADDR = 2;
  private static final int SO_TYPE = 3;
  private static final int SO_ERROR = 4;
  private static final int SO_DONTROUTE = 5;
  private static final int SO_BROADCAST = 6;
  private static final int SO_SNDBUF = 7;
  private static final int SO_RCVBUF = 8;
  private static final int SO_KEEPALIVE = 9;
  private static final int SO_OOBINLINE = 10;
  private static final int SO_PRIORITY = 12;
  private static final int SO_REUSEPORT = 15;
  private static final int SO_PASSCRED = 16;
  private static final int SO_PEERCRED = 17;
  private static final int SO_RCVLOWAT = 18;
  private static final int SO_SNDLOWAT = 19;
  private static final int SO_RCVTIMEO = 20;
  private static final int SO_SNDTIMEO = 21;
  private static final int SO_ACCEPTCONN = 30;
  private static final int SO_PROTOCOL = 38;
  private static final int SO_DOMAIN = 39;

  private static final int TIMEVAL = 16;
  private static final long MICROS = 1_000_000L;

  private final SocketCalls sockets;
  private final GuestMemory memory;
  private final TaskIdentity identity;

  /** Creates the calls of a task. */
  public SocketOptionCalls(SocketCalls sockets, GuestMemory memory, TaskIdentity identity) {
    this.sockets = sockets;
    this.memory = memory;
    this.identity = identity;
  }

  public long getsockopt(int descriptor, int level, int option, long target, long lengthAddress) {
    SocketFile socket = sockets.socket(descriptor);
    if (level != SOL_SOCKET) {
      return -Errno.EOPNOTSUPP;
    }
    int room = memory.readInt(lengthAddress);
    if (room < 0) {
      return -Errno.EINVAL;
    }
    ByteBuffer value = value(socket, option);
    int length = Math.min(room, value.capacity());
    memory.write(target, GuestMemory.bytes(value), 0, length);
    memory.writeInt(lengthAddress, length);
    return 0;
  }

  private ByteBuffer value(SocketFile socket, int option) {
    SocketOptions options = socket.options();
    return switch (option) {
      case SO_TYPE -> number(socket.type());
      case SO_ERROR -> number(socket.takeError());
      case SO_SNDBUF -> number(options.sendBuffer());
      case SO_RCVBUF -> number(options.receiveBuffer());
      case SO_RCVLOWAT, SO_SNDLOWAT -> number(1);
      case SO_DOMAIN -> number(AF_UNIX);
      case SO_PASSCRED -> number(options.passesCredentials() ? 1 : 0);
      case SO_RCVTIMEO -> time(options.receiveTimeout());
      case SO_SNDTIMEO -> time(options.sendTimeout());
      case SO_PEERCRED ->
          GuestMemory.struct(3 * Integer.BYTES)
              .putInt(identity.process())
              .putInt(identity.user())
              .putInt(identity.user());
      case SO_DEBUG,
          SO_REUSEADDR,
          SO_DONTROUTE,
          SO_BROADCAST,
          SO_KEEPALIVE,
          SO_OOBINLINE,
          SO_PRIORITY,
          SO_REUSEPORT,
          SO_ACCEPTCONN,
          SO_PROTOCOL ->
          number(0);
      default -> throw new FileException(Errno.ENOPROTOOPT);
    };
  }

  private static ByteBuffer number(int value) {
    return GuestMemory.struct(Integer.BYTES).putInt(value);
  }

  private static ByteBuffer time(long nanos) {
    long micros = nanos / 1000;
    return GuestMemory.struct(TIMEVAL).putLong(micros / MICROS).putLong(micros % MICROS);
  }

  public long setsockopt(int descriptor, int level, int option, long source, int length) {
    SocketFile socket = sockets.socket(descriptor);
    if (length < 0) {
      return -Errno.EINVAL;
    }
    if (level != SOL_SOCKET) {
      return -Errno.EOPNOTSUPP;
    }
    if (length < Integer.BYTES) {
      return -Errno.EINVAL;
    }
    boolean isTime = option == SO_RCVTIMEO || option == SO_SNDTIMEO;
    int size = isTime && length >= TIMEVAL ? TIMEVAL : Integer.BYTES;
    ByteBuffer given = memory.readStruct(source, size);
    int value = given.getInt(0);
    SocketOptions options = socket.options();
    socket.changes();
    switch (option) {
      case SO_SNDBUF -> options.setSendBuffer(value);
      case SO_RCVBUF -> options.setReceiveBuffer(value);
      case SO_PASSCRED -> options.setPassesCredentials(value != 0);
      case SO_RCVTIMEO -> options.setReceiveTimeout(timeout(given));
      case SO_SNDTIMEO -> options.setSendTimeout(timeout(given));
      case SO_REUSEADDR, SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_RCVLOWAT -> {
        // has no effect on these sockets
      }
      default -> throw new FileException(Errno.ENOPROTOOPT);
    }
    return 0;
  }

  /** Returns nanoseconds; 0 for no limit. */
  private static long timeout(ByteBuffer time) {
    if (time.capacity() < TIMEVAL) {
      throw new FileException(Errno.EINVAL);
    }
    long seconds = time.getLong();
    long micros = time.getLong();
    if (micros < 0 || micros >= MICROS) {
      throw new FileException(Errno.EDOM);
    }
    if (seconds < 0) {
      return 0; // Linux says: no wait; but only for times before 1970
    }
    return seconds > Long.MAX_VALUE / (MICROS * 1000) - 1 ? 0 : (seconds * MICROS + micros) * 1000;
  }
}
