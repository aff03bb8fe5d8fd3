package io.hyperlight.bench;

/**
 * A measurement that the floor can be asked for.
 *
 * @param name the name of the measurement in main.c of the floor
 * @param argument a size, a count or the like. Its meaning depends on the measurement
 * @param batch the number of rounds in one sample
 */
record Question(String name, long argument, int batch) {
  /** An exit and the next entry of a VM. */
  static final Question EXIT = new Question("exit", 0, 1);

  /** Two exits. */
  static final Question TWO_EXITS = new Question("exit2", 0, 1);

  /** The life of a VM: it is made, runs to its first exit, and is closed. */
  static final Question LIFE = new Question("life", 0, 1);

  /** The life of a VM, with all system calls of a sandbox that is built. */
  static final Question LIFE_COLD = new Question("life_cold", 0, 1);

  /** The life of a VM, with all system calls of a sandbox from a snapshot. */
  static final Question LIFE_SPAWN = new Question("life_spawn", 0, 1);

  static Question of(String name, long argument) {
    return new Question(name, argument, 1);
  }

  static Question copyOfPages(int pages) {
    return new Question("copy", pages, 64);
  }

  /** Returns the number of samples to ask for if the library has a number of samples. */
  int samples(int ours) {
    return Math.max(1, ours / batch);
  }
}
