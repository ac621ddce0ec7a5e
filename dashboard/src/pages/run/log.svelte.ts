// The log of one run, for the tabs Steps and Raw log: pages on demand, and a stream until the run ends.
import { get } from '../../api/client';
import { openStream } from '../../api/stream';
import type { LogEvent } from '../../api/types';
import { STEP_KINDS } from '../../text/steps';

export const PAGE = 500;
const STEPS_PAGE = 1_000;
const HIDDEN_MS = 30_000;
const steps = new Set(STEP_KINDS);

export class RunLog {
  readonly run: string;
  /** How many events there are: `seq` counts from 1 without a gap. */
  total: number = $state(0);
  over: boolean = $state(false);
  /** Counts loaded pages, so that what is shown is drawn anew. */
  version: number = $state(0);

  /** Events that become steps: the latest ones, earlier ones on demand. */
  stepEvents: LogEvent[] = $state.raw([]);
  stepsLoaded: boolean = $state(false);
  earlier: boolean = $state(false);

  #pages = new Map<number, LogEvent[]>();
  #asked = new Set<number>();
  #known = false;
  #ready: () => void = () => {};
  #whenKnown = new Promise<void>((ready) => (this.#ready = ready));

  constructor(run: string) {
    this.run = run;
  }

  know(lastSeq: number, over: boolean): void {
    if (lastSeq > this.total) this.total = lastSeq;
    this.over = over;
    if (!this.#known) {
      this.#known = true;
      this.#ready();
    }
  }

  at(index: number): LogEvent | undefined {
    const page = this.#pages.get(Math.floor(index / PAGE));
    const event = page?.[index % PAGE];
    if (event?.seq === index + 1) return event;
    return page?.find((one) => one?.seq === index + 1);
  }

  /** Loads the pages that hold these rows. */
  need(from: number, to: number): void {
    for (let page = Math.floor(from / PAGE); page <= Math.floor(Math.max(from, to - 1) / PAGE); page++) {
      if (page * PAGE >= this.total || this.#asked.has(page)) continue;
      this.#asked.add(page);
      void get('/api/runs/{run}/logs', { params: { run: this.run }, query: { after: page * PAGE, limit: PAGE } }).then(
        (events) => {
          for (const event of events as LogEvent[]) this.#put(event);
          this.version += 1;
        },
        () => this.#asked.delete(page),
      );
    }
  }

  async loadSteps(): Promise<void> {
    if (this.stepsLoaded) return;
    const events = (await get('/api/runs/{run}/logs', {
      params: { run: this.run },
      query: { tail: STEPS_PAGE, kinds: STEP_KINDS.join(',') },
    })) as LogEvent[];
    const known = new Set(events.map((event) => event.seq));
    this.stepEvents = [...events, ...this.stepEvents.filter((event) => !known.has(event.seq))];
    this.earlier = events.length === STEPS_PAGE;
    this.stepsLoaded = true;
  }

  async loadEarlier(): Promise<void> {
    const first = this.stepEvents[0]?.seq;
    if (!first) return;
    const events = (await get('/api/runs/{run}/logs', {
      params: { run: this.run },
      query: { before: first, limit: STEPS_PAGE, kinds: STEP_KINDS.join(',') },
    })) as LogEvent[];
    this.earlier = events.length === STEPS_PAGE;
    this.stepEvents = [...events, ...this.stepEvents];
  }

  /** Streams until the run ends, while the page is visible. Returns the function that ends it. */
  follow(): () => void {
    let close: (() => void) | null = null;
    let ended = false;
    let hidden: ReturnType<typeof setTimeout> | undefined;
    let waiting: LogEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;

    const flush = (): void => {
      timer = undefined;
      const events = waiting;
      waiting = [];
      const more = events.filter((event) => event.seq > (this.stepEvents.at(-1)?.seq ?? 0) && steps.has(event.kind));
      for (const event of events) this.#put(event);
      const last = events.at(-1)?.seq ?? 0;
      if (last > this.total) this.total = last;
      if (more.length > 0) this.stepEvents = [...this.stepEvents, ...more];
      this.version += 1;
    };
    const open = (): void => {
      if (close || ended || this.over) return;
      close = openStream('/api/runs/' + encodeURIComponent(this.run) + '/logs', { stream: true, after: this.total }, {
        events: (events) => {
          for (const { data } of events) waiting.push(JSON.parse(data) as LogEvent);
          timer ??= setTimeout(flush, 120);
        },
        ended: () => {
          ended = true;
        },
      });
    };
    const visibility = (): void => {
      clearTimeout(hidden);
      if (!document.hidden) return open();
      hidden = setTimeout(() => {
        close?.();
        close = null;
      }, HIDDEN_MS);
    };
    let stopped = false;
    void this.#whenKnown.then(() => !stopped && open());
    document.addEventListener('visibilitychange', visibility);
    return () => {
      stopped = true;
      clearTimeout(hidden);
      clearTimeout(timer);
      close?.();
      document.removeEventListener('visibilitychange', visibility);
    };
  }

  #put(event: LogEvent): void {
    const index = event.seq - 1;
    const number = Math.floor(index / PAGE);
    let page = this.#pages.get(number);
    if (!page) this.#pages.set(number, (page = []));
    page[index % PAGE] = event;
  }
}
