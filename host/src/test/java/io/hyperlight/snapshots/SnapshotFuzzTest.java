package io.hyperlight.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.SnapshotFile;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Seeds;
import io.hyperlight.testing.SnapshotGuest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tries files with any contents and a correct digest. Each is either refused, or is a sandbox in
 * which a call ends normally. A file that is accepted is saved again with exactly the same bytes.
 */
@NotInHardwareLane("What a loaded guest can do, the hostile guests show there.")
@Tag("slow")
class SnapshotFuzzTest {
  private static final int MUTATIONS = Integer.getInteger("hyperlight.test.snapshotMutations", 60);

  /** One of this number of accepted files is saved, since saving waits for the disk. */
  private static final int SAVED = 10;

  private static final int RACES = Integer.getInteger("hyperlight.test.snapshotRaces", 30);

  private static final long[] HOSTILE = {
    0,
    1,
    -1,
    2,
    4096,
    -4096,
    0x1_0000,
    0x1_1000,
    Short.MAX_VALUE,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xffff_ffffL,
    1L << 32,
    1L << 47,
    (1L << 47) - 0x1000,
    0xffff_8000_0000_0000L,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  @TempDir private Path folder;

  private byte[] sound = new byte[0];
  private Map<String, Integer> held = Map.of();
  private int taken;
  private int refused;

  static LongStream seeds() {
    return Seeds.all();
  }

  @BeforeEach
  void save() throws IOException {
    Path file = folder.resolve("sound.snap");
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(SnapshotGuest.PROGRAM))
            .hostFunction("next_number", () -> 1)
            .build()) {
      sandbox.call("allocate", boolean.class, 100_000L);
      sandbox.call("touch", void.class, 8);
      try (Snapshot snapshot = sandbox.snapshot()) {
        snapshot.save(file);
      }
    }
    sound = Files.readAllBytes(file);
    tryFile(new SnapshotBytes(sound));
    assertThat(taken).isEqualTo(1);
    held = resources();
  }

  /** Returns the VMs, images and files that this process has open. */
  private static Map<String, Integer> resources() {
    Map<String, Integer> resources = Descriptors.of("kvm");
    resources.putAll(Descriptors.of("snap"));
    return resources;
  }

  @AfterEach
  void nothingIsLeftOpen() {
    assertThat(resources()).isEqualTo(held);
  }

  private void tryFile(SnapshotBytes bytes) {
    Path file = bytes.seal().writeTo(folder.resolve("mutated.snap"));
    try (Snapshot loaded = Snapshot.load(file)) {
      taken++;
      if (taken % SAVED == 0) {
        Path again = folder.resolve("again.snap");
        loaded.save(again);
        assertSameButForTheVersion(Files.readAllBytes(again), bytes);
      }
      call(loaded);
      assertThat(SnapshotFile.inspect(file).intact()).isTrue();
    } catch (InvalidSnapshotException e) {
      assertThat(e.getMessage()).isNotBlank().doesNotContain("\n", "\u001b");
      refused++;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The version is that of the saving library, whatever the file said. */
  private static void assertSameButForTheVersion(byte[] again, SnapshotBytes bytes) {
    SnapshotBytes saved = new SnapshotBytes(again);
    int size = saved.getInt(SnapshotBytes.VERSION_SIZE);
    if (bytes.getInt(SnapshotBytes.VERSION_SIZE) == size) {
      byte[] version =
          Arrays.copyOfRange(bytes.toByteArray(), saved.version(), saved.version() + size);
      assertThat(saved.set(saved.version(), version).seal().toByteArray())
          .isEqualTo(bytes.toByteArray());
    }
  }

  /** These functions have no loops, so they end whatever their data is. */
  private static void call(Snapshot loaded) {
    try (Sandbox sandbox = loaded.spawner().hostFunction("next_number", () -> 1).spawn()) {
      Object unused = sandbox.call("add", Object.class, 1, 2);
      unused = sandbox.call("host_number", Object.class);
      unused = sandbox.call("count", Object.class);
      unused = sandbox.call("length", Object.class, "a text");
      unused = sandbox.call("in_block", Object.class, 5000L);
    } catch (HyperlightException e) {
      assertThat(e)
          .isInstanceOfAny(
              GuestFaultException.class,
              GuestErrorException.class,
              GuestAbortException.class,
              GuestErrorException.class,
              InvalidCallException.class,
              InvalidCallException.class,
              InvalidGuestException.class,
              HostFunctionException.class);
    }
  }

  private void assertBothHappened() {
    assertThat(taken).as("taken").isGreaterThan(1);
    assertThat(refused).as("refused").isPositive();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void flippedBytesInTheStructureAreRefusedOrHarmless(long seed) {
    Random random = new Random(seed);
    int end = new SnapshotBytes(sound).program();
    for (int i = 0; i < MUTATIONS; i++) {
      SnapshotBytes file = new SnapshotBytes(sound);
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        int at = random.nextInt(8, end);
        file.setByte(at, file.get(at) ^ 1 << random.nextInt(8));
      }
      tryFile(file);
    }
    assertBothHappened();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void changedPagesAreTheGuestsOwnAffair(long seed) {
    Random random = new Random(seed);
    int taken = this.taken;
    for (int i = 0; i < MUTATIONS; i++) {
      SnapshotBytes file = new SnapshotBytes(sound);
      for (int flips = 1 + random.nextInt(50); flips > 0; flips--) {
        int at = random.nextInt(file.page(0), file.digest()) & -8;
        // Never 0: a page that is all zeros is not in a file.
        file.setLong(at, HOSTILE[random.nextInt(HOSTILE.length)] + random.nextInt(-8, 9) | 1);
      }
      tryFile(file);
    }
    assertThat(this.taken).isEqualTo(taken + MUTATIONS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void changedProgramsAreRefusedOrGuestsOfTheirOwn(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < MUTATIONS; i++) {
      SnapshotBytes file = new SnapshotBytes(sound);
      // Changes the headers of the program. Its code is a matter for the tests of hostile
      // guests.
      int at = file.program() + random.nextInt(0x200);
      file.setByte(at, random.nextInt());
      tryFile(file);
    }
    assertBothHappened();
  }

  @Test
  void everyFieldTakesEveryHostileValue() {
    for (int field : fields()) {
      for (long value : HOSTILE) {
        tryFile(new SnapshotBytes(sound).setInt(field, (int) value));
        tryFile(new SnapshotBytes(sound).setLong(field, value));
      }
    }
    assertBothHappened();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void severalFieldsTakeHostileValuesTogether(long seed) {
    Random random = new Random(seed);
    List<Integer> fields = fields();
    for (int i = 0; i < MUTATIONS; i++) {
      SnapshotBytes file = new SnapshotBytes(sound);
      for (int count = 1 + random.nextInt(4); count > 0; count--) {
        int field = fields.get(random.nextInt(fields.size()));
        long value = HOSTILE[random.nextInt(HOSTILE.length)];
        switch (random.nextInt(3)) {
          case 0 -> file.setLong(field, value);
          case 1 -> file.setLong(field, file.getLong(field) + value);
          default -> file.setInt(field, file.getInt(field) + (int) value);
        }
      }
      tryFile(file);
    }
  }

  /** Returns the fields of the header after the magic number, and of the tables. */
  private List<Integer> fields() {
    SnapshotBytes file = new SnapshotBytes(sound);
    List<Integer> fields = new ArrayList<>();
    for (int at = 8; at <= SnapshotBytes.HEADER_SIZE - 8; at += 4) {
      fields.add(at);
    }
    for (int at = file.mapping(0); at < file.program(); at += 8) {
      fields.add(at);
    }
    return fields;
  }

  @Test
  void aFileThatChangesWhileItIsLoadedIsRefusedOrOneOfTheTwo() throws Exception {
    Path file = new SnapshotBytes(sound).writeTo(folder.resolve("changing.snap"));
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer = new Thread(() -> keepChanging(file, stop));
    writer.start();
    try {
      for (int i = 0; i < RACES; i++) {
        try (Snapshot loaded = Snapshot.load(file);
            Sandbox sandbox = loaded.spawner().hostFunction("next_number", () -> 1).spawn()) {
          assertThat(sandbox.<Integer>call("count", int.class)).isEqualTo(41);
          taken++;
        } catch (InvalidSnapshotException e) {
          refused++;
        }
      }
    } finally {
      stop.set(true);
      writer.join();
    }
    assertThat(taken + refused).isEqualTo(RACES + 1);
  }

  /** Truncates the file, restores it, and spoils bytes of it, all in place. */
  private void keepChanging(Path file, AtomicBoolean stop) {
    Random random = new Random(32);
    try {
      while (!stop.get()) {
        try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
          int from = random.nextInt(sound.length);
          channel.truncate(from);
          channel.position(from);
          channel.write(ByteBuffer.wrap(sound, from, sound.length - from));
          channel.position(random.nextInt(SnapshotBytes.HEADER_SIZE, sound.length));
          channel.write(ByteBuffer.wrap(new byte[] {(byte) random.nextInt()}));
          channel.position(0);
          channel.write(ByteBuffer.wrap(sound));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
