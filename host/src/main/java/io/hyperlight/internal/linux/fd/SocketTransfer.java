package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.Buffers;
import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.linux.wait.BlockedException;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.InterruptedWaitException;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Sends and receives by sockets that are connected with each other. */
final class SocketTransfer {
  static final int MSG_OOB = 1;
  static final int MSG_PEEK = 2;
  static final int MSG_TRUNC = 0x20;
  static final int MSG_DONTWAIT = 0x40;
  static final int MSG_WAITALL = 0x100;
  static final int MSG_NOSIGNAL = 0x4000;

  /** A stream is sent in messages of at most this size. */
  private static final int PIECE = 1 << 15;

  /** The kernel's own share of the largest message. */
  private static final int MESSAGE_MARGIN = 32;

  private SocketTransfer() {}

  /**
   * Holds what was received.
   *
   * @param length how many bytes; the whole length of a message that did not fit, if that is wanted
   * @param flags {@link #MSG_TRUNC}
   * @param files in flight, unless the message was only looked at
   */
  record Received(long length, int flags, List<OpenFile> files) {}

  private static boolean isNonBlocking(SocketFile socket, int flags) {
    return (flags & MSG_DONTWAIT) != 0 || socket.has(OpenFlags.O_NONBLOCK);
  }

  /** Returns what lets the task wait, or reports that it must not. */
  private static RuntimeException block(
      SocketFile socket, Caller caller, int flags, long nanos, String what, WaitSource source) {
    if (isNonBlocking(socket, flags)) {
      return new FileException(Errno.EAGAIN);
    }
    Deadline deadline = Deadline.NEVER;
    if (nanos > 0) {
      deadline = caller.waiting().deadlineAfter(nanos);
      if (caller.waiting().isOver(deadline)) {
        return new FileException(Errno.EAGAIN);
      }
    }
    return caller
        .waiting()
        .block(
            what,
            deadline,
            nanos > 0 ? Restart.NEVER : Restart.IF_HANDLER_ASKS,
            source,
            socket.readiness().hangUp());
  }

  private static RuntimeException blockForRoom(SocketFile socket, Caller caller, int flags) {
    return block(
        socket,
        caller,
        flags,
        socket.options().sendTimeout(),
        "waits for room in a socket (send)",
        socket.readiness().output());
  }

  private static void requireNoError(SocketFile socket) {
    int error = socket.takeError();
    if (error != 0) {
      throw new FileException(error);
    }
  }

  static int write(SocketFile socket, Caller caller, byte[] source) {
    if (!socket.isStream()) {
      sendMessage(socket, caller, source, List.of(), 0);
      return source.length;
    }
    SocketFile to = requireStreamPeer(socket, caller, 0);
    if (!socket.hasRoom()) {
      throw blockForRoom(socket, caller, 0);
    }
    byte[] piece = Arrays.copyOf(source, Math.min(source.length, PIECE));
    socket.send(to, new SocketMessage(piece, List.of()));
    return piece.length;
  }

  /**
   * Sends buffers.
   *
   * @param files which are not in flight yet
   */
  static long send(
      SocketFile socket, Caller caller, Buffers buffers, List<OpenFile> files, int flags) {
    if ((flags & MSG_OOB) != 0) {
      throw new FileException(Errno.EOPNOTSUPP);
    }
    if (socket.isStream()) {
      return sendStream(socket, caller, buffers, files, flags);
    }
    if (!socket.isConnected()) {
      throw new FileException(Errno.ENOTCONN);
    }
    if (buffers.size() > socket.options().sendBuffer() - MESSAGE_MARGIN) {
      throw new FileException(Errno.EMSGSIZE);
    }
    requireSendable(socket, caller, flags);
    int length = (int) buffers.size();
    if (length > 0 && buffers.next(false, length) < length) {
      throw new FileException(Errno.EFAULT);
    }
    sendMessage(socket, caller, length == 0 ? new byte[0] : buffers.take(length), files, flags);
    return length;
  }

  /** Checks what Linux checks before it copies a message. */
  private static void requireSendable(SocketFile socket, Caller caller, int flags) {
    requireNoError(socket);
    if (socket.isShut(SocketFile.SEND_SHUT)) {
      throw new FileException(Errno.EPIPE);
    }
    if (!socket.hasRoom()) {
      throw blockForRoom(socket, caller, flags);
    }
  }

  private static void sendMessage(
      SocketFile socket, Caller caller, byte[] bytes, List<OpenFile> files, int flags) {
    if (!socket.isConnected()) {
      throw new FileException(Errno.ENOTCONN);
    }
    requireSendable(socket, caller, flags);
    SocketFile to = socket.peer();
    if (to == null) {
      socket.disconnect();
      throw new FileException(Errno.ECONNREFUSED);
    }
    if (to.isShut(SocketFile.RECEIVE_SHUT)) {
      throw new FileException(Errno.EPIPE);
    }
    files.forEach(socket.inFlight()::add);
    socket.send(to, new SocketMessage(bytes, files));
  }

  private static SocketFile requireStreamPeer(SocketFile socket, Caller caller, int flags) {
    SocketFile to = socket.peer();
    if (socket.isShut(SocketFile.SEND_SHUT) || to == null || to.isShut(SocketFile.RECEIVE_SHUT)) {
      if ((flags & MSG_NOSIGNAL) == 0) {
        caller.signals().raise(Signals.SIGPIPE);
      }
      throw new FileException(Errno.EPIPE);
    }
    return to;
  }

  private static long sendStream(
      SocketFile socket, Caller caller, Buffers buffers, List<OpenFile> files, int flags) {
    long done = caller.waiting().progress();
    buffers.skip(done);
    try {
      if (buffers.size() == 0 && done == 0) {
        if (socket.isShut(SocketFile.SEND_SHUT)) {
          requireStreamPeer(socket, caller, flags);
        }
        return 0;
      }
      while (done < buffers.size()) {
        // As on Linux, the signal comes only if nothing was sent.
        SocketFile to = requireStreamPeer(socket, caller, done == 0 ? flags : MSG_NOSIGNAL);
        if (!socket.hasRoom()) {
          throw blockForRoom(socket, caller, flags);
        }
        int length = buffers.next(false, PIECE);
        if (length == 0) {
          throw new FileException(Errno.EFAULT);
        }
        List<OpenFile> first = done == 0 ? files : List.of();
        first.forEach(socket.inFlight()::add);
        socket.send(to, new SocketMessage(buffers.take(length), first));
        done += length;
        caller.checkpoint().passBytes(length);
      }
    } catch (BlockedException e) {
      caller.waiting().progress(done);
      throw e;
    } catch (FileException | InterruptedWaitException e) {
      if (done == 0) {
        throw e;
      }
    }
    return done;
  }

  static int read(SocketFile socket, Caller caller, byte[] target) {
    if (target.length == 0) {
      return 0;
    }
    if (!awaitMessage(socket, caller, 0)) {
      return 0;
    }
    if (socket.isStream()) {
      List<OpenFile> files = new ArrayList<>(0);
      int length = takeStream(socket, target, 0, false, files);
      files.forEach(socket.inFlight()::remove);
      return length;
    }
    SocketMessage message = socket.received().getFirst();
    int length = Math.min(message.length(), target.length);
    message.copy(target, 0, length);
    List<OpenFile> files = message.takeFiles();
    socket.removeFirst();
    files.forEach(socket.inFlight()::remove);
    return length;
  }

  /** Waits until there is something to receive. Returns false at the end. */
  private static boolean awaitMessage(SocketFile socket, Caller caller, int flags) {
    if (!socket.isStream()) {
      requireNoError(socket); // it comes before messages
    }
    if (!socket.received().isEmpty()) {
      return true;
    }
    requireNoError(socket);
    if (socket.isShut(SocketFile.RECEIVE_SHUT)) {
      if (socket.type() == SocketFile.DATAGRAM && isNonBlocking(socket, flags)) {
        throw new FileException(Errno.EAGAIN);
      }
      return false;
    }
    throw block(
        socket,
        caller,
        flags,
        socket.options().receiveTimeout(),
        "waits for a message to a socket (receive)",
        socket.readiness().input());
  }

  /** Takes bytes of a stream up to a message with files. Returns how many. */
  private static int takeStream(
      SocketFile socket, byte[] target, int from, boolean peeks, List<OpenFile> files) {
    int done = from;
    List<SocketMessage> messages = peeks ? List.copyOf(socket.received()) : List.of();
    for (int next = 0; done < target.length; next++) {
      SocketMessage message =
          peeks
              ? (next < messages.size() ? messages.get(next) : null)
              : socket.received().peekFirst();
      if (message == null) {
        break;
      }
      int length = Math.min(message.length(), target.length - done);
      message.copy(target, done, length);
      done += length;
      boolean hadFiles = !message.files().isEmpty();
      if (peeks) {
        files.addAll(message.files());
      } else {
        socket.changes();
        files.addAll(message.takeFiles());
        message.skip(length);
        if (message.length() == 0) {
          socket.removeFirst();
        }
      }
      if (hadFiles) {
        break;
      }
    }
    return done - from;
  }

  /** Receives to buffers. */
  static Received receive(SocketFile socket, Caller caller, Buffers buffers, int flags) {
    if ((flags & MSG_OOB) != 0) {
      throw new FileException(socket.isStream() ? Errno.EINVAL : Errno.EOPNOTSUPP);
    }
    return socket.isStream()
        ? receiveStream(socket, caller, buffers, flags)
        : receiveMessage(socket, caller, buffers, flags);
  }

  private static Received receiveMessage(
      SocketFile socket, Caller caller, Buffers buffers, int flags) {
    if (!awaitMessage(socket, caller, flags)) {
      return new Received(0, 0, List.of());
    }
    SocketMessage message = socket.received().getFirst();
    int whole = message.length();
    int length = (int) Math.min(whole, buffers.size());
    if (length > 0 && buffers.next(true, length) < length) {
      throw new FileException(Errno.EFAULT);
    }
    byte[] bytes = new byte[length];
    message.copy(bytes, 0, length);
    buffers.put(bytes, length);
    boolean peeks = (flags & MSG_PEEK) != 0;
    List<OpenFile> files = peeks ? message.files() : message.takeFiles();
    if (peeks) {
      files.forEach(socket.inFlight()::add);
    } else {
      socket.removeFirst();
    }
    int told = length < whole ? MSG_TRUNC : 0;
    return new Received((flags & MSG_TRUNC) != 0 ? whole : length, told, files);
  }

  private static Received receiveStream(
      SocketFile socket, Caller caller, Buffers buffers, int flags) {
    boolean peeks = (flags & MSG_PEEK) != 0;
    boolean all = (flags & MSG_WAITALL) != 0 && !peeks;
    long done = caller.waiting().progress();
    buffers.skip(done);
    List<OpenFile> files = new ArrayList<>(0);
    try {
      while (done < buffers.size() && files.isEmpty()) {
        if (socket.received().isEmpty() && done > 0 && !all) {
          break;
        }
        if (!awaitMessage(socket, caller, flags)) {
          break;
        }
        int wanted = (int) Math.min(buffers.size() - done, socket.available());
        int length = Math.min(buffers.next(true), wanted);
        if (length == 0) {
          throw new FileException(Errno.EFAULT);
        }
        byte[] bytes = new byte[length];
        int taken = takeStream(socket, bytes, 0, peeks, files);
        buffers.put(bytes, taken);
        done += taken;
        caller.checkpoint().passBytes(taken);
        if (peeks) {
          break;
        }
      }
    } catch (BlockedException e) {
      caller.waiting().progress(done);
      throw e;
    } catch (FileException | InterruptedWaitException e) {
      if (done == 0) {
        throw e;
      }
    }
    if (peeks) {
      files.forEach(socket.inFlight()::add);
    }
    return new Received(done, 0, files);
  }
}
