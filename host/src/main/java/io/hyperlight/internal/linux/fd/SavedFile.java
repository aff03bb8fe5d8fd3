package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.wait.Expirations;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.Location;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An {@link OpenFile} in a snapshot. Immutable. The snapshot owns its host resources. */
sealed interface SavedFile {
  /** Returns the access mode and status flags. */
  int flags();

  /** Returns the location in the file system; null if the file is not in it. */
  @Nullable Location location();

  /** A standard stream, by number. */
  record Stream(int flags, int number) implements SavedFile {
    @Override
    public @Nullable Location location() {
      return null;
    }
  }

  /** A descriptor that host code answers, by the number of its extension. */
  record Channel(int flags, int index) implements SavedFile {
    @Override
    public @Nullable Location location() {
      return null;
    }
  }

  /**
   * A regular file or device.
   *
   * @param content as {@link FileContent#kept} returns it
   */
  record Content(int flags, FileContent content, Location location, long offset)
      implements SavedFile {}

  /**
   * A directory.
   *
   * @param listing the entries that are being listed; null before the first read, and if they are
   *     listed in pieces
   * @param position how many entries were returned
   * @param last the last one of them, if that is known
   */
  record Directory(
      int flags,
      Location location,
      @Nullable List<DirectoryEntry> listing,
      int position,
      @Nullable String last)
      implements SavedFile {}

  /**
   * One end of a pipe, or of a FIFO.
   *
   * @param location of the FIFO
   * @param pipe its number in the snapshot
   * @param writersSeen as {@link Pipe#writersSeen} when it was opened
   */
  record End(int flags, @Nullable Location location, int pipe, long writersSeen)
      implements SavedFile {}

  /**
   * A timer.
   *
   * @param clock the number of its clock
   * @param settingFlags with which it was set
   */
  record Timer(int flags, int clock, Expirations expirations, int settingFlags)
      implements SavedFile {
    @Override
    public @Nullable Location location() {
      return null;
    }
  }

  /**
   * A counter of events.
   *
   * @param count unsigned
   * @param number as Linux shows it to people
   */
  record Event(int flags, long count, boolean semaphore, int number) implements SavedFile {
    @Override
    public @Nullable Location location() {
      return null;
    }
  }

  /**
   * What an epoll file watches.
   *
   * @param file its index in the list of open files
   * @param descriptor by which it was added
   * @param place in the list of those that may be ready; -1 if it is not there
   */
  record Interest(int file, int descriptor, int events, long data, int place) {}

  /** An epoll file. */
  record Watch(int flags, List<Interest> interests) implements SavedFile {
    public Watch {
      interests = List.copyOf(interests);
    }

    @Override
    public @Nullable Location location() {
      return null;
    }
  }

  /**
   * A message in the queue of a socket.
   *
   * @param bytes never changed
   * @param files the indexes of its files in the list of open files
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares messages, nor changes them
  record Message(byte[] bytes, List<Integer> files) {
    public Message {
      files = List.copyOf(files);
    }
  }

  /**
   * One of two connected sockets.
   *
   * @param options never changed
   * @param peer the index of the other one; -1 if it is closed
   * @param sent how much of its buffer is taken
   * @param messages that it has not received yet
   */
  record Socket(
      int flags,
      long inode,
      int type,
      SocketOptions options,
      int peer,
      boolean peerClosed,
      int shut,
      int error,
      int sent,
      List<Message> messages)
      implements SavedFile {
    public Socket {
      messages = List.copyOf(messages);
    }

    @Override
    public @Nullable Location location() {
      return null;
    }
  }

  /**
   * A file from which signals are read.
   *
   * @param signals a bit for each
   */
  record Signals(int flags, long signals) implements SavedFile {
    @Override
    public @Nullable Location location() {
      return null;
    }
  }

  /** A file that refers to the process. */
  record ProcessReference(int flags) implements SavedFile {
    @Override
    public @Nullable Location location() {
      return null;
    }
  }

  /** A file that was opened as a path only. */
  record Path(int flags, Location location) implements SavedFile {}
}
