import { describe, expect, it } from 'vitest';
import type { Recipe } from '../../../api/types';
import { draftOf, read } from './draft';

const recipe: Recipe = { automation_level: 'auto_notify', on_fail: 'stay', enabled: true, steps: [{ skill_id: 'prd', retry_count: 1 }], gates: [{ id: 'prd', kind: 'file_exists' }] };

describe('draft of a recipe', () => {
  it('is read back as it was', () => {
    expect(read(draftOf(recipe))).toEqual({ recipe: { ...recipe, executor: undefined }, errors: [] });
    expect(read({ ...draftOf(recipe), executor: ' claude ', gates: '' }).recipe).toMatchObject({ executor: 'claude', gates: [] });
  });

  it('says which text is wrong', () => {
    const { recipe: none, errors } = read({ ...draftOf(recipe), steps: '[{', gates: '{}' });
    expect(none).toBeNull();
    expect(errors).toEqual([expect.stringMatching(/^steps: /), 'gates: an array is expected']);
  });
});
