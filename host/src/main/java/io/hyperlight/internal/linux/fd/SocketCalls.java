package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.Buffers;
import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.Need;
import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Sockets that are connected with each other: {@code socketpair(2)}, {@code sendmsg(2)}, {@code
 * recvmsg(2)} and their relatives. There are no others.
 */
public final class SocketCalls {
  private static final int AF_UNIX = 1;
  private static final int SOCK_RAW = 3;
  private static final int SOCK_PACKET = 10;
  private static final int TYPE_MASK = 0xf;

  private static final int MSG_CTRUNC = 8;
  private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;

  /** The size of {@code struct msghdr}, and the places of its fields. */
  private static final int HEADER = 56;

  private static final int NAME_LENGTH = 8;
  private static final int PARTS = 16;
  private static final int PART_COUNT = 24;
  private static final int CONTROL = 32;
  private static final int CONTROL_LENGTH = 40;
  private static final int FLAGS = 48;

  private static final int MAX_PARTS = 1024;

  /** The size of {@code struct sockaddr_storage} and of {@code struct sockaddr_un}. */
  private static final int MAX_ADDRESS = 128;

  private static final int UNIX_ADDRESS = 110;

  private final ProcessFiles files;
  private final Descriptors descriptors;
  private final Caller caller;
  private final HeapBudget heap;
  private final GuestMemory memory;
  private final TaskIdentity identity;
  private final Refusals refusals;

  /** Creates the calls of a task. */
  public SocketCalls(
      ProcessFiles files,
      Caller caller,
      HeapBudget heap,
      GuestMemory memory,
      TaskIdentity identity,
      Refusals refusals) {
    this.files = files;
    descriptors = files.descriptors();
    this.caller = caller;
    this.heap = heap;
    this.memory = memory;
    this.identity = identity;
    this.refusals = refusals;
  }

  public long socketpair(int family, int wanted, int protocol, long target) {
    int flags = wanted & ~TYPE_MASK;
    if ((flags & ~(OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK)) != 0) {
      return -Errno.EINVAL;
    }
    if ((wanted & TYPE_MASK) > SOCK_PACKET) {
      return -Errno.EINVAL;
    }
    descriptors.requireRoom(2);
    if (memory.accessible(target, 2 * Integer.BYTES, true) < 2 * Integer.BYTES) {
      return -Errno.EFAULT;
    }
    if (family != AF_UNIX) {
      refusals.count("socketpair");
      refusals.need(Need.NETWORK, "socketpair");
      return -Errno.EACCES;
    }
    if (protocol != 0 && protocol != AF_UNIX) {
      return -Errno.EPROTONOSUPPORT;
    }
    int type = (wanted & TYPE_MASK) == SOCK_RAW ? SocketFile.DATAGRAM : wanted & TYPE_MASK;
    if (type != SocketFile.STREAM && type != SocketFile.DATAGRAM && type != SocketFile.SEQUENCED) {
      return -Errno.ESOCKTNOSUPPORT;
    }
    heap.require(2 * HeapBudget.FILE);
    SocketFile one = create(type, flags);
    SocketFile other = create(type, flags);
    one.connect(other);
    boolean cloexec = (flags & OpenFlags.O_CLOEXEC) != 0;
    int first = descriptors.add(one, 0, cloexec);
    int second = descriptors.add(other, 0, cloexec);
    memory.write(target, GuestMemory.struct(2 * Integer.BYTES).putInt(first).putInt(second));
    return 0;
  }

  private SocketFile create(int type, int flags) {
    WorldFiles world = files.world();
    return new SocketFile(
        world.changes(),
        OpenFlags.O_RDWR | (flags & OpenFlags.O_NONBLOCK),
        world.inFlight(),
        world.newSocket(),
        type,
        SocketOptions.INITIAL.copy());
  }

  SocketFile socket(int descriptor) {
    if (descriptors.get(descriptor) instanceof SocketFile socket) {
      return socket;
    }
    throw new FileException(Errno.ENOTSOCK);
  }

  /** Makes a call that keeps its socket while it waits, even if the descriptor is closed. */
  private long holding(int descriptor, ToLongFunction<SocketFile> call) {
    return files
        .world()
        .held()
        .call(caller.waiting(), SocketFile.class, () -> socket(descriptor), call);
  }

  public long sendto(int descriptor, long address, long size, int flags, long name, int length) {
    Buffers buffers = Buffers.one(memory, address, size);
    return holding(descriptor, socket -> sendto(socket, buffers, flags, name, length));
  }

  private long sendto(SocketFile socket, Buffers buffers, int flags, long name, int length) {
    if (name != 0) {
      checkName(socket, readName(name, length));
    }
    heap.require(SocketFile.MESSAGE_BYTES + buffers.size());
    return SocketTransfer.send(socket, caller, buffers, List.of(), flags);
  }

  private @Nullable ByteBuffer readName(long address, int length) {
    if (length < 0 || length > MAX_ADDRESS) {
      throw new FileException(Errno.EINVAL);
    }
    return length == 0 ? null : memory.readStruct(address, length);
  }

  /** Refuses the name of another socket, of which there is none. */
  private static void checkName(SocketFile socket, @Nullable ByteBuffer name) {
    if (name == null || socket.type() == SocketFile.SEQUENCED) {
      return;
    }
    if (socket.isStream()) {
      throw new FileException(socket.isConnected() ? Errno.EISCONN : Errno.EOPNOTSUPP);
    }
    boolean valid =
        name.capacity() > Short.BYTES
            && name.capacity() <= UNIX_ADDRESS
            && name.getShort(0) == AF_UNIX;
    throw new FileException(valid ? Errno.ECONNREFUSED : Errno.EINVAL);
  }

  public long sendmsg(int descriptor, long address, int flags) {
    return holding(descriptor, socket -> sendmsg(socket, address, flags));
  }

  private long sendmsg(SocketFile socket, long address, int flags) {
    ByteBuffer header = memory.readStruct(address, HEADER);
    long name = header.getLong(0);
    int nameLength = header.getInt(NAME_LENGTH);
    if (nameLength < 0) {
      return -Errno.EINVAL;
    }
    Buffers buffers = parts(header);
    ByteBuffer to =
        name == 0 || nameLength == 0
            ? null
            : memory.readStruct(name, Math.min(nameLength, MAX_ADDRESS));
    long controlLength = header.getLong(CONTROL_LENGTH);
    List<OpenFile> sent =
        controlLength == 0
            ? List.of()
            : ControlMessages.read(
                memory, header.getLong(CONTROL), controlLength, descriptors, identity);
    checkName(socket, to);
    files.world().collectSockets();
    files.world().inFlight().requireRoom(sent.size());
    heap.require(SocketFile.MESSAGE_BYTES + buffers.size());
    return SocketTransfer.send(socket, caller, buffers, sent, flags);
  }

  private Buffers parts(ByteBuffer header) {
    long count = header.getLong(PART_COUNT);
    if (Long.compareUnsigned(count, MAX_PARTS) > 0) {
      throw new FileException(Errno.EMSGSIZE);
    }
    return Buffers.table(memory, header.getLong(PARTS), count);
  }

  public long recvfrom(
      int descriptor, long address, long size, int flags, long name, long lengthAddress) {
    Buffers buffers = Buffers.one(memory, address, size);
    return holding(descriptor, socket -> recvfrom(socket, buffers, flags, name, lengthAddress));
  }

  private long recvfrom(
      SocketFile socket, Buffers buffers, int flags, long name, long lengthAddress) {
    SocketTransfer.Received received = SocketTransfer.receive(socket, caller, buffers, flags);
    received.files().forEach(files.world().inFlight()::remove);
    if (name != 0) {
      writeName(lengthAddress, new byte[0], name);
    }
    return received.length();
  }

  public long recvmsg(int descriptor, long address, int flags) {
    return holding(descriptor, socket -> recvmsg(socket, address, flags));
  }

  private long recvmsg(SocketFile socket, long address, int flags) {
    ByteBuffer header = memory.readStruct(address, HEADER);
    if (header.getInt(NAME_LENGTH) < 0) {
      return -Errno.EINVAL;
    }
    Buffers buffers = parts(header);
    SocketTransfer.Received received = SocketTransfer.receive(socket, caller, buffers, flags);
    boolean cloexec = (flags & MSG_CMSG_CLOEXEC) != 0;
    ControlMessages.Writer control =
        new ControlMessages.Writer(
            memory, header.getLong(CONTROL), Math.max(0, header.getLong(CONTROL_LENGTH)));
    try {
      if (socket.options().passesCredentials()) {
        control.putCredentials(identity);
      }
      control.putFiles(received.files(), descriptors, cloexec);
    } finally {
      received.files().forEach(files.world().inFlight()::remove);
    }
    if (header.getLong(0) != 0) {
      memory.writeInt(address + NAME_LENGTH, 0);
    }
    int told = received.flags() | (flags & MSG_CMSG_CLOEXEC) | (control.isCut() ? MSG_CTRUNC : 0);
    memory.writeInt(address + FLAGS, told);
    memory.writeLong(address + CONTROL_LENGTH, control.written());
    return received.length();
  }

  public long shutdown(int descriptor, int how) {
    SocketFile socket = socket(descriptor);
    if (how < 0 || how > 2) {
      return -Errno.EINVAL;
    }
    socket.shutDown(how + 1);
    return 0;
  }

  public long getsockname(int descriptor, long target, long lengthAddress) {
    socket(descriptor);
    writeName(lengthAddress, new byte[] {AF_UNIX, 0}, target);
    return 0;
  }

  public long getpeername(int descriptor, long target, long lengthAddress) {
    SocketFile socket = socket(descriptor);
    if (!socket.isConnected()) {
      return -Errno.ENOTCONN;
    }
    writeName(lengthAddress, new byte[] {AF_UNIX, 0}, target);
    return 0;
  }

  private void writeName(long lengthAddress, byte[] name, long target) {
    int room = memory.readInt(lengthAddress);
    if (room < 0) {
      throw new FileException(Errno.EINVAL);
    }
    int length = Math.min(room, name.length);
    if (length > 0) {
      memory.write(target, name, 0, length);
    }
    memory.writeInt(lengthAddress, name.length);
  }

  /** Refuses to connect: the sockets are connected already, and there are no others. */
  public long connect(int descriptor) {
    SocketFile socket = socket(descriptor);
    return socket.type() == SocketFile.DATAGRAM ? -Errno.ECONNREFUSED : -Errno.EISCONN;
  }

  /** Refuses to accept or to listen: the sockets have no names. */
  public long ofNamed(int descriptor) {
    SocketFile socket = socket(descriptor);
    return socket.type() == SocketFile.DATAGRAM ? -Errno.EOPNOTSUPP : -Errno.EINVAL;
  }

  /** Refuses names in the file system. */
  public long bind(int descriptor) {
    socket(descriptor);
    return -Errno.EACCES;
  }

  /** Refuses several messages at once. Programs fall back to one. */
  public long ofMany(int descriptor) {
    socket(descriptor);
    return -Errno.ENOSYS;
  }
}
