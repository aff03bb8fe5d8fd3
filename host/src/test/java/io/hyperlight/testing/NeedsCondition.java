package io.hyperlight.testing;

import static org.junit.platform.commons.support.AnnotationSupport.findAnnotation;

import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Implements {@link Needs}. */
final class NeedsCondition implements ExecutionCondition {
  private static final boolean COMPLETE = Boolean.getBoolean("hyperlight.test.complete");

  private static final Map<Tool, Boolean> PRESENT = new EnumMap<>(Tool.class);

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return findAnnotation(context.getElement(), Needs.class)
        .map(needs -> decide(needs.value()))
        .orElseGet(() -> ConditionEvaluationResult.enabled("needs nothing"));
  }

  private static ConditionEvaluationResult decide(Tool[] tools) {
    for (Tool tool : tools) {
      if (!isPresent(tool)) {
        if (COMPLETE) {
          throw new IllegalStateException(tool.cure());
        }
        return ConditionEvaluationResult.disabled(tool.cure());
      }
    }
    return ConditionEvaluationResult.enabled("has what it needs");
  }

  private static synchronized boolean isPresent(Tool tool) {
    return PRESENT.computeIfAbsent(tool, Tool::isPresent);
  }
}
