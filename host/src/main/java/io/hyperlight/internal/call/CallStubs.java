package io.hyperlight.internal.call;

import io.hyperlight.internal.abi.ArgumentPlacement;
import io.hyperlight.internal.abi.Signature;
import io.hyperlight.internal.abi.ValueType;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Generates the code that calls guest functions of one signature. The code is a static method with
 * exactly the function's Java types. It uses no arrays and no boxes. For {@code double f(int,
 * hl_string)} it is
 *
 * <pre>{@code
 * static double call(FunctionCall call, ExportedFunction function, int a, String b) {
 *   call.begin(function);
 *   try {
 *     call.putInteger(0x200, a);
 *     call.putString(0x208, 1, b);
 *     call.execute(function);
 *     return call.resultDouble();
 *   } finally {
 *     call.end();
 *   }
 * }
 * }</pre>
 *
 * <p>Where the stack is full, there may be no room for {@code end} either. Then the stub sets
 * {@code call.claim.user} to null instead.
 *
 * <p>Each stub is a hidden class of its own. Only its method handle refers to it, so the class is
 * unloaded with its program.
 */
public final class CallStubs {
  private static final ClassDesc CALL = ClassDesc.of(FunctionCall.class.getName());
  private static final ClassDesc CLAIM = ClassDesc.of(Claim.class.getName());
  private static final ClassDesc THREAD = ClassDesc.of(Thread.class.getName());
  private static final ClassDesc FUNCTION = ClassDesc.of(ExportedFunction.class.getName());
  private static final String METHOD = "call";

  private static final int MAX_RECENT = 256;

  /** Making a class costs more than everything else that Java does for a new sandbox. */
  private static final Map<Signature, MethodHandle> RECENT =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Signature, MethodHandle> eldest) {
          return size() > MAX_RECENT;
        }
      };

  private CallStubs() {}

  /**
   * Returns the stub, of type {@code (FunctionCall, ExportedFunction, parameters...)result}. All
   * guests share one stub, as long as the signature is among the most recent ones.
   */
  public static MethodHandle of(Signature signature) {
    synchronized (RECENT) {
      return RECENT.computeIfAbsent(signature, CallStubs::generate);
    }
  }

  private static MethodHandle generate(Signature signature) {
    MethodType type =
        signature.methodType().insertParameterTypes(0, FunctionCall.class, ExportedFunction.class);
    byte[] bytes =
        ClassFile.of()
            .build(
                ClassDesc.of(CallStubs.class.getPackageName(), "CallStub"),
                builder ->
                    builder
                        .withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                        .withMethodBody(
                            METHOD,
                            type.describeConstable().orElseThrow(),
                            ClassFile.ACC_STATIC,
                            code -> emit(code, signature)));
    try {
      MethodHandles.Lookup stub = MethodHandles.lookup().defineHiddenClass(bytes, true);
      return stub.findStatic(stub.lookupClass(), METHOD, type);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void emit(CodeBuilder code, Signature signature) {
    invoke(code.aload(0).aload(1), "begin", ConstantDescs.CD_void, FUNCTION);
    code.trying(
        body -> emitCall(body, signature),
        handlers ->
            handlers.catchingAll(handler -> {
              int thrown = handler.allocateLocal(TypeKind.REFERENCE);
              handler.astore(thrown);
              emitEnd(handler);
              handler.aload(thrown).athrow();
            }));
  }

  /**
   * Releases the instance. If the stack has no room for {@code end}, a single store releases it,
   * which needs no room.
   */
  private static void emitEnd(CodeBuilder code) {
    code.trying(
        body -> invoke(body.aload(0), "end", ConstantDescs.CD_void),
        handlers ->
            handlers.catchingAll(handler ->
                handler
                    .pop()
                    .aload(0)
                    .getfield(CALL, "claim", CLAIM)
                    .aconst_null()
                    .putfield(CLAIM, "user", THREAD)));
  }

  private static void emitCall(CodeBuilder code, Signature signature) {
    List<ValueType> parameters = signature.parameters();
    int[] offsets = ArgumentPlacement.place(parameters);
    for (int i = 0; i < offsets.length; i++) {
      emitArgument(code, parameters.get(i), i, offsets[i]);
    }
    invoke(code.aload(0).aload(1), "execute", ConstantDescs.CD_void, FUNCTION);
    emitResult(code, signature.result());
    // The result stays on the operand stack while the instance is released.
    invoke(code.aload(0), "end", ConstantDescs.CD_void);
    code.return_(TypeKind.from(signature.result().javaType()));
  }

  private static void emitArgument(CodeBuilder code, ValueType type, int index, int offset) {
    int slot = code.parameterSlot(2 + index);
    TypeKind kind = TypeKind.from(type.javaType());
    code.aload(0).loadConstant(offset);
    switch (type) {
      case BOOL ->
          invoke(
              code.iload(slot),
              "putBoolean",
              ConstantDescs.CD_void,
              ConstantDescs.CD_int,
              ConstantDescs.CD_boolean);
      case INT8, INT16, INT32, INT64 -> {
        widen(code.loadLocal(kind, slot), kind);
        invoke(
            code, "putInteger", ConstantDescs.CD_void, ConstantDescs.CD_int, ConstantDescs.CD_long);
      }
      case UINT8, UINT16, UINT32, UINT64 -> {
        code.loadConstant(index);
        widen(code.loadLocal(kind, slot), kind);
        invoke(
            code.loadConstant(type.unsignedMaximum()),
            "putUnsigned",
            ConstantDescs.CD_void,
            ConstantDescs.CD_int,
            ConstantDescs.CD_int,
            ConstantDescs.CD_long,
            ConstantDescs.CD_long);
      }
      case FLOAT ->
          invoke(
              code.fload(slot),
              "putFloat",
              ConstantDescs.CD_void,
              ConstantDescs.CD_int,
              ConstantDescs.CD_float);
      case DOUBLE ->
          invoke(
              code.dload(slot),
              "putDouble",
              ConstantDescs.CD_void,
              ConstantDescs.CD_int,
              ConstantDescs.CD_double);
      case STRING, BYTES ->
          invoke(
              code.loadConstant(index).aload(slot),
              type == ValueType.STRING ? "putString" : "putBytes",
              ConstantDescs.CD_void,
              ConstantDescs.CD_int,
              ConstantDescs.CD_int,
              type.javaType().describeConstable().orElseThrow());
      case VOID -> throw new IllegalArgumentException("void parameter");
    }
  }

  private static void widen(CodeBuilder code, TypeKind kind) {
    if (kind != TypeKind.LONG) {
      code.i2l();
    }
  }

  private static void emitResult(CodeBuilder code, ValueType type) {
    if (type == ValueType.VOID) {
      return;
    }
    code.aload(0);
    switch (type) {
      case BOOL -> invoke(code, "resultBoolean", ConstantDescs.CD_boolean);
      case INT8 -> resultInteger(code).l2i().i2b();
      case INT16 -> resultInteger(code).l2i().i2s();
      case INT32 -> resultInteger(code).l2i();
      case INT64 -> resultInteger(code);
      case UINT8, UINT16 ->
          resultInteger(code).l2i().loadConstant((int) type.unsignedMaximum()).iand();
      case UINT32 -> resultInteger(code).loadConstant(type.unsignedMaximum()).land();
      case UINT64 -> invoke(code, "resultUnsigned64", ConstantDescs.CD_long);
      case FLOAT -> invoke(code, "resultFloat", ConstantDescs.CD_float);
      case DOUBLE -> invoke(code, "resultDouble", ConstantDescs.CD_double);
      case STRING -> invoke(code, "resultString", ConstantDescs.CD_String);
      case BYTES -> invoke(code, "resultBytes", ConstantDescs.CD_byte.arrayType());
      case VOID -> throw new IllegalStateException();
    }
  }

  private static CodeBuilder resultInteger(CodeBuilder code) {
    return invoke(code, "resultInteger", ConstantDescs.CD_long);
  }

  private static CodeBuilder invoke(
      CodeBuilder code, String method, ClassDesc result, ClassDesc... parameters) {
    return code.invokevirtual(CALL, method, MethodTypeDesc.of(result, parameters));
  }
}
