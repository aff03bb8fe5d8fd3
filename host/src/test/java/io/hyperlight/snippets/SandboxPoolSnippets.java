package io.hyperlight.snippets;

import io.hyperlight.Lease;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxPool;
import io.hyperlight.Snapshot;
import java.lang.invoke.MethodHandle;

/** The examples in the Javadoc of {@link SandboxPool}, which a test runs. */
public final class SandboxPoolSnippets {
  private SandboxPoolSnippets() {}

  public static String overview(Snapshot warm, String request) throws Throwable {
    // @start region="overview"
    try (SandboxPool pool = SandboxPool.builder(warm).size(8).build()) {
      String answer = pool.call("handle", String.class, request); // one call in a clean sandbox
      try (Lease<Sandbox> lease = pool.acquire()) { // or several
        MethodHandle count = lease.get().function("count");
        int first = (int) count.invokeExact();
        int second = (int) count.invokeExact();
        answer += ", " + first + ", " + second;
      }
      return answer;
    }
    // @end
  }
}
