// Keeps one event stream open: resumes by id, waits 1 to 30 s with jitter between tries.
import { address, send, type Query } from './client';
import { asProblem, type Problem } from './problem';
import { readEvents, type ServerEvent } from './sse';

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
/** The host sends a comment every 10 s; without a sign for this long, the line is taken as lost. */
const SILENCE = 35_000;

export interface StreamHandlers {
  events(events: ServerEvent[]): void;
  opened?(): void;
  heard?(): void;
  lost?(problem: Problem, retryInMs: number): void;
  /** The host has nothing more to send, or the session has ended. */
  ended?(): void;
}

/** Milliseconds before the next try: doubled each time, half of it random. */
export function backoff(tries: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.max(0, tries - 1));
  return Math.max(FIRST_WAIT, Math.round(full / 2 + (full / 2) * random()));
}

/** Opens a stream and returns the function that closes it. */
export function openStream(path: string, query: Query, handlers: StreamHandlers): () => void {
  let closed = false;
  let lastId: string | null = null;
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watch: ReturnType<typeof setTimeout> | undefined;
  let aborter = new AbortController();

  const heard = (): void => {
    clearTimeout(watch);
    watch = setTimeout(() => aborter.abort(), SILENCE);
    handlers.heard?.();
  };

  const retry = (problem: Problem): void => {
    if (closed) return;
    tries += 1;
    const wait = problem.retryAfter ? problem.retryAfter * 1_000 : backoff(tries);
    handlers.lost?.(problem, wait);
    timer = setTimeout(connect, wait);
  };

  async function connect(): Promise<void> {
    aborter = new AbortController();
    const headers: HeadersInit = { accept: 'text/event-stream' };
    if (lastId !== null) headers['last-event-id'] = lastId;
    try {
      const response = await send(address(path, {}, query), { headers, signal: aborter.signal });
      if (response.status === 204) return handlers.ended?.();
      tries = 0;
      handlers.opened?.();
      heard();
      await readEvents(
        response,
        (events) => {
          const id = events.at(-1)?.id;
          if (id) lastId = id;
          handlers.events(events);
        },
        heard,
      );
      retry(asProblem(new TypeError('the stream ended')));
    } catch (error) {
      const problem = asProblem(error instanceof DOMException ? new TypeError('no sign of life') : error);
      if (!closed && [401, 403, 404].includes(problem.status)) return handlers.ended?.();
      retry(problem);
    } finally {
      clearTimeout(watch);
    }
  }

  void connect();
  return () => {
    closed = true;
    clearTimeout(timer);
    clearTimeout(watch);
    aborter.abort();
  };
}
