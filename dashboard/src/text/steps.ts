// Turns the events of a run into the steps that a person reads: calls with their results, texts, rules between attempts.
import type { LogEvent } from '../api/types';
import { duration, money, words } from './format';

export interface ToolStep {
  kind: 'tool';
  seq: number;
  at: string;
  name: string;
  summary: string;
  input: string;
  /** Null: no result yet. */
  ok: boolean | null;
  output: string;
  ms: number | null;
}

export type Step =
  | ToolStep
  | { kind: 'group'; seq: number; at: string; name: string; items: ToolStep[] }
  | { kind: 'text'; seq: number; at: string; text: string }
  | { kind: 'thought'; seq: number; at: string; text: string }
  | { kind: 'output'; seq: number; at: string; text: string; lines: number }
  | { kind: 'rule'; seq: number; at: string; text: string; detail: string; tone: 'rest' | 'fail' | 'ok' | 'need' }
  | { kind: 'note'; seq: number; at: string; label: string; text: string; tone: 'rest' | 'fail' | 'ok' | 'need' };

/** Kinds of events that become steps; the host is asked for these. */
export const STEP_KINDS = [
  'run_queued', 'run_retried', 'run_waiting', 'run_succeeded', 'run_failed', 'run_cancelled', 'run_taken_over', 'cancel_asked',
  'attempt_planned', 'attempt_started', 'attempt_adopted', 'attempt_settled', 'checked', 'charged_late',
  'text', 'thought', 'tool_call', 'tool_result', 'limit', 'retrying', 'warning', 'raw', 'host_warning', 'decision', 'gate', 'leftover', 'events_gone',
];

/** Commands differ from each other even if the tool is the same: they are never grouped. */
const NEVER_GROUPED = /^(bash|shell|command|exec|local_shell|run_shell_command|terminal)$/i;
const GROUP_FROM = 3;
const OUTPUT_LINES = 400;
const LINE = 400;

export function toSteps(events: LogEvent[]): Step[] {
  const steps: Step[] = [];
  const open = new Map<string, ToolStep>();
  for (const event of events) {
    const { seq, at, payload } = event;
    const rule = (text: string, detail = '', tone: 'rest' | 'fail' | 'ok' | 'need' = 'rest'): void => void steps.push({ kind: 'rule', seq, at, text, detail, tone });
    const note = (label: string, text: string, tone: 'rest' | 'fail' | 'ok' | 'need' = 'rest'): void => void steps.push({ kind: 'note', seq, at, label, text, tone });
    switch (event.kind) {
      case 'tool_call': {
        const step: ToolStep = { kind: 'tool', seq, at, name: str(payload?.name) || 'tool', summary: str(payload?.summary), input: str(payload?.input), ok: null, output: '', ms: null };
        open.set(`${event.attempt} ${payload?.id}`, step);
        steps.push(step);
        break;
      }
      case 'tool_result': {
        const key = `${event.attempt} ${payload?.id}`;
        const step = open.get(key);
        if (!step) {
          note('result', str(payload?.summary), payload?.ok === false ? 'fail' : 'rest');
          break;
        }
        open.delete(key);
        step.ok = payload?.ok !== false;
        step.output = str(payload?.summary);
        step.ms = Date.parse(at) - Date.parse(step.at);
        break;
      }
      case 'text':
      case 'raw': {
        const text = str(payload?.text);
        const last = steps.at(-1);
        const line = event.kind === 'raw' || (text.length < LINE && !text.includes('\n'));
        if (line && last?.kind === 'output' && last.lines < OUTPUT_LINES) {
          last.text += `\n${text}`;
          last.lines += 1;
        } else if (line && last?.kind === 'text' && last.text.length < LINE && !last.text.includes('\n')) {
          // Two short texts in a row are the output of a program, which comes line by line.
          steps[steps.length - 1] = { kind: 'output', seq: last.seq, at: last.at, text: `${last.text}\n${text}`, lines: 2 };
        } else if (event.kind === 'raw') steps.push({ kind: 'output', seq, at, text, lines: 1 });
        else steps.push({ kind: 'text', seq, at, text });
        break;
      }
      case 'thought':
        steps.push({ kind: 'thought', seq, at, text: str(payload?.text) });
        break;
      case 'attempt_planned':
        rule(`Attempt ${payload?.number}: ${payload?.executor}${payload?.model && payload.model !== 'command' ? ` ${payload.model}` : ''}`, str(payload?.reason));
        break;
      case 'attempt_settled': {
        const failure = payload?.outcome?.failure ?? payload?.settled?.Failed;
        const facts = [money(payload?.cost), duration(payload?.latency_ms)].join(', ');
        if (failure) rule(`Failed: ${words(str(failure.class))} (${facts})`, [failure.message, failure.remedy].filter(Boolean).join(' · '), 'fail');
        else rule(`Attempt ended (${facts})`, payload?.outcome ? `delivered ${payload.outcome.delivered}, ${payload.outcome.verified === 'not_run' ? 'not checked' : `checks ${payload.outcome.verified}`}` : '', 'ok');
        break;
      }
      case 'checked': {
        const checks = (payload?.checks ?? []) as { name: string; passed: boolean }[];
        checks.forEach((check, i) => {
          const text = `${check.name}: ${check.passed ? 'passed' : 'failed'}`;
          steps.push({ kind: 'note', seq: seq + i / 1_000, at, label: 'check', text, tone: check.passed ? 'ok' : 'fail' });
        });
        break;
      }
      case 'gate':
        note(`gate ${str(payload?.gate)}`, str(payload?.message) || (payload?.passed ? 'passed' : 'not passed'), payload?.passed ? 'ok' : 'fail');
        break;
      case 'run_waiting':
        rule('Waits for a person', str(payload?.why), 'need');
        break;
      case 'run_succeeded':
        rule('The run succeeded', str(payload?.why), 'ok');
        break;
      case 'run_failed':
        rule('The run failed', str(payload?.why), 'fail');
        break;
      case 'run_cancelled':
        rule('The run was cancelled', str(payload?.why));
        break;
      case 'run_queued':
        if (payload?.from) rule('Queued again', str(payload.why));
        break;
      case 'run_retried':
        rule(`Repeats run ${str(payload?.of).slice(-6)}`, str(payload?.reason));
        break;
      case 'run_taken_over':
        note('worker', `taken over by ${payload?.to}`);
        break;
      case 'cancel_asked':
        note('cancel asked', str(payload?.reason), 'need');
        break;
      case 'limit':
        note('limit', `${payload?.name}${payload?.rejected ? ' rejected the request' : ''}`, payload?.rejected ? 'need' : 'rest');
        break;
      case 'retrying':
        note('retrying', `${payload?.attempt}${payload?.of ? ` of ${payload.of}` : ''}: ${str(payload?.message)}`, 'need');
        break;
      case 'warning':
      case 'host_warning':
        note('warning', str(payload?.text), 'need');
        break;
      case 'decision':
        note('decision', str(payload?.text));
        break;
      case 'leftover':
        note('left over', str(payload?.text), 'need');
        break;
      case 'charged_late':
        note('charged late', money(payload?.more));
        break;
      case 'events_gone':
        note('older events', str(payload?.text));
        break;
      case 'attempt_started':
      case 'attempt_adopted':
        break;
      default:
        break;
    }
  }
  return group(steps);
}

/** Three and more calls of one tool in a row, all well, become one step. */
function group(steps: Step[]): Step[] {
  const out: Step[] = [];
  let i = 0;
  while (i < steps.length) {
    const first = steps[i]!;
    if (first.kind !== 'tool' || first.ok !== true || NEVER_GROUPED.test(first.name)) {
      out.push(first);
      i++;
      continue;
    }
    const items: ToolStep[] = [];
    for (let k = i; k < steps.length; k++) {
      const next = steps[k]!;
      if (next.kind !== 'tool' || next.name !== first.name || next.ok !== true) break;
      items.push(next);
    }
    if (items.length >= GROUP_FROM) out.push({ kind: 'group', seq: first.seq, at: first.at, name: first.name, items });
    else out.push(...items);
    i += items.length;
  }
  return out;
}

function str(value: unknown): string {
  return typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);
}

/** An event as one line of the raw log. */
export function eventText(event: LogEvent): string {
  const { payload } = event;
  if (payload === null || payload === undefined) return '';
  switch (event.kind) {
    case 'text':
    case 'thought':
    case 'raw':
    case 'warning':
    case 'host_warning':
    case 'decision':
    case 'events_gone':
      return str(payload.text);
    case 'tool_call':
      return `${str(payload.name)} ${str(payload.summary)}`;
    case 'tool_result':
      return `${payload.ok === false ? '✕' : '✓'} ${str(payload.summary)}`;
    default:
      return JSON.stringify(payload);
  }
}
