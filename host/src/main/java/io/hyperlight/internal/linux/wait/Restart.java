package io.hyperlight.internal.linux.wait;

/** What becomes of a waiting system call after a signal handler has interrupted it. */
public enum Restart {
  /** It fails with EINTR, whatever the handler's flags say. */
  NEVER,
  /** The call is made again if the handler was set with SA_RESTART. Else it fails with EINTR. */
  IF_HANDLER_ASKS,
  /** The call is always made again. */
  ALWAYS
}
