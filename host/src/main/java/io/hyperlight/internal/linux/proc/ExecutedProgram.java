package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.restore.Restorable;
import io.hyperlight.internal.vfs.FileContent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The program that a process executes: what it is called, its file, its auxiliary vector. */
public final class ExecutedProgram implements Restorable<ProcessState> {
  private static final int AUXILIARY_SIZE = 16;
  private static final int MAX_AUXILIARY = 64;

  private final ProgramIdentity identity;
  private final GuestMemory memory;
  private @Nullable FileContent file;
  private long sizeBytes;

  /** Where its auxiliary vector is; 0 if it has none. */
  private long auxiliary;

  public ExecutedProgram(ProgramIdentity identity, GuestMemory memory) {
    this.identity = identity;
    this.memory = memory;
  }

  public ProgramIdentity identity() {
    return identity;
  }

  /**
   * Says what its file has.
   *
   * @param content to be closed by nobody
   */
  public void setFile(FileContent content) {
    file = content;
    sizeBytes = content.status().size();
  }

  /** What its file has, whatever lies at its path. */
  public FileContent file() {
    return Objects.requireNonNull(file);
  }

  /** How many bytes its file has. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** Where its auxiliary vector is; 0 if it has none. */
  public long auxiliary() {
    return auxiliary;
  }

  public void setAuxiliary(long address) {
    auxiliary = address;
  }

  /** The auxiliary vector as the program has it now, with one character a byte. */
  public String auxiliaryVector() {
    StringBuilder vector = new StringBuilder();
    for (int pair = 0; pair < MAX_AUXILIARY && auxiliary != 0; pair++) {
      try {
        byte[] bytes = memory.read(auxiliary + (long) AUXILIARY_SIZE * pair, AUXILIARY_SIZE);
        vector.append(new String(bytes, StandardCharsets.ISO_8859_1));
        if (ByteBuffer.wrap(bytes).getLong() == 0) {
          break;
        }
      } catch (GuestAddressException e) {
        break; // the program has unmapped it
      }
    }
    return vector.toString();
  }

  /** Of the vector itself, its memory goes back. */
  @Override
  public void restore(ProcessState earlier) {
    auxiliary = earlier.auxiliary();
  }
}
