package io.hyperlight.internal.abi;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Compares every number of the guest ABI that Java repeats with the guest library's header and the
 * Rust crate.
 */
@NotInHardwareLane("Asks the C compiler; no VM takes part.")
class GuestAbiTest {
  private static final Path RUST = Path.of("../guest/rust/src");

  @Test
  void systemCallsHaveTheHeadersNumbers() {
    assertEqualInC(
        Map.of(
            "HL_CALL_DONE", (long) Hypercall.DONE,
            "HL_CALL_REST", (long) Hypercall.REST,
            "HL_CALL_HOST", (long) Hypercall.HOST,
            "HL_CALL_GIVE_UP", (long) Hypercall.GIVE_UP,
            "HL_CALL_ABORT", (long) Hypercall.ABORT,
            "HL_CALL_LOG", (long) Hypercall.LOG,
            "HL_CALL_GROW_WINDOW", (long) Hypercall.GROW_WINDOW,
            "HL_CALL_READY", (long) Hypercall.READY,
            "HL_ERROR + 1", (long) Hypercall.LOG_LEVELS));
  }

  @Test
  void valueTypesHaveTheHeadersCodes() {
    Map<String, ValueType> types = new LinkedHashMap<>();
    for (ValueType type : ValueType.values()) {
      types.put("HL_" + type.name(), type);
      types.put("HL_TYPE_CODE(%s)".formatted(type.cName()), type);
    }
    CProgram.evaluate("hyperlight.h", types.keySet())
        .forEach((expression, code) ->
            assertThat(ValueType.ofCode(code.intValue()))
                .as(expression)
                .isEqualTo(types.get(expression)));
  }

  @Test
  void anEntryOfTheFunctionTableIsLaidOutAsInTheHeader() {
    Map<String, Long> expected = new LinkedHashMap<>();
    expected.put("sizeof(struct hl_function)", (long) FunctionEntry.SIZE);
    expected.put("offsetof(struct hl_function, kind)", (long) FunctionEntry.KIND);
    expected.put("offsetof(struct hl_function, result)", (long) FunctionEntry.RESULT);
    expected.put(
        "offsetof(struct hl_function, parameter_count)", (long) FunctionEntry.PARAMETER_COUNT);
    expected.put("offsetof(struct hl_function, parameters)", (long) FunctionEntry.PARAMETERS);
    expected.put("offsetof(struct hl_function, name)", (long) FunctionEntry.NAME);
    expected.put("offsetof(struct hl_function, address)", (long) FunctionEntry.ADDRESS);
    expected.put("HL_KIND_EXPORT", (long) FunctionEntry.EXPORT);
    expected.put("HL_KIND_IMPORT", (long) FunctionEntry.IMPORT);
    expected.put("HL_MAX_PARAMETERS", (long) Signature.MAX_PARAMETERS);
    expected.put("sizeof(((struct hl_function *)0)->parameters)", (long) Signature.MAX_PARAMETERS);
    expected.put("HL_ABI_VERSION", (long) GuestAbi.VERSION);
    assertEqualInC(expected);
  }

  @Test
  void theInformationBlockAndArgumentsOfHostCallsAreLaidOutAsInTheHeader() {
    Map<String, Long> expected = new LinkedHashMap<>();
    expected.put("sizeof(struct hl_information)", (long) InformationBlock.SIZE);
    expected.put(
        "offsetof(struct hl_information, abi_version)", (long) InformationBlock.ABI_VERSION);
    expected.put("offsetof(struct hl_information, frame)", (long) InformationBlock.FRAME);
    expected.put("offsetof(struct hl_information, window)", (long) InformationBlock.WINDOW);
    expected.put("offsetof(struct hl_information, heap)", (long) InformationBlock.HEAP);
    expected.put(
        "offsetof(struct hl_information, host_call)", (long) InformationBlock.HOST_CALL_ROUTINE);
    expected.put("HL_INFORMATION", InformationBlock.ADDRESS);
    expected.put("sizeof(struct hl_value)", (long) HostArgument.SIZE);
    expected.put("offsetof(struct hl_value, first)", (long) HostArgument.FIRST);
    expected.put("offsetof(struct hl_value, second)", (long) HostArgument.SECOND);
    assertEqualInC(expected);
  }

  @Test
  void theRustCrateHasTheSameNumbers() throws IOException {
    String abi = Files.readString(RUST.resolve("abi.rs"));
    assertThat(abi)
        .contains("const MAX_PARAMETERS: usize = %d;".formatted(Signature.MAX_PARAMETERS))
        .contains("Self::new(%d, name, result, parameters);".formatted(FunctionEntry.EXPORT))
        .contains("Self::new(%d, name, result, parameters)\n".formatted(FunctionEntry.IMPORT));
    Map<String, Integer> codes = new TreeMap<>();
    Matcher numbers =
        Pattern.compile("^(?:integer|number)!\\(\\s*(\\w+),\\s*(\\d+)", Pattern.MULTILINE)
            .matcher(abi);
    while (numbers.find()) {
      codes.put(numbers.group(1), Integer.valueOf(numbers.group(2)));
    }
    assertThat(codes)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("bool", ValueType.BOOL.code()),
                Map.entry("i8", ValueType.INT8.code()),
                Map.entry("i16", ValueType.INT16.code()),
                Map.entry("i32", ValueType.INT32.code()),
                Map.entry("i64", ValueType.INT64.code()),
                Map.entry("u8", ValueType.UINT8.code()),
                Map.entry("u16", ValueType.UINT16.code()),
                Map.entry("u32", ValueType.UINT32.code()),
                Map.entry("u64", ValueType.UINT64.code()),
                Map.entry("f32", ValueType.FLOAT.code()),
                Map.entry("f64", ValueType.DOUBLE.code())));
  }

  @Test
  void theRustCrateMakesTheSameHypercalls() throws IOException {
    Matcher constants =
        Pattern.compile("^const (\\w+): u64 = (0x484c_\\w+);$", Pattern.MULTILINE)
            .matcher(Files.readString(RUST.resolve("system.rs")));
    Map<String, Integer> numbers = new TreeMap<>();
    while (constants.find()) {
      numbers.put(constants.group(1), Integer.decode(constants.group(2).replace("_", "")));
    }
    assertThat(numbers)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "GIVE_UP", Hypercall.GIVE_UP,
                "ABORT", Hypercall.ABORT,
                "LOG", Hypercall.LOG,
                "READY", Hypercall.READY));
  }

  @Test
  void theNumbersOfHypercallsStandInThisPackageOnly() throws IOException {
    Path library = Path.of("src/main/java/io/hyperlight");
    List<Path> files;
    try (Stream<Path> paths = Files.walk(library)) {
      files = paths.filter(path -> path.toString().endsWith(".java")).toList();
    }
    List<String> withNumbers = new ArrayList<>();
    for (Path file : files) {
      if (Files.readString(file).toLowerCase(Locale.ROOT).contains("0x484c")) {
        withNumbers.add(library.relativize(file).toString());
      }
    }
    assertThat(withNumbers).containsExactly("internal/abi/Hypercall.java");
  }

  private static void assertEqualInC(Map<String, Long> expected) {
    assertThat(CProgram.evaluate("hyperlight.h", expected.keySet())).isEqualTo(expected);
  }
}
