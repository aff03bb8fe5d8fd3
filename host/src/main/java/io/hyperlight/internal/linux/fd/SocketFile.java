package io.hyperlight.internal.linux.fd;

import static io.hyperlight.internal.linux.fd.PollEvents.POLLERR;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLHUP;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLIN;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLOUT;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLRDHUP;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLRDNORM;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLWRBAND;
import static io.hyperlight.internal.linux.fd.PollEvents.POLLWRNORM;

import io.hyperlight.internal.linux.base.Buffers;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One of two sockets that are connected with each other: {@code socketpair(2)}. It holds what was
 * sent to it. {@link SocketTransfer} sends and receives.
 */
final class SocketFile extends OpenFile {
  static final int STREAM = 1;
  static final int DATAGRAM = 2;
  static final int SEQUENCED = 5;

  static final int RECEIVE_SHUT = 1;
  static final int SEND_SHUT = 2;
  private static final int BOTH_SHUT = 3;

  /** What a queued message costs the Java heap beside its bytes. */
  static final long MESSAGE_BYTES = 128;

  private final Readiness readiness = new Readiness();
  private final ArrayDeque<SocketMessage> received = new ArrayDeque<>(0);
  private final InFlight inFlight;
  private final long inode;
  private final int type;
  private final SocketOptions options;

  private @Nullable SocketFile peer;

  /** Whether there was a peer that is closed now. A datagram socket notices when it sends. */
  private boolean peerClosed;

  private int shut;

  /** An error number that the next call returns; 0 for none. */
  private int error;

  /** What the peer has not received yet takes so much of the buffer for sending. */
  private int sent;

  SocketFile(
      Changes changes, int flags, InFlight inFlight, long inode, int type, SocketOptions options) {
    super(changes, flags, null);
    this.inFlight = inFlight;
    this.inode = inode;
    this.type = type;
    this.options = options;
  }

  /** Connects two new sockets. */
  void connect(SocketFile other) {
    peer = other;
    other.peer = this;
  }

  int type() {
    return type;
  }

  boolean isStream() {
    return type == STREAM;
  }

  boolean isConnected() {
    return peer != null || peerClosed;
  }

  @Nullable SocketFile peer() {
    return peer;
  }

  /** Notices that the peer of a datagram socket is closed. */
  void disconnect() {
    changes();
    peerClosed = false;
    dropMessages();
  }

  SocketOptions options() {
    return options;
  }

  InFlight inFlight() {
    return inFlight;
  }

  boolean isShut(int direction) {
    return (shut & direction) != 0;
  }

  /** Shuts directions down: {@code shutdown(2)}. */
  void shutDown(int directions) {
    changes();
    shut |= directions;
    readiness.hangUp().changed();
    SocketFile other = peer;
    if (type != DATAGRAM && other != null) {
      other.shut |= (directions & 1) << 1 | directions >> 1;
      other.readiness.hangUp().changed();
    }
  }

  /** Returns the pending error, which is no longer pending. */
  int takeError() {
    if (error != 0) {
      changes();
    }
    int taken = error;
    error = 0;
    return taken;
  }

  // What was received.

  ArrayDeque<SocketMessage> received() {
    return received;
  }

  /** Adds a message that this socket sends to its peer. */
  void send(SocketFile to, SocketMessage message) {
    changes();
    sent += message.charge();
    to.received.add(message);
    to.readiness.input().changed();
  }

  /** Removes the first message, which was received. Its files stay in flight. */
  void removeFirst() {
    changes();
    SocketMessage message = received.remove();
    SocketFile sender = peer;
    if (sender != null) {
      boolean wasFull = !sender.isWritableNow();
      sender.sent -= message.charge();
      if (wasFull && sender.isWritableNow()) {
        sender.readiness.output().changed();
      }
    }
  }

  /** Drops all messages with their files. */
  void dropMessages() {
    List<OpenFile> files = new ArrayList<>();
    while (!received.isEmpty()) {
      files.addAll(received.getFirst().takeFiles());
      removeFirst();
    }
    files.forEach(inFlight::remove);
  }

  void addSentFiles(Collection<OpenFile> files) {
    for (SocketMessage message : received) {
      files.addAll(message.files());
    }
  }

  boolean hasRoom() {
    return sent < options.sendBuffer();
  }

  private boolean isWritableNow() {
    return 4L * sent <= options.sendBuffer();
  }

  /** Returns how much of the buffer for sending is taken. */
  int sentBytes() {
    return sent;
  }

  @Override
  int available() {
    int bytes = 0;
    for (SocketMessage message : received) {
      bytes += message.length();
      if (type == DATAGRAM) {
        break;
      }
    }
    return bytes;
  }

  @Override
  int read(Caller caller, byte[] target) {
    return SocketTransfer.read(this, caller, target);
  }

  @Override
  int write(Caller caller, byte[] source) {
    return SocketTransfer.write(this, caller, source);
  }

  @Override
  long write(Caller caller, Buffers buffers) {
    return SocketTransfer.send(this, caller, buffers, List.of(), 0);
  }

  @Override
  Readiness readiness() {
    return readiness;
  }

  @Override
  int ready(Caller caller) {
    int ready = error != 0 ? POLLERR : 0;
    ready |= shut == BOTH_SHUT ? POLLHUP : 0;
    ready |= isShut(RECEIVE_SHUT) ? POLLRDHUP | POLLIN | POLLRDNORM : 0;
    ready |= received.isEmpty() ? 0 : POLLIN | POLLRDNORM;
    ready |= isWritableNow() ? POLLOUT | POLLWRNORM | POLLWRBAND : 0;
    return ready;
  }

  @Override
  public FileStatus status() {
    return new FileStatus(
        0,
        inode,
        FileKind.SOCKET,
        0777,
        1,
        0,
        FileStatus.BEGINNING,
        FileStatus.BEGINNING,
        FileStatus.BEGINNING,
        0);
  }

  @Override
  public String name() {
    return "socket:[" + inode + "]";
  }

  @Override
  public long heapBytes() {
    long bytes = super.heapBytes();
    for (SocketMessage message : received) {
      bytes += MESSAGE_BYTES + message.length();
    }
    return bytes;
  }

  @Override
  public void free() {
    SocketFile other = peer;
    boolean unread = !received.isEmpty();
    dropMessages();
    peer = null;
    if (other != null) {
      other.peer = null;
      other.peerClosed = true;
      other.sent = 0;
      if (type != DATAGRAM) {
        other.shut = BOTH_SHUT;
        other.error = unread ? Errno.ECONNRESET : other.error;
        other.readiness.hangUp().changed();
      }
    }
  }

  @Override
  SavedFile save(FileSaver saver) {
    SocketFile other = peer;
    return new SavedFile.Socket(
        flags(),
        inode,
        type,
        options.copy(),
        other == null ? -1 : saver.file(other),
        peerClosed,
        shut,
        error,
        sent,
        received.stream().map(message -> saved(message, saver)).toList());
  }

  private static SavedFile.Message saved(SocketMessage message, FileSaver saver) {
    byte[] bytes = new byte[message.length()];
    message.copy(bytes, 0, bytes.length);
    return new SavedFile.Message(bytes, message.files().stream().map(saver::file).toList());
  }

  /** Connects a socket of a snapshot, and fills its queue. */
  void restore(SavedFile.Socket saved, IntFunction<OpenFile> files) {
    peer = saved.peer() < 0 ? null : (SocketFile) files.apply(saved.peer());
    peerClosed = saved.peerClosed();
    shut = saved.shut();
    error = saved.error();
    sent = saved.sent();
    for (SavedFile.Message message : saved.messages()) {
      List<OpenFile> sentFiles = message.files().stream().map(files::apply).toList();
      sentFiles.forEach(inFlight::add);
      received.add(new SocketMessage(message.bytes().clone(), sentFiles));
    }
  }
}
