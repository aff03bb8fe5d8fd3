package io.hyperlight.internal.linux.fd;

/**
 * Refers to the process, of which there is only one: {@code pidfd_open(2)}. It becomes ready when
 * the process has ended, which nobody sees.
 */
final class ProcessFile extends AnonymousFile {
  private final Readiness readiness = new Readiness();

  ProcessFile(Changes changes, int flags) {
    super(changes, flags, "[pidfd]");
  }

  @Override
  Readiness readiness() {
    return readiness;
  }

  @Override
  int ready(Caller caller) {
    return 0;
  }

  @Override
  SavedFile save(FileSaver saver) {
    return new SavedFile.ProcessReference(flags());
  }
}
