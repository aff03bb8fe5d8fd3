package io.hyperlight;

import io.hyperlight.error.SandboxInUseException;
import org.jspecify.annotations.Nullable;

/** Makes and cleans the programs of a pool. */
final class ServerKeeper extends PoolKeeper<ProgramServer> {
  private final ProgramSnapshot snapshot;

  ServerKeeper(ProgramSnapshot snapshot) {
    this.snapshot = snapshot;
  }

  @Override
  public ProgramServer create() {
    return snapshot.spawn();
  }

  @Override
  public void revoke(ProgramServer server) {
    server.refuseCalls();
  }

  @Override
  public @Nullable ProgramServer reclaim(ProgramServer server) {
    try {
      return server.detach();
    } catch (SandboxInUseException e) {
      server.refuseCalls();
      return null;
    }
  }

  @Override
  public void clean(ProgramServer server) {
    server.restore(snapshot);
  }

  @Override
  public void close(ProgramServer server) {
    server.close();
  }
}
