package io.hyperlight.internal.loader;

import static io.hyperlight.internal.loader.Spoilt.guest;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.abi.FunctionEntry;
import io.hyperlight.internal.call.Embedding;
import io.hyperlight.internal.call.GuestOutput;
import io.hyperlight.internal.call.HostBinding;
import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.call.InstanceConfiguration;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.linux.Settings;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Any bytes are either a program or cause a {@link GuestFormatException}, and nothing else. */
@NotInHardwareLane("No VM takes part.")
class ProgramFuzzTest {
  private static final int MUTATIONS = Integer.getInteger("hyperlight.test.elfMutations", 5_000);

  /** How many of the accepted programs are also loaded, for each test. */
  private static final int LOADS = Integer.getInteger("hyperlight.test.elfLoads", 50);

  private static final long MEMORY = 16 << 20;
  private static final long STACK = 1 << 18;

  private static final long[] HOSTILE = {
    0,
    1,
    -1,
    7,
    0xfff,
    0x1000,
    Short.MAX_VALUE,
    0xffff,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xffff_ffffL,
    1L << 32,
    1L << 47,
    (1L << 47) - 0x1000,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -0x1000
  };

  private int taken;
  private int refused;
  private int loaded;

  @ParameterizedTest
  @ValueSource(longs = {21, 22})
  void flippedBytesGiveAProgramOrARefusal(long seed) {
    Random random = new Random(seed);
    byte[] sound = guest().toByteArray();
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] file = sound.clone();
      for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
        // Most of the structure is at the start. The rest is code and symbols.
        int range = random.nextBoolean() ? 0x400 : file.length;
        file[random.nextInt(range)] = (byte) random.nextInt();
      }
      tryProgram(file, random);
    }
    assertBothHappened();
  }

  @Test
  void everyFieldTakesEveryHostileValue() {
    Random random = new Random(23);
    for (long field : fields()) {
      for (long value : HOSTILE) {
        tryProgram(guest().setLong(field, value).toByteArray(), random);
        tryProgram(guest().setInt(field, (int) value).toByteArray(), random);
        tryProgram(guest().setShort(field, (int) value).toByteArray(), random);
        tryProgram(guest().setByte(field, (int) value).toByteArray(), random);
      }
    }
    assertBothHappened();
  }

  @ParameterizedTest
  @ValueSource(longs = {24, 25})
  void severalFieldsTakeHostileValuesTogether(long seed) {
    Random random = new Random(seed);
    List<Long> fields = fields();
    for (int i = 0; i < MUTATIONS; i++) {
      ElfImage image = guest();
      for (int count = 1 + random.nextInt(4); count > 0; count--) {
        long value = HOSTILE[random.nextInt(HOSTILE.length)] + random.nextInt(-8, 9);
        image.setLong(fields.get(random.nextInt(fields.size())), value);
      }
      tryProgram(image.toByteArray(), random);
    }
    assertBothHappened();
  }

  /** Returns the offsets of everything that a parser looks at. */
  private static List<Long> fields() {
    ElfImage image = guest();
    List<Long> fields = new ArrayList<>();
    for (long at = 4; at < 64; at += 2) {
      fields.add(at);
    }
    for (int i = 0; i < image.programHeaderCount(); i++) {
      for (int field = 0; field < ElfImage.PROGRAM_HEADER_SIZE; field += 4) {
        fields.add(image.programHeader(i) + field);
      }
    }
    addRange(fields, image.abiNote() - 24, 64);
    addRange(fields, image.getLong(image.programHeader(ElfImage.PT_DYNAMIC, 0) + 8), 0x120);
    addRange(fields, image.offsetOf(image.getLong(image.dynamicEntry(ElfImage.DT_RELA) + 8)), 96);
    for (String name : List.of("add", "ask", "count")) {
      fields.add(image.function(name) + FunctionEntry.KIND);
      fields.add(image.function(name) + FunctionEntry.RESULT);
      fields.add(image.function(name) + FunctionEntry.PARAMETER_COUNT);
      fields.add(image.function(name) + FunctionEntry.PARAMETERS);
      fields.add(image.function(name) + FunctionEntry.NAME);
      fields.add(image.function(name) + FunctionEntry.ADDRESS);
    }
    return fields;
  }

  private static void addRange(List<Long> fields, long start, int size) {
    for (long at = start; at < start + size; at += 4) {
      fields.add(at);
    }
  }

  private void tryProgram(byte[] file, Random random) {
    try {
      GuestProgram program = new GuestProgram(file);
      // An accepted program has a layout or is refused one, and has names or none.
      assertThat(program.segments()).isNotEmpty();
      assertThat(program.symbolAt(program.segments().getFirst().address() + random.nextInt(8192)))
          .isNotNull();
      long start = program.segments().getFirst().address();
      long end = program.segments().getLast().end();
      taken++;
      GuestLayout layout = GuestLayout.of(start, end, STACK, 0, MEMORY, false);
      assertThat(layout.stack()).isGreaterThan(end);
      loadSome(program);
    } catch (GuestFormatException e) {
      assertThat(e.getMessage()).isNotBlank().doesNotContain("\n", "\u001b");
      refused++;
    }
  }

  /** Loads the first accepted programs into a machine, but runs none of them. */
  private void loadSome(GuestProgram program) {
    if (program.initialiser() != null || program.startsItself() || loaded == LOADS) {
      return;
    }
    loaded++;
    List<@Nullable HostBinding> bindings =
        Collections.nCopies(program.importsByNumber().size(), null);
    GuestOutput output =
        new GuestOutput() {
          @Override
          public void print(byte[] bytes, boolean error) {
            throw new AssertionError();
          }

          @Override
          public void log(int level, String message) {
            throw new AssertionError();
          }
        };
    InstanceConfiguration configuration =
        new InstanceConfiguration(
            program,
            MEMORY,
            STACK,
            Invocation.OF_GUEST,
            new Embedding(bindings, output, Settings.DEFAULT),
            outcome -> new IllegalStateException());
    try {
      Instance.create(HostPlatform.get(), configuration).close();
    } catch (GuestMemoryExhaustedException e) {
      assertThat(e.wantedBytes()).isGreaterThan(e.freeBytes());
    }
  }

  private void assertBothHappened() {
    assertThat(taken).isPositive();
    assertThat(refused).isPositive();
  }
}
