package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.vfs.Location;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Opens the files of a snapshot again, each of them once. */
final class FileRestorer {
  private final FileState earlier;
  private final WorldFiles world;
  private final WaitSource signalArrivals;
  private final IdentityHashMap<Location, Location> known;
  private final List<Pipe> pipes = new ArrayList<>(0);
  private final @Nullable OpenFile[] files;
  private final List<Runnable> links = new ArrayList<>(0);

  /**
   * Creates a restorer that has opened nothing.
   *
   * @param signalArrivals changes when the process gets a signal
   * @param known the locations that are translated already
   */
  FileRestorer(
      FileState earlier,
      WorldFiles world,
      WaitSource signalArrivals,
      IdentityHashMap<Location, Location> known) {
    this.signalArrivals = signalArrivals;
    this.earlier = earlier;
    this.world = world;
    this.known = known;
    files = new @Nullable OpenFile[earlier.files().size()];
    for (Pipe saved : earlier.pipes()) {
      pipes.add(saved.copy());
    }
  }

  /** Returns a file by its number. The caller retains it. */
  OpenFile file(int number) {
    OpenFile there = files[number];
    if (there == null) {
      there = open(earlier.files().get(number));
      files[number] = there;
    }
    return there;
  }

  /** Connects the files with each other, after the descriptors have theirs. */
  void link() {
    for (int next = 0; next < links.size(); next++) { // a link may open files and so add links
      links.get(next).run();
    }
  }

  private Location translated(Location location) {
    return location.in(world.fileSystem().counterparts(), known);
  }

  private OpenFile open(SavedFile saved) {
    Changes changes = world.changes();
    return switch (saved) {
      case SavedFile.Stream(int flags, int number) ->
          new StandardStream(changes, flags, world.streams(), number);
      case SavedFile.Channel(int flags, int index) ->
          new ChannelFile(changes, flags, world.channels(), index);
      case SavedFile.Content(int flags, var content, Location location, long offset) -> {
        Location there = translated(location); // while the content holds nothing
        yield ContentFile.of(
            changes, flags, content.in(world.fileSystem().counterparts()), there, offset);
      }
      case SavedFile.Directory(int flags, Location location, var listing, int position, var last) ->
          new DirectoryFile(changes, flags, translated(location), listing, position, last);
      case SavedFile.End(int flags, var location, int pipe, long writersSeen) ->
          location == null
              ? new PipeEnd(changes, flags, pipes.get(pipe))
              : world
                  .fifos()
                  .restore(changes, translated(location), flags, pipes.get(pipe), writersSeen);
      case SavedFile.Path(int flags, Location location) ->
          new PathFile(changes, flags, translated(location));
      case SavedFile.Event(int flags, long count, boolean semaphore, int number) ->
          new EventFile(changes, flags, count, semaphore, number);
      case SavedFile.Timer timer ->
          new TimerFile(changes, timer.flags(), world.timers(), timer.clock()).restore(timer);
      case SavedFile.Socket socket -> {
        SocketFile file =
            new SocketFile(
                changes,
                socket.flags(),
                world.inFlight(),
                socket.inode(),
                socket.type(),
                socket.options().copy());
        links.add(() -> file.restore(socket, this::file));
        yield file;
      }
      case SavedFile.Signals(int flags, long signals) ->
          new SignalFile(changes, flags, signals, signalArrivals);
      case SavedFile.ProcessReference(int flags) -> new ProcessFile(changes, flags);
      case SavedFile.Watch(int flags, var interests) -> {
        EventPoll poll = new EventPoll(changes, flags);
        links.add(() -> poll.restore(interests, this::file));
        yield poll;
      }
    };
  }
}
