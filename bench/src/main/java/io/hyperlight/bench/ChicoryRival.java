package io.hyperlight.bench;

import com.dylibso.chicory.compiler.MachineFactoryCompiler;
import com.dylibso.chicory.runtime.ExportFunction;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.InterpreterMachine;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.WasmModule;
import java.util.function.Function;

/** The same C as wasm in Chicory, interpreted or compiled to bytecode of the JVM while it runs. */
final class ChicoryRival implements Rival {
  private static final byte[] FILE = RivalPrograms.wasm();

  /** What makes the machine of an instance, which is compiled anew for each module. */
  @FunctionalInterface
  private interface Mode {
    Function<Instance, Machine> machines(WasmModule module);
  }

  private final String title;
  private final Mode mode;
  private final WasmModule module = Parser.parse(FILE);
  private final Function<Instance, Machine> machines;
  private final ExportFunction add;
  private final ExportFunction fib;

  private ChicoryRival(String title, Mode mode) {
    this.title = title;
    this.mode = mode;
    this.machines = mode.machines(module);
    Instance instance = instance(module, machines);
    this.add = instance.export("add");
    this.fib = instance.export("fib");
  }

  static Rival interpreted() {
    return new ChicoryRival("Chicory, interpreter", _ -> InterpreterMachine::new);
  }

  static Rival compiled() {
    return new ChicoryRival("Chicory, compiler", MachineFactoryCompiler::compile);
  }

  @Override
  public String title() {
    return title;
  }

  /** Interpreter and compiled code are both compiled by the JVM, which has never seen them. */
  @Override
  public int warmUps() {
    return 12;
  }

  /** From the bytes of the module. */
  @Override
  public Sampler first() {
    return Timed.each(() -> {
      WasmModule parsed = Parser.parse(FILE);
      check(instance(parsed, mode.machines(parsed)).export("add"));
    });
  }

  @Override
  public Sampler call() {
    return Timed.inBatches(rounds -> {
      for (int i = 0; i < rounds; i++) {
        Calls.check((int) add.apply(i, 1)[0] == i + 1);
      }
    });
  }

  /** Parsed and compiled once. */
  @Override
  public Sampler fresh() {
    return Timed.each(() -> check(instance(module, machines).export("add")));
  }

  @Override
  public Sampler compute() {
    return Timed.each(() -> Calls.check((int) fib.apply(N)[0] == FIB_OF_N));
  }

  private static void check(ExportFunction function) {
    Calls.check((int) function.apply(1, 2)[0] == 3);
  }

  private static Instance instance(WasmModule module, Function<Instance, Machine> machines) {
    return Instance.builder(module).withMachineFactory(machines).build();
  }
}
