// Data of a page: loading, loaded, refused. What was loaded stays on screen while it is fetched again.
import { asProblem, type Problem } from '../api/problem';

export class Resource<T> {
  data: T | undefined = $state.raw(undefined);
  problem: Problem | null = $state.raw(null);
  loading: boolean = $state(false);
  #fetch: (signal: AbortSignal) => Promise<T>;
  #aborter: AbortController | null = null;

  constructor(fetch: (signal: AbortSignal) => Promise<T>) {
    this.#fetch = fetch;
  }

  /** Fetches anew; an older fetch that is still under way is given up. */
  refresh = async (): Promise<void> => {
    this.#aborter?.abort();
    const aborter = (this.#aborter = new AbortController());
    this.loading = true;
    try {
      const data = await this.#fetch(aborter.signal);
      if (aborter.signal.aborted) return;
      this.data = data;
      this.problem = null;
    } catch (error) {
      if (aborter.signal.aborted) return;
      this.problem = asProblem(error);
    } finally {
      if (this.#aborter === aborter) this.loading = false;
    }
  };

  /** Forgets the data: the next fetch is about something else. */
  clear(): void {
    this.#aborter?.abort();
    this.data = undefined;
    this.problem = null;
  }
}
