package io.hyperlight.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Objects;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.jspecify.annotations.Nullable;

/** Assertions about exceptions that have a {@code kind()}. */
public final class Kinds {
  private Kinds() {}

  /** For {@code satisfies}: it is an exception of the type that has this kind, and of the kind. */
  public static Consumer<@Nullable Throwable> kind(Enum<?> kind) {
    return thrown -> {
      assertThat(thrown).isInstanceOf(exceptionWith(kind));
      assertThat(kindOf(Objects.requireNonNull(thrown))).isEqualTo(kind);
    };
  }

  /** As {@code assertThatExceptionOfType}, for one kind of an exception. */
  public static OfKind assertThatExceptionOfKind(Enum<?> kind) {
    return new OfKind(kind);
  }

  /** The code that should throw. */
  public record OfKind(Enum<?> kind) {
    public ThrowableAssertAlternative<? extends Throwable> isThrownBy(ThrowingCallable callable) {
      Throwable thrown = catchThrowable(callable);
      assertThat(thrown).satisfies(Kinds.kind(kind));
      return assertThatExceptionOfType(exceptionWith(kind))
          .isThrownBy(() -> {
            throw thrown;
          });
    }
  }

  private static Class<? extends Throwable> exceptionWith(Enum<?> kind) {
    return kind.getDeclaringClass().getDeclaringClass().asSubclass(Throwable.class);
  }

  private static Object kindOf(Throwable thrown) {
    try {
      return thrown.getClass().getMethod("kind").invoke(thrown);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("an exception without a kind: " + thrown, e);
    }
  }
}
