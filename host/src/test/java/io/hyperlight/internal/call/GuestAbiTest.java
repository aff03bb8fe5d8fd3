package io.hyperlight.internal.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.abi.Signature;
import io.hyperlight.internal.abi.ValueType;
import io.hyperlight.internal.loader.FunctionTable;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every number of the guest ABI that Java repeats, against the guest library's header. */
@NotInHardwareLane("Asks the C compiler; no VM takes part.")
class GuestAbiTest {
  @Test
  void systemCallsHaveTheHeadersNumbers() {
    assertEqualInC(
        Map.of(
            "HL_CALL_HOST", (long) Hypercalls.CALL_HOST,
            "HL_CALL_GIVE_UP", (long) Hypercalls.CALL_GIVE_UP,
            "HL_CALL_ABORT", (long) Hypercalls.CALL_ABORT,
            "HL_CALL_LOG", (long) Hypercalls.CALL_LOG,
            "HL_CALL_GROW_WINDOW", (long) Hypercalls.CALL_GROW_WINDOW,
            "HL_CALL_READY", (long) Hypercalls.CALL_READY,
            "HL_ERROR + 1", (long) Hypercalls.LOG_LEVELS));
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
    expected.put("sizeof(struct hl_function)", (long) FunctionTable.ENTRY_SIZE);
    expected.put("offsetof(struct hl_function, kind)", (long) FunctionTable.KIND);
    expected.put("offsetof(struct hl_function, result)", (long) FunctionTable.RESULT);
    expected.put(
        "offsetof(struct hl_function, parameter_count)", (long) FunctionTable.PARAMETER_COUNT);
    expected.put("offsetof(struct hl_function, parameters)", (long) FunctionTable.PARAMETERS);
    expected.put("offsetof(struct hl_function, name)", (long) FunctionTable.NAME);
    expected.put("offsetof(struct hl_function, address)", (long) FunctionTable.ADDRESS);
    expected.put("HL_KIND_EXPORT", (long) FunctionTable.KIND_EXPORT);
    expected.put("HL_KIND_IMPORT", (long) FunctionTable.KIND_IMPORT);
    expected.put("HL_MAX_PARAMETERS", (long) Signature.MAX_PARAMETERS);
    expected.put("sizeof(((struct hl_function *)0)->parameters)", (long) Signature.MAX_PARAMETERS);
    expected.put("HL_ABI_VERSION", (long) GuestAbi.VERSION);
    assertEqualInC(expected);
  }

  @Test
  void theInformationBlockAndArgumentsOfHostCallsAreLaidOutAsInTheHeader() {
    Map<String, Long> expected = new LinkedHashMap<>();
    expected.put("sizeof(struct hl_information)", (long) LoadedProgram.INFORMATION_SIZE);
    expected.put("offsetof(struct hl_information, abi_version)", 0L);
    expected.put("offsetof(struct hl_information, frame)", 8L);
    expected.put("offsetof(struct hl_information, window)", 16L);
    expected.put("offsetof(struct hl_information, heap)", 24L);
    expected.put("sizeof(struct hl_value)", (long) HostBinding.ARGUMENT_SIZE);
    expected.put("offsetof(struct hl_value, first)", 0L);
    expected.put("offsetof(struct hl_value, second)", 8L);
    assertEqualInC(expected);
  }

  private static void assertEqualInC(Map<String, Long> expected) {
    assertThat(CProgram.evaluate("hyperlight.h", expected.keySet())).isEqualTo(expected);
  }
}
