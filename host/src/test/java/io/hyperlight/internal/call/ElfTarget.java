package io.hyperlight.internal.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.fuzz.Choices;
import io.hyperlight.fuzz.Edits;
import io.hyperlight.fuzz.FuzzTarget;
import io.hyperlight.internal.abi.FunctionEntry;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.linux.Settings;
import io.hyperlight.internal.loader.ElfFile;
import io.hyperlight.internal.loader.ElfImage;
import io.hyperlight.internal.loader.ElfSegment;
import io.hyperlight.internal.loader.GuestFormatException;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.loader.Invocation;
import io.hyperlight.internal.loader.SmallElf;
import io.hyperlight.internal.loader.Spoilt;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.memory.MemorySource;
import io.hyperlight.testing.Descriptors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Program files: guests, whole programs and their interpreters. Each is what it promises to be, and
 * can be loaded or does not fit, or it is refused in one line. None is run.
 */
public final class ElfTarget implements FuzzTarget {
  private static final long MEMORY = 4 << 20;
  private static final long STACK = 1 << 16;
  private static final long INTERPRETER_BASE = 0x7000_0000;

  private static final List<SmallElf> SMALL =
      List.of(
          SmallElf.guest(),
          SmallElf.relocatableGuest(),
          SmallElf.program(),
          SmallElf.interpreter());

  private final byte[] compiled = Spoilt.guest().toByteArray();
  private final List<Integer> compiledFields = fieldsOf(Spoilt.guest());
  private final Map<String, Integer> held;

  public ElfTarget() {
    load(new GuestProgram(SmallElf.guest().bytes()), new byte[0]);
    held = Descriptors.ofKvm();
  }

  /** Headers, dynamic section, note and table. */
  private static List<Integer> fieldsOf(ElfImage image) {
    List<Integer> fields = new ArrayList<>(SMALL.getFirst().fields());
    for (int i = 0; i < image.programHeaderCount(); i++) {
      addFields(fields, image.programHeader(i), ElfImage.PROGRAM_HEADER_SIZE);
    }
    addFields(fields, image.abiNote() - 24, 64);
    addFields(fields, image.dynamicEntry(ElfImage.DT_RELA) - 64, 160);
    addFields(fields, image.offsetOf(image.getLong(image.dynamicEntry(ElfImage.DT_RELA) + 8)), 96);
    addFields(fields, image.function("add"), FunctionEntry.SIZE);
    addFields(fields, image.getLong(ElfImage.E_SHOFF), 8 * 64);
    return List.copyOf(fields);
  }

  private static void addFields(List<Integer> fields, long start, int size) {
    for (int at = 0; at < size; at += 4) {
      fields.add((int) start + at);
    }
  }

  @Override
  public void tryInput(byte[] input) {
    Choices choices = new Choices(input);
    boolean load = choices.oneIn(4);
    int kind = choices.below(8);
    byte[] interpreter = SmallElf.interpreter().bytes();
    byte[] file =
        switch (kind) {
          case 0 -> choices.rest();
          case 1, 2 -> Edits.of(compiled, compiledFields, choices);
          case 3 -> {
            SmallElf sound = SmallElf.interpreter();
            interpreter = Edits.of(sound.bytes(), sound.fields(), choices);
            yield SmallElf.program().bytes();
          }
          default -> {
            SmallElf sound = SMALL.get(kind - 4);
            yield Edits.of(sound.bytes(), sound.fields(), choices);
          }
        };
    tryFile(file, interpreter, load);
  }

  private static void tryFile(byte[] file, byte[] interpreter, boolean load) {
    try {
      assertKeepsItsWord(ElfFile.interpreter(file.clone(), INTERPRETER_BASE), file.length);
    } catch (GuestFormatException e) {
      assertInOneLine(e);
    }
    try {
      assertKeepsItsWord(ElfFile.program(file.clone()), file.length);
      GuestProgram program = GuestProgram.whole(file.clone());
      if (load) {
        load(program, interpreter);
      }
    } catch (GuestFormatException e) {
      assertInOneLine(e);
    }
    try {
      assertKeepsItsWord(ElfFile.guest(file.clone()), file.length);
      GuestProgram program = new GuestProgram(file.clone());
      for (ElfSegment segment : program.segments()) {
        assertThat(program.symbolAt(segment.address() + 1)).isNotNull();
      }
      assertThat(program.symbolAt(program.entry())).isNotNull();
      // Others would run code.
      if (load && program.initialiser() == null && !program.startsItself()) {
        load(program, interpreter);
      }
    } catch (GuestFormatException e) {
      assertInOneLine(e);
    }
  }

  private static void assertInOneLine(GuestFormatException e) {
    assertThat(e.getMessage()).isNotBlank().matches("[^\\p{Cntrl}]*");
  }

  private static void assertKeepsItsWord(ElfFile elf, int fileSize) {
    long end = 0;
    long contents = 0;
    for (ElfSegment segment : elf.segments()) {
      assertThat(segment.pageStart()).isGreaterThanOrEqualTo(end);
      end = segment.pageEnd();
      assertThat(segment.sizeBytes()).isPositive();
      assertThat(segment.contents().size()).isBetween(0, fileSize);
      assertThat((long) segment.contents().size()).isLessThanOrEqualTo(segment.sizeBytes());
      contents += segment.contents().size();
    }
    assertThat(end).isLessThanOrEqualTo(AddressSpace.USER_END + 4096);
    assertThat(contents).isLessThanOrEqualTo(fileSize);
    assertThat(elf.segments())
        .anyMatch(segment ->
            segment.contains(elf.entry()) && segment.protection() == Protection.READ_EXECUTE);
  }

  private static void load(GuestProgram program, byte[] interpreter) {
    List<@Nullable HostBinding> bindings =
        Collections.nCopies(program.importsByNumber().size(), null);
    MemorySource files = MemorySource.empty(1 << 20).with(SmallElf.INTERPRETER_PATH, interpreter);
    InstanceConfiguration configuration =
        new InstanceConfiguration(
            program,
            MEMORY,
            STACK,
            Invocation.OF_GUEST,
            new Embedding(
                bindings,
                new Silence(),
                Settings.DEFAULT.withMounts(List.of(new Mount("/", files)))),
            outcome -> new IllegalStateException(outcome.toString()));
    try {
      Instance.create(HostPlatform.get(), configuration).close();
    } catch (GuestMemoryExhaustedException e) {
      assertThat(e.wantedBytes()).isGreaterThan(e.freeBytes());
    }
  }

  /** Nobody runs, so nobody prints. */
  private static final class Silence implements GuestOutput {
    @Override
    public void print(byte[] bytes, boolean error) {
      throw new AssertionError("printed without having run");
    }

    @Override
    public void log(int level, String message) {
      throw new AssertionError("logged without having run");
    }
  }

  @Override
  public void checkNothingIsLeft() {
    assertThat(Descriptors.ofKvm()).isEqualTo(held);
  }

  @Override
  public void close() {
    // Everything was closed at once.
  }
}
