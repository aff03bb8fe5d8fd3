package io.hyperlight.bench;

import com.dylibso.chicory.compiler.MachineFactoryCompiler;
import com.dylibso.chicory.runtime.ExportFunction;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.InterpreterMachine;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.WasmModule;
import java.util.function.Function;

/** Runs the functions as wasm in Chicory, either interpreted or compiled to JVM bytecode. */
final class ChicoryRival implements Rival {
  private static final byte[] FILE = RivalPrograms.wasm();

  /** Returns a factory for the machines of instances. It is made again for each module. */
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

  /** The JVM must first compile both the interpreter and the compiled code. */
  @Override
  public int warmUps() {
    return 12;
  }

  /** Starts from the bytes of the module. */
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

  /** Makes instances of a module that was parsed and compiled once. */
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
