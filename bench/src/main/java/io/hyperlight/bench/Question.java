package io.hyperlight.bench;

/**
 * A measurement of the C floor.
 *
 * @param name which, see main.c of the floor
 * @param argument how large, many or the like
 * @param batch how many rounds are in one sample
 */
record Question(String name, long argument, int batch) {
  /** The way out of a VM and back in. */
  static final Question EXIT = new Question("exit", 0, 1);

  /** Two of them. */
  static final Question TWO_EXITS = new Question("exit2", 0, 1);

  /** A VM from nothing to its first exit, closed. */
  static final Question LIFE = new Question("life", 0, 1);

  /** With all system calls of a sandbox that is built. */
  static final Question LIFE_COLD = new Question("life_cold", 0, 1);

  /** With all system calls of one from a snapshot. */
  static final Question LIFE_SPAWN = new Question("life_spawn", 0, 1);

  static Question of(String name, long argument) {
    return new Question(name, argument, 1);
  }

  static Question copyOfPages(int pages) {
    return new Question("copy", pages, 64);
  }

  /** How many samples to ask for where ours has so many. */
  int samples(int ours) {
    return Math.max(1, ours / batch);
  }
}
