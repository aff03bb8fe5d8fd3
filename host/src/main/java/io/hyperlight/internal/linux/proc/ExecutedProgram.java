package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.restore.Restorable;
import io.hyperlight.internal.vfs.FileContent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Describes the program that a process executes: its name, its file and its auxiliary vector. */
public final class ExecutedProgram implements Restorable<ProcessState> {
  private static final int AUXILIARY_SIZE = 16;
  private static final int MAX_AUXILIARY = 64;

  private final ProgramIdentity identity;
  private final GuestMemory memory;
  private @Nullable FileContent file;
  private long sizeBytes;

  /** The address of the auxiliary vector; 0 for none. */
  private long auxiliary;

  public ExecutedProgram(ProgramIdentity identity, GuestMemory memory) {
    this.identity = identity;
    this.memory = memory;
  }

  public ProgramIdentity identity() {
    return identity;
  }

  /**
   * Sets the contents of the program's file.
   *
   * @param content stays open: neither the caller nor this object closes it
   */
  public void setFile(FileContent content) {
    file = content;
    sizeBytes = content.status().size();
  }

  /** Returns the contents of the program's file, whatever lies at its path. */
  public FileContent file() {
    return Objects.requireNonNull(file);
  }

  /** Returns the size of the program's file in bytes. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** Returns the address of the auxiliary vector; 0 for none. */
  public long auxiliary() {
    return auxiliary;
  }

  public void setAuxiliary(long address) {
    auxiliary = address;
  }

  /** Returns the present auxiliary vector, with one character per byte. */
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
        break; // the program has unmapped the vector
      }
    }
    return vector.toString();
  }

  /** Restores the vector's address. The restore of the memory resets the vector itself. */
  @Override
  public void restore(ProcessState earlier) {
    auxiliary = earlier.auxiliary();
  }
}
