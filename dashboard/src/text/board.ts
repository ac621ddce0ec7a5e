// The board as pure data: columns, moves, and what a move will lead to.
import type { AutomationLevel, AutomationMode, Card, CardChanged, OnFail, Recipe, SettingsRecord, StageOverview } from '../api/types';
import { plural } from './format';

export const LEVELS: Record<AutomationLevel, { short: string; text: string }> = {
  fully_auto: { short: 'automatic', text: 'starts by itself and advances when its gates pass' },
  auto_notify: { short: 'starts itself', text: 'starts by itself, then waits for a review' },
  human_approval: { short: 'approval', text: 'a person starts it and reviews it' },
  manual: { short: 'manual', text: 'nothing starts by itself' },
};

export const ON_FAIL: Record<OnFail, string> = {
  stay: 'stay: the card is blocked in the stage',
  revert: 'revert: the card goes back one stage',
  create_questions: 'create questions: open questions become human tasks',
  review_required: 'review required: somebody else than the author decides',
};

export const MODES: Record<AutomationMode, string> = {
  manual: 'manual: nothing starts or moves by itself',
  auto_to_stage: 'automatic up to a stage',
  auto_all: 'automatic: as the recipes say',
};

export interface Column {
  stage: string;
  overview: StageOverview;
  cards: Card[];
}

export function matchesCard(card: Card, text: string): boolean {
  if (!text) return true;
  const all = `${card.title} ${card.summary} ${card.labels.join(' ')} ${card.assignee ?? ''}`.toLowerCase();
  const id = card.id.toLowerCase();
  // An id holds most short numbers somewhere: only its end, as it is shown, or all of it counts.
  return text.toLowerCase().split(/\s+/).every((word) => all.includes(word) || (word.length >= 6 && id.endsWith(word)));
}

/** The cards of each stage: by priority, then in the order in which they entered it, as the host lists them. */
export function columnsOf(stages: StageOverview[], cards: Card[], filter: { text?: string; done?: boolean } = {}): Column[] {
  const byStage = new Map<string, Card[]>(stages.map(({ stage }) => [stage, []]));
  for (const card of cards) {
    if (card.state === 'done' && !filter.done) continue;
    if (matchesCard(card, filter.text ?? '')) byStage.get(card.stage)?.push(card);
  }
  for (const list of byStage.values()) {
    list.sort((a, b) => b.priority - a.priority || (a.entered_at < b.entered_at ? -1 : a.entered_at > b.entered_at ? 1 : a.id < b.id ? -1 : 1));
  }
  return stages.map((overview) => ({ stage: overview.stage, overview, cards: byStage.get(overview.stage)! }));
}

/** The stage beside another one; null at the ends. */
export function neighbour(stages: string[], stage: string, by: 1 | -1): string | null {
  const at = stages.indexOf(stage);
  return at < 0 ? null : (stages[at + by] ?? null);
}

/** The card that the focus goes to: along a column, or to the same height of the next column that has cards. */
export function focusAfter(columns: Column[], id: string | null, dx: number, dy: number): Card | null {
  const x = columns.findIndex((column) => column.cards.some((card) => card.id === id));
  if (x < 0) return columns.find((column) => column.cards.length > 0)?.cards[0] ?? null;
  const y = columns[x]!.cards.findIndex((card) => card.id === id);
  if (dy !== 0) return columns[x]!.cards[Math.max(0, Math.min(columns[x]!.cards.length - 1, y + dy))]!;
  for (let next = x + dx; dx !== 0 && next >= 0 && next < columns.length; next += dx) {
    const { cards } = columns[next]!;
    if (cards.length > 0) return cards[Math.min(y, cards.length - 1)]!;
  }
  return columns[x]!.cards[y]!;
}

/** The stages that a card can be moved to, filtered by what is typed. */
export function moveTargets(stages: string[], current: string, typed: string): string[] {
  const text = typed.trim().toLowerCase();
  return stages.filter((stage) => stage !== current && stage.toLowerCase().includes(text));
}

/** A card as it is expected to be after a move, until the host tells. */
export function moved(card: Card, stage: string, now: number): Card {
  return { ...card, stage, state: 'idle', waits: null, note: '', gates: [], entered_at: new Date(now).toISOString() };
}

/** What an event of the host says about a card. An older version changes nothing. */
export function changedBy(card: Card, change: CardChanged): Card {
  if (change.version < card.version) return card;
  return { ...card, stage: change.stage, state: change.state, note: change.note, version: change.version };
}

export interface Effect {
  kind: 'starts' | 'waits' | 'nothing';
  text: string;
}

/** What follows when a person moves a card into a stage. The tables of docs/board.md are the rule. */
export function effectOf(stage: string, recipe: Recipe | null, settings: Pick<SettingsRecord, 'automation_mode' | 'automation_stop_stage'>, stages: string[], vetted: (skill: string) => boolean): Effect {
  const nothing = (why: string): Effect => ({ kind: 'nothing', text: `Nothing starts by itself: ${why}.` });
  if (!recipe || !recipe.enabled) return nothing(`${stage} has no recipe that is enabled`);
  if (recipe.steps.length === 0) return nothing(`the recipe of ${stage} has no steps`);
  if (recipe.automation_level === 'manual') return nothing(`the recipe of ${stage} is manual`);
  if (recipe.automation_level === 'human_approval') return { kind: 'waits', text: `The recipe of ${stage} waits for a person who starts it.` };
  if (settings.automation_mode === 'manual') return nothing('the workspace is in the mode manual');
  const stop = settings.automation_stop_stage ?? '';
  if (settings.automation_mode === 'auto_to_stage' && (!stages.includes(stop) || stages.indexOf(stage) > stages.indexOf(stop))) {
    return { kind: 'waits', text: `The recipe of ${stage} waits for a person: the stage is after the stop stage ${stop}.` };
  }
  const doubtful = recipe.steps.find((step) => !vetted(step.skill_id));
  if (recipe.automation_level === 'fully_auto' && doubtful) {
    return { kind: 'waits', text: `The recipe of ${stage} waits for a person: the skill ${doubtful.skill_id} is not vetted.` };
  }
  return { kind: 'starts', text: `The recipe of ${stage} starts by itself: ${plural(recipe.steps.length, 'step')}.` };
}

/** Whether a person can start the stage of a card. */
export const canStart = (card: Card): boolean => card.run === null && card.state !== 'done' && card.state !== 'queued';

export const canApprove = (card: Card): boolean => card.run === null && (card.waits === 'review' || card.waits === 'other_review');
