package io.hyperlight.internal.linux.fd;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Collects open files for a snapshot, with what they share. Each is saved once, and the others
 * refer to it by its number.
 */
final class FileSaver {
  private final List<OpenFile> open = new ArrayList<>();
  private final IdentityHashMap<OpenFile, Integer> fileNumbers = new IdentityHashMap<>();
  private final ArrayList<SavedFile> files = new ArrayList<>();
  private final List<Pipe> pipes = new ArrayList<>();
  private final IdentityHashMap<Pipe, Integer> pipeNumbers = new IdentityHashMap<>();

  /** Returns the number of an open file, which is saved later. */
  int file(OpenFile file) {
    Integer known = fileNumbers.get(file);
    if (known == null) {
      known = open.size();
      open.add(file);
      fileNumbers.put(file, known);
    }
    return known;
  }

  /** Returns the number of a pipe. */
  int pipe(Pipe pipe) {
    Integer known = pipeNumbers.get(pipe);
    if (known == null) {
      known = pipes.size();
      pipes.add(pipe.copy());
      pipeNumbers.put(pipe, known);
    }
    return known;
  }

  /** Saves all files that have a number. They may give numbers to others, which are saved, too. */
  List<SavedFile> saveFiles() {
    while (files.size() < open.size()) {
      files.ensureCapacity(files.size() + 1); // then nothing can fail between saving and adding
      SavedFile saved = open.get(files.size()).save(this);
      files.add(saved);
    }
    return files;
  }

  List<Pipe> pipes() {
    return pipes;
  }

  /** Closes what is saved, if saving the rest fails. The heap may be full, so it takes no room. */
  void close() {
    for (int number = 0; number < files.size(); number++) {
      if (files.get(number) instanceof SavedFile.Content held) {
        held.content().close();
      }
    }
  }
}
