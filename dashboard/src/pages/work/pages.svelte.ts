// A list that is loaded page by page, newest first.
import { asProblem, type Problem } from '../../api/problem';

const PAGE = 200;

type Fetch<T> = (before: string | null, limit: number) => Promise<{ items: T[]; next: string | null }>;

export class PagedList<T> {
  rows: T[] = $state.raw([]);
  loaded: boolean = $state(false);
  loading: boolean = $state(false);
  problem: Problem | null = $state.raw(null);
  next: string | null = $state(null);
  #fetch: Fetch<T>;
  #id: (row: T) => string;

  constructor(id: (row: T) => string, fetch: Fetch<T>) {
    this.#id = id;
    this.#fetch = fetch;
  }

  /** Loads the first page, and as many rows as were there before. */
  refresh = async (): Promise<void> => {
    const want = Math.min(1_000, Math.max(PAGE, this.rows.length));
    await this.#load(async () => {
      const page = await this.#fetch(null, want);
      this.rows = page.items;
      this.next = page.next;
    });
    this.loaded = true;
  };

  more = async (): Promise<void> => {
    if (this.next === null || this.loading) return;
    await this.#load(async () => {
      const page = await this.#fetch(this.next, PAGE);
      const known = new Set(this.rows.map(this.#id));
      this.rows = [...this.rows, ...page.items.filter((row) => !known.has(this.#id(row)))];
      this.next = page.next;
    });
  };

  async #load(action: () => Promise<void>): Promise<void> {
    this.loading = true;
    try {
      await action();
      this.problem = null;
    } catch (error) {
      this.problem = asProblem(error);
    } finally {
      this.loading = false;
    }
  }
}
