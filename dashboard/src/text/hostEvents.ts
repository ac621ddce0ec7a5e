// Events of the host as sentences.
import type { HostEvent } from '../api/types';
import { money, shortDigest, words } from './format';
import { scopeName } from './limits';
import type { Tone } from './states';

export interface Told {
  text: string;
  detail: string;
  tone: Tone;
  href: string | null;
}

const BAD = new Set(['breaker_halted', 'breaker_stopped', 'plugin_rejected', 'plugin_quarantined', 'webhook_dead']);
const CARE = new Set(['breaker_alert', 'breaker_refused', 'plugin_held', 'human_task_created', 'human_task_reopened', 'plugin_rolled_back', 'worker_ended']);
const GOOD = new Set(['breaker_closed', 'plugin_serving', 'human_task_done', 'human_task_answered']);

export function tell(event: HostEvent): Told {
  const p = event.payload ?? {};
  const tone: Tone = BAD.has(event.kind) ? 'fail' : CARE.has(event.kind) ? 'need' : GOOD.has(event.kind) ? 'ok' : 'rest';
  const base = { tone, href: hrefOf(event), detail: '' };
  switch (event.kind) {
    case 'breaker_closed':
      return { ...base, text: `Spending is possible again: ${scopeName(event.subject)}` };
    case 'breaker_alert':
      return { ...base, text: `The limit of ${scopeName(event.subject)} is reached; it warns`, detail: limitOf(p.limit) };
    case 'breaker_halted':
      return { ...base, text: `The limit of ${scopeName(event.subject)} is reached; spending halts`, detail: limitOf(p.limit) };
    case 'breaker_refused':
      return { ...base, text: `Work was refused: the limit of ${scopeName(event.subject)}`, detail: `${p.executor ?? ''} ${refusalOf(p.refusal)}`.trim() };
    case 'breaker_stopped':
      return { ...base, text: 'An attempt was stopped by the breaker', detail: refusalOf(p.refusal) };
    case 'breaker_raised':
      return { ...base, text: `${p.principal} allowed ${money(p.allowance)} more`, detail: str(p.reason) };
    case 'breaker_reset':
      return { ...base, text: `${p.principal} reset the limits that were reached`, detail: str(p.reason) };
    case 'breaker_corrected':
      return { ...base, text: `${p.principal} corrected a cost${p.was === undefined ? '' : ` from ${money(p.was)} to ${money(p.cost)}`}`, detail: str(p.reason) };
    case 'config_changed':
      return { ...base, text: 'The configuration changed', detail: [...(p.applied ?? []), ...(p.restart ?? [])].map((one: { key: string; old: string; new: string }) => `${one.key}: ${one.old} → ${one.new}`).join('; ') };
    case 'worker_began':
      return { ...base, text: `Worker ${event.subject} registered`, detail: `${p.kind}, ${p.slots} slots` };
    case 'worker_ended':
      return { ...base, text: 'A worker ended', detail: str(p.why) };
    case 'token_created':
      return { ...base, text: `Token ${event.subject} was created by ${p.by}` };
    case 'token_revoked':
      return { ...base, text: `Token ${event.subject} was revoked by ${p.by}` };
    case 'human_task_created':
      return { ...base, text: `${p.kind === 'handoff' ? 'A run needs a person' : 'New to-do'}: ${str(p.title)}` };
    case 'human_task_answered':
      return { ...base, text: `${p.by} answered: ${p.action}` };
    case 'plugin_pinned':
      return { ...base, text: `${event.subject} was pinned to ${shortDigest(str(p.to))}` };
    case 'plugin_rolled_back':
      return { ...base, text: `${event.subject} was rolled back`, detail: `${shortDigest(str(p.from))} → ${shortDigest(str(p.to))}` };
    case 'decision_made':
      return { ...base, text: `Decision: ${words(str(p.kind))}`, detail: str(p.reason) };
    case 'card_changed':
      return { ...base, text: `A card is ${words(str(p.state))} in ${str(p.stage)}`, detail: str(p.note) };
    case 'task_stage_changed':
      return { ...base, text: `A card moved from ${str(p.from)} to ${str(p.to)}` };
    case 'task_closed':
      return { ...base, text: `A task was closed by ${p.by}: ${words(str(p.to))}`, detail: str(p.reason) };
    default:
      if (event.kind.startsWith('plugin_')) return { ...base, text: `${event.subject}: ${words(event.kind.slice(7))}`, detail: str(p.reason ?? p.why) };
      return { ...base, text: words(event.kind), detail: p.title ? str(p.title) : p.reason ? str(p.reason) : '' };
  }
}

function hrefOf(event: HostEvent): string | null {
  const p = event.payload ?? {};
  if (event.kind === 'card_changed' || event.kind === 'task_stage_changed') return `/board?card=${event.subject}`;
  if (typeof p.run === 'string') return `/r/${p.run}`;
  if (event.kind.startsWith('plugin_') && /^\w+\/[^/]+$/.test(event.subject)) return `/plugins/${event.subject}`;
  if (event.kind.startsWith('human_task')) return `/inbox?id=${event.subject}`;
  if (event.kind.startsWith('task_') || event.kind === 'decision_made' || event.kind === 'checkpoint_added') return `/t/${event.subject}`;
  if (event.kind.startsWith('breaker')) return '/budget';
  if (event.kind.startsWith('worker')) return '/workers';
  return null;
}

const str = (value: unknown): string => (typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value));
const limitOf = (limit: { spent?: number; limit?: { amount?: number } } | null | undefined): string => (limit ? `${money(limit.spent)} of ${money(limit.limit?.amount)}` : '');
const refusalOf = (refusal: { spent?: number; asked?: number; limit?: { amount?: number } } | undefined): string =>
  refusal ? `${money(refusal.spent)} of ${money(refusal.limit?.amount)} spent, ${money(refusal.asked)} asked for` : '';
