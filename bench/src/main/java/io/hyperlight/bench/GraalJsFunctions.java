package io.hyperlight.bench;

import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;

/** Runs the functions as JavaScript in GraalJS, in this JVM. */
final class GraalJsFunctions implements Rival {
  private static final String LANGUAGE = "js";

  private final Engine engine = engine();
  private final Source source = source();
  private final Context context = context(engine);
  private final Value add;
  private final Value fib;

  GraalJsFunctions() {
    Value functions = context.eval(source);
    add = functions.getMember("add");
    fib = functions.getMember("fib");
  }

  /** Returns what runs the language: "Interpreted", or a name of the compiler. */
  @Override
  public String title() {
    return engine.getImplementationName();
  }

  /** Starts from the text of the source, with an engine of its own. */
  @Override
  public Sampler first() {
    return Timed.each(() -> {
      try (Engine own = engine();
          Context fresh = context(own)) {
        check(fresh.eval(source()).getMember("add"));
      }
    });
  }

  @Override
  public Sampler call() {
    return Timed.inBatches(rounds -> {
      for (int i = 0; i < rounds; i++) {
        Calls.check(add.execute(i, 1).asInt() == i + 1);
      }
    });
  }

  /** Uses the shared engine, which has parsed the source and keeps compiled code. */
  @Override
  public Sampler fresh() {
    return Timed.each(() -> {
      try (Context fresh = context(engine)) {
        check(fresh.eval(source).getMember("add"));
      }
    });
  }

  @Override
  public Sampler compute() {
    return Timed.each(() -> Calls.check(fib.execute(N).asInt() == FIB_OF_N));
  }

  @Override
  public void close() {
    context.close();
    engine.close();
  }

  private static void check(Value function) {
    Calls.check(function.execute(1, 2).asInt() == 3);
  }

  private static Source source() {
    return Source.create(LANGUAGE, RivalPrograms.javaScript());
  }

  /** The title says whether GraalJS only interprets, so the warning of each engine is off. */
  private static Engine engine() {
    return Engine.newBuilder(LANGUAGE).option("engine.WarnInterpreterOnly", "false").build();
  }

  private static Context context(Engine engine) {
    return Context.newBuilder(LANGUAGE).engine(engine).build();
  }
}
