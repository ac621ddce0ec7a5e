// Live changes of the host. One tab of the browser holds the stream (Web Locks) and hands events on to the others.
import { openStream } from '../api/stream';
import type { HostEvent, RunSummary } from '../api/types';

type Message =
  | { kind: 'run'; run: RunSummary }
  | { kind: 'host'; event: HostEvent }
  | { kind: 'human'; open: number }
  | { kind: 'hello' }
  | { kind: 'opened' }
  | { kind: 'heard'; at: number }
  | { kind: 'lost'; retryAt: number; text: string };

type Listener<T> = (value: T) => void;

class Live {
  /** Whether the last sign of the host came over an open stream. */
  state: 'connecting' | 'live' | 'lost' = $state('connecting');
  heardAt: number = $state(Date.now());
  retryAt: number = $state(0);
  humanTasks: number | null = $state(null);

  #runs = new Set<Listener<RunSummary>>();
  #hosts = new Set<Listener<HostEvent>>();
  #opened = new Set<Listener<void>>();
  #channel: BroadcastChannel | null = null;
  #close: (() => void) | null = null;
  #release: (() => void) | null = null;

  start(): void {
    if (this.#channel) return;
    this.state = 'connecting';
    this.#channel = new BroadcastChannel('jackfield.changes');
    this.#channel.onmessage = (message: MessageEvent<Message>) => this.#take(message.data);
    if (!navigator.locks) {
      this.#lead();
      return;
    }
    const aborter = new AbortController();
    this.#release = () => aborter.abort();
    navigator.locks
      .request('jackfield.changes', { signal: aborter.signal }, () => {
        this.#lead();
        return new Promise<void>((release) => {
          this.#release = () => release();
        });
      })
      .catch(() => {});
    // The leader answers with the state of its line.
    this.#channel.postMessage({ kind: 'hello' } satisfies Message);
  }

  stop(): void {
    this.#close?.();
    this.#release?.();
    this.#channel?.close();
    this.#close = this.#release = this.#channel = null;
  }

  onRun(listener: Listener<RunSummary>): () => void {
    return subscribe(this.#runs, listener);
  }

  onHost(listener: Listener<HostEvent>): () => void {
    return subscribe(this.#hosts, listener);
  }

  /** The line is there again: what is on screen must be fetched anew. */
  onOpened(listener: Listener<void>): () => void {
    return subscribe(this.#opened, listener);
  }

  #lead(): void {
    let lastSign = 0;
    this.#close = openStream('/api/changes', {}, {
      opened: () => this.#tell({ kind: 'opened' }),
      heard: () => {
        if (Date.now() - lastSign < 1_000) return;
        lastSign = Date.now();
        this.#tell({ kind: 'heard', at: lastSign });
      },
      lost: (problem, wait) => this.#tell({ kind: 'lost', retryAt: Date.now() + wait, text: problem.message }),
      events: (events) => {
        // `ready` begins the stream; it has nothing that a page needs.
        for (const { event, data } of events) {
          if (event === 'run') this.#tell({ kind: 'run', run: JSON.parse(data) as RunSummary });
          else if (event === 'host') this.#tell({ kind: 'host', event: JSON.parse(data) as HostEvent });
          else if (event === 'human_tasks') this.#tell({ kind: 'human', open: (JSON.parse(data) as { open: number }).open });
        }
      },
    });
  }

  #tell(message: Message): void {
    this.#channel?.postMessage(message);
    this.#take(message);
  }

  #take(message: Message): void {
    if (message.kind === 'hello') {
      if (this.#close && this.state === 'live') this.#channel?.postMessage({ kind: 'heard', at: this.heardAt } satisfies Message);
      return;
    }
    if (message.kind === 'lost') {
      this.state = 'lost';
      this.retryAt = message.retryAt;
      return;
    }
    const wasLive = this.state === 'live';
    this.state = 'live';
    this.heardAt = Date.now();
    if (message.kind === 'run') this.#runs.forEach((listener) => listener(message.run));
    else if (message.kind === 'host') this.#hosts.forEach((listener) => listener(message.event));
    else if (message.kind === 'human') this.humanTasks = message.open;
    else if (message.kind === 'opened' || !wasLive) this.#opened.forEach((listener) => listener());
  }
}

function subscribe<T>(listeners: Set<Listener<T>>, listener: Listener<T>): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export const live = new Live();

/** Calls `refresh` after changes, at most once in `ms`: use it as the body of an `$effect`. */
export function refreshOn(
  refresh: () => void,
  on: { runs?: (run: RunSummary) => boolean; host?: (event: HostEvent) => boolean },
  ms = 1_000,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const soon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      refresh();
    }, ms);
  };
  const offs = [
    live.onOpened(() => refresh()),
    live.onRun((run) => on.runs?.(run) && soon()),
    live.onHost((event) => on.host?.(event) && soon()),
  ];
  return () => {
    clearTimeout(timer);
    offs.forEach((off) => off());
  };
}
