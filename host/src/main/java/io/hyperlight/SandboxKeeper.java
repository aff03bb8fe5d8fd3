package io.hyperlight;

import io.hyperlight.error.SandboxInUseException;
import org.jspecify.annotations.Nullable;

/** Makes and cleans the sandboxes of a pool. */
final class SandboxKeeper extends PoolKeeper<Sandbox> {
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
}
