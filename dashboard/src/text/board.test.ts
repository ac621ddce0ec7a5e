import { describe, expect, it } from 'vitest';
import type { Card, Recipe, StageOverview, StageState } from '../api/types';
import { canApprove, canStart, changedBy, columnsOf, effectOf, focusAfter, matchesCard, moved, moveTargets, neighbour } from './board';
import { cardLook, trustLook } from './states';

const STAGES = ['inbox', 'prd', 'build'];
const overview: StageOverview[] = STAGES.map((stage) => ({ stage, cards: 0, active: 0, waiting: 0, blocked: 0, cost: 0 }));
const card = (id: string, more: Partial<Card> = {}): Card => ({
  id, workspace: 'w', workspace_name: 'w', workflow: 'product', stage: 'inbox', state: 'idle', title: `Card ${id}`, summary: '', labels: [], priority: 0, assignee: null, author: 'ann', slug: id, parent: null, ticket: null, gates: [],
  version: 1, entry: 1, entered_at: '2026-01-01T00:00:00Z', waits: null, note: '', run: null, cost: 0, open_human_tasks: 0, created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z', ...more,
});
const recipe = (more: Partial<Recipe> = {}): Recipe => ({ automation_level: 'auto_notify', on_fail: 'stay', enabled: true, gates: [], steps: [{ skill_id: 'prd', retry_count: 0 }], ...more });

describe('columnsOf', () => {
  it('groups by stage, orders by priority and entry, and hides what is done', () => {
    const cards = [card('b', { entered_at: '2026-01-02T00:00:00Z' }), card('a'), card('urgent', { priority: 5, entered_at: '2026-01-03T00:00:00Z' }), card('p', { stage: 'prd' }), card('d', { state: 'done' }), card('lost', { stage: 'gone' })];
    const ids = (done: boolean) => columnsOf(overview, cards, { done }).map((column) => column.cards.map(({ id }) => id));
    expect(ids(false)).toEqual([['urgent', 'a', 'b'], ['p'], []]);
    expect(ids(true)[0]).toEqual(['urgent', 'a', 'd', 'b']);
  });

  it('filters by every word, in title, summary and labels', () => {
    const one = card('01M8QWQ6225959NMNJ9TD2JSXYE', { title: 'Faster checkout', summary: 'Ann waits', labels: ['call'] });
    expect(['', 'ann fast', 'CALL', 'bob', '59', '2JSXYE'].map((text) => matchesCard(one, text))).toEqual([true, true, true, false, false, true]);
  });
});

describe('focusAfter', () => {
  const columns = columnsOf(overview, [card('1'), card('2'), card('3'), card('b1', { stage: 'build' })]);
  const after = (id: string | null, dx: number, dy: number) => focusAfter(columns, id, dx, dy)?.id;

  it('moves along a column and passes empty columns', () => {
    expect([after(null, 0, 1), after('1', 0, 1), after('3', 0, 1), after('1', 0, -1)]).toEqual(['1', '2', '3', '1']);
    expect([after('3', 1, 0), after('b1', -1, 0), after('b1', 1, 0)]).toEqual(['b1', '1', 'b1']);
    expect(focusAfter(columnsOf(overview, []), null, 0, 1)).toBeNull();
  });
});

describe('moves', () => {
  it('knows the neighbours and the targets', () => {
    expect([neighbour(STAGES, 'prd', 1), neighbour(STAGES, 'prd', -1), neighbour(STAGES, 'inbox', -1), neighbour(STAGES, 'build', 1), neighbour(STAGES, 'gone', 1)]).toEqual(['build', 'inbox', null, null, null]);
    expect(moveTargets(STAGES, 'prd', '')).toEqual(['inbox', 'build']);
    expect(moveTargets(STAGES, 'prd', ' BU')).toEqual(['build']);
  });

  it('shows a move at once and ignores events that are older', () => {
    const after = moved(card('a', { version: 4, state: 'blocked', note: 'prd.md is missing' }), 'prd', 0);
    expect(after).toMatchObject({ stage: 'prd', state: 'idle', note: '', version: 4 });
    const change = { workspace: 'w', stage: 'build', state: 'queued' as StageState, note: '', version: 3 };
    expect(changedBy(after, change)).toBe(after);
    expect(changedBy(after, { ...change, version: 5 })).toMatchObject({ stage: 'build', state: 'queued', version: 5 });
  });

  it('says what a person can do', () => {
    expect([canStart(card('a')), canStart(card('a', { run: 'R' })), canStart(card('a', { state: 'done' }))]).toEqual([true, false, false]);
    expect([canApprove(card('a', { waits: 'review' })), canApprove(card('a', { waits: 'review', run: 'R' })), canApprove(card('a'))]).toEqual([true, false, false]);
  });
});

describe('effectOf', () => {
  const all = { automation_mode: 'auto_all' as const, automation_stop_stage: null };
  const of = (more: Partial<Recipe>, settings: Parameters<typeof effectOf>[2] = all, vetted = true, stage = 'prd') => effectOf(stage, recipe(more), settings, STAGES, () => vetted);

  it('follows the tables of docs/board.md', () => {
    expect(of({})).toEqual({ kind: 'starts', text: 'The recipe of prd starts by itself: 1 step.' });
    expect(of({ automation_level: 'manual' }).kind).toBe('nothing');
    expect(of({ automation_level: 'human_approval' }, { automation_mode: 'manual' }).kind).toBe('waits');
    expect(of({ enabled: false }).kind).toBe('nothing');
    expect(effectOf('prd', null, all, STAGES, () => true).kind).toBe('nothing');
    expect(of({}, { automation_mode: 'manual' }).kind).toBe('nothing');
    expect(of({ automation_level: 'fully_auto' }, all, false)).toMatchObject({ kind: 'waits', text: expect.stringContaining('prd is not vetted') });
    expect(of({}, all, false).kind).toBe('starts');
  });

  it('stops after the stop stage, and everywhere if it does not exist', () => {
    const to = (stop: string) => ({ automation_mode: 'auto_to_stage' as const, automation_stop_stage: stop });
    expect([of({}, to('prd')).kind, of({}, to('build')).kind, of({}, to('inbox')).kind, of({}, to('gone')).kind]).toEqual(['starts', 'starts', 'waits', 'waits']);
  });
});

describe('looks', () => {
  it('tell states apart without colour', () => {
    const states: StageState[] = ['idle', 'queued', 'running', 'awaiting_start', 'awaiting_review', 'needs_answers', 'blocked', 'done'];
    expect(new Set(states.map((state) => cardLook(state).glyph)).size).toBe(states.length);
    expect(new Set(states.map((state) => cardLook(state).word)).size).toBe(states.length);
    expect(cardLook('blocked')).toEqual({ glyph: '✕', word: 'blocked', tone: 'fail' });
    expect(new Set((['vetted', 'community', 'experimental'] as const).map((trust) => trustLook(trust).glyph)).size).toBe(3);
  });
});
