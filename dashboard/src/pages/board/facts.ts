// What decides about the effect of a move: recipes, settings and trust, of one workspace. Kept for a moment.
import { get } from '../../api/client';
import type { Recipe, SettingsRecord } from '../../api/types';

export interface Facts {
  recipes: Map<string, Recipe>;
  settings: SettingsRecord;
  vetted: (skill: string) => boolean;
}

const FRESH_MS = 10_000;
const kept = new Map<string, { at: number; facts: Promise<Facts> }>();

export function factsOf(workspace: string): Promise<Facts> {
  const known = kept.get(workspace);
  if (known && Date.now() - known.at < FRESH_MS) return known.facts;
  const facts = Promise.all([
    get('/api/stage-recipes', { query: { workspace } }),
    get('/api/workspaces/{id}/settings', { params: { id: workspace } }),
    get('/api/skills'),
  ]).then(([recipes, settings, skills]) => {
    const trusted = new Set(skills.filter(({ trust }) => trust === 'vetted').map(({ id }) => id));
    return { recipes: new Map(recipes.map(({ stage, recipe }) => [stage, recipe])), settings, vetted: (skill: string) => trusted.has(skill) };
  });
  kept.set(workspace, { at: Date.now(), facts });
  facts.catch(() => kept.delete(workspace));
  return facts;
}
