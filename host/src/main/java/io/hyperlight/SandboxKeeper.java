package io.hyperlight;

import io.hyperlight.error.SandboxInUseException;
import io.hyperlight.internal.os.CourierThread;
import io.hyperlight.internal.pool.Keeper;
import org.jspecify.annotations.Nullable;

/** Makes and cleans the sandboxes of a pool. */
final class SandboxKeeper implements Keeper<Sandbox> {
  private static final System.Logger LOGGER = System.getLogger("io.hyperlight.pool");

  private final Snapshot snapshot;

  SandboxKeeper(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  @Override
  public Sandbox create() {
    return snapshot.spawn();
  }

  @Override
  public void revoke(Sandbox sandbox) {
    sandbox.refuseCalls();
  }

  @Override
  public @Nullable Sandbox reclaim(Sandbox sandbox) {
    try {
      return sandbox.detach();
    } catch (SandboxInUseException e) {
      sandbox.refuseCalls();
      return null;
    }
  }

  @Override
  public void clean(Sandbox sandbox) {
    sandbox.restore(snapshot);
  }

  @Override
  public void close(Sandbox sandbox) {
    sandbox.close();
  }

  @Override
  public void failed(String what, Sandbox sandbox, Throwable failure) {
    String message = "a pool cannot %s %s".formatted(what, sandbox);
    // Loggers are the embedder's code, and may even close the pool, which waits for its caretakers.
    boolean _ = CourierThread.run(() -> LOGGER.log(System.Logger.Level.WARNING, message, failure));
  }
}
