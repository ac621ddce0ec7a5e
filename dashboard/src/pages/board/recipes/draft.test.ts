import { describe, expect, it } from 'vitest';
import type { Recipe } from '../../../api/types';
import { draftOf, read } from './draft';

const recipe: Recipe = { automation_level: 'auto_notify', on_fail: 'stay', enabled: true, steps: [{ skill_id: 'prd', retry_count: 1 }], gates: [{ id: 'prd', kind: 'file_exists' }] };

describe('draft of a recipe', () => {
  it('is read back as it was', () => {
    expect(read(draftOf(recipe))).toEqual({ recipe: { ...recipe, executor: undefined }, errors: [] });
    expect(read({ ...draftOf(recipe), executor: ' claude ', gates: '' }).recipe).toMatchObject({ executor: 'claude', gates: [] });
  });

  it('loses nothing', () => {
    const full: Recipe = {
      automation_level: 'human_approval', on_fail: 'revert', enabled: false, executor: 'claude',
      steps: [
        { skill_id: 'jury-ballot', retry_count: 2, inputs_mapping: { proposal: '$.artifacts.prd.md' }, jury: { quorum: 1, personas: [{ name: 'Ann', background: 'b', goals: ['g'], deal_breakers: ['d'] }] } },
        { skill_id: 'validation-report', retry_count: 0, inputs_mapping: { jury: '$.jury' }, executor: 'codex', timeout_s: 60, params: { deep: { list: [1, null] } } },
        { skill_id: 'tickets', retry_count: 1, outputs_mapping: { items: 'cards', score: 'metric:score' } },
        { skill_id: 'build-ticket', retry_count: 1, changes: true },
      ],
      gates: [{ id: 'jury', kind: 'jury_score', config: { threshold: 60 }, subject: 'card', name: 'Jury', failure_message: 'too low' }, { id: 'work', kind: 'artifact_exists', config: { kind: 'diff' }, subject: 'run' }],
    };
    expect(read(draftOf(full))).toEqual({ recipe: full, errors: [] });
    expect(read(draftOf({ ...full, later: 1 } as Recipe)).recipe).toEqual({ ...full, later: 1 });
  });

  it('says which text is wrong', () => {
    const { recipe: none, errors } = read({ ...draftOf(recipe), steps: '[{', gates: '{}' });
    expect(none).toBeNull();
    expect(errors).toEqual([expect.stringMatching(/^steps: /), 'gates: an array is expected']);
  });
});
