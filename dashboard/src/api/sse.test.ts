import { describe, expect, it } from 'vitest';
import { nextCursor, address } from './client';
import { EventCutter, readEvents, type ServerEvent } from './sse';
import { backoff } from './stream';

describe('EventCutter', () => {
  it('reads events however the text is cut', () => {
    const text = ': hello\n\nid: 7\nevent: run\ndata: {"a":1}\n\ndata: one\ndata: two\r\n\r\n';
    const whole = new EventCutter().push(text);
    expect(whole).toEqual([
      { id: '7', event: 'run', data: '{"a":1}' },
      { id: '7', event: 'message', data: 'one\ntwo' },
    ]);
    for (let size = 1; size < 12; size++) {
      const cutter = new EventCutter();
      const found: ServerEvent[] = [];
      for (let i = 0; i < text.length; i += size) found.push(...cutter.push(text.slice(i, i + size)));
      expect(found, `pieces of ${size}`).toEqual(whole);
    }
  });

  it('keeps back an event that is not finished', () => {
    const cutter = new EventCutter();
    expect(cutter.push('data: x\n')).toEqual([]);
    expect(cutter.push('\n')).toEqual([{ id: null, event: 'message', data: 'x' }]);
  });
});

it('reads a body of 50,000 events', async () => {
  const one = (i: number): string => `id: ${i}\nevent: run\ndata: {"run":"${i}"}\n\n`;
  const body = new ReadableStream({
    start(controller) {
      const text = new TextEncoder().encode(Array.from({ length: 50_000 }, (_, i) => one(i)).join(''));
      for (let at = 0; at < text.length; at += 16_384) controller.enqueue(text.slice(at, at + 16_384));
      controller.close();
    },
  });
  let n = 0;
  let last: string | null = null;
  await readEvents(new Response(body), (events) => {
    n += events.length;
    last = events.at(-1)!.id;
  });
  expect([n, last]).toEqual([50_000, '49999']);
});

it('waits between 1 and 30 seconds', () => {
  for (let tries = 1; tries < 20; tries++) {
    for (const random of [0, 0.5, 1]) {
      const wait = backoff(tries, () => random);
      expect(wait).toBeGreaterThanOrEqual(1_000);
      expect(wait).toBeLessThanOrEqual(30_000);
    }
  }
  expect(backoff(20, () => 0)).toBe(15_000);
});

it('reads the cursor of a Link header', () => {
  expect(nextCursor('<?limit=2&before=01M8>; rel="next"')).toBe('01M8');
  expect(nextCursor(null)).toBeNull();
});

it('fills addresses safely', () => {
  expect(address('/api/runs/{run}/diff', { run: '../x' }, { file: 'a b&c', attempt: null })).toBe('/api/runs/..%2Fx/diff?file=a+b%26c');
});
