// A recipe while it is edited: a few fields, and steps and gates as JSON text.
import type { AutomationLevel, OnFail, Recipe, RecipeInput } from '../../../api/types';

export interface Draft {
  automation_level: AutomationLevel;
  on_fail: OnFail;
  executor: string;
  enabled: boolean;
  steps: string;
  gates: string;
  /** Fields without a place in the form: they are sent as they were. */
  other: Record<string, unknown>;
}

export function draftOf(recipe: Recipe): Draft {
  const { automation_level, on_fail, executor, enabled, steps, gates, ...other } = recipe;
  return { automation_level, on_fail, executor: executor ?? '', enabled, steps: JSON.stringify(steps, null, 2), gates: JSON.stringify(gates, null, 2), other };
}

/** The recipe that is sent, or what is wrong with the text of a field. */
export function read(draft: Draft): { recipe: RecipeInput; errors: [] } | { recipe: null; errors: string[] } {
  const errors: string[] = [];
  const list = (name: 'steps' | 'gates'): unknown[] => {
    try {
      const value: unknown = JSON.parse(draft[name].trim() || '[]');
      if (Array.isArray(value)) return value;
      errors.push(`${name}: an array is expected`);
    } catch (error) {
      errors.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return [];
  };
  const steps = list('steps') as RecipeInput['steps'];
  const gates = list('gates') as RecipeInput['gates'];
  if (errors.length > 0) return { recipe: null, errors };
  const { automation_level, on_fail, enabled } = draft;
  return { recipe: { ...draft.other, automation_level, on_fail, enabled, executor: draft.executor.trim() || undefined, steps, gates }, errors: [] };
}
