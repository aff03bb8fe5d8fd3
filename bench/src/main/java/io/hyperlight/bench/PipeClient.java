package io.hyperlight.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** A process with pipes to and from it. A request has 12 bytes, and a result has 4. */
final class PipeClient implements AutoCloseable {
  private static final int REQUEST_BYTES = 3 * Integer.BYTES;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private final Process process;
  private final OutputStream requests;
  private final InputStream results;
  private final byte[] request = new byte[REQUEST_BYTES];
  private final byte[] result = new byte[Integer.BYTES];

  private PipeClient(Process process) {
    this.process = process;
    this.requests = process.getOutputStream();
    this.results = process.getInputStream();
  }

  static PipeClient start(Path program) throws IOException {
    return new PipeClient(new ProcessBuilder(program.toString()).start());
  }

  int add(int a, int b) throws IOException {
    return call(0, a, b);
  }

  int fib(int n) throws IOException {
    return call(1, n, 0);
  }

  private int call(int function, int a, int b) throws IOException {
    INT.set(request, 0, function);
    INT.set(request, Integer.BYTES, a);
    INT.set(request, 2 * Integer.BYTES, b);
    requests.write(request);
    requests.flush();
    if (results.readNBytes(result, 0, result.length) < result.length) {
      throw new IOException("the process has ended");
    }
    return (int) INT.get(result, 0);
  }

  /** Ends the process and waits for its end. */
  @Override
  public void close() throws IOException {
    requests.close();
    try {
      if (process.waitFor() != 0) {
        throw new IOException("the process failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    } finally {
      results.close();
    }
  }
}
