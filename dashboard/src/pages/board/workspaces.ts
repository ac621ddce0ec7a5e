// Workspaces that are known from runs and cards; the host has no list of them.
import { get } from '../../api/client';
import type { Card } from '../../api/types';

export interface Workspace {
  id: string;
  name: string;
}

/** Workspaces with the same name are shown with the end of their id. */
export function named(pairs: Iterable<[string, string]>): Workspace[] {
  const seen = new Map(pairs);
  const names = [...seen.values()];
  return [...seen]
    .map(([id, name]) => ({ id, name: names.filter((other) => other === name).length > 1 ? `${name} (${id.slice(-6)})` : name }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

export const ofCards = (cards: Card[]): [string, string][] => cards.map((card) => [card.workspace, card.workspace_name]);

export async function knownWorkspaces(cards: Card[] | null = null): Promise<Workspace[]> {
  const [runs, listed] = await Promise.all([get('/api/runs', { query: { limit: 200 } }), cards ?? get('/api/cards', { query: { limit: 200 } })]);
  return named([...runs.map((run): [string, string] => [run.workspace, run.workspace_name]), ...ofCards(listed)]);
}
