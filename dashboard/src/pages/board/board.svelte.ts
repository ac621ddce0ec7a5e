// The cards and stages on screen. Events patch single cards: a board of thousands is not fetched for each of them.
import { get } from '../../api/client';
import { asProblem, type Problem } from '../../api/problem';
import type { BoardOverview, Card, CardChanged, HostEvent, RunSummary } from '../../api/types';
import { moveCard } from '../../app/actions';
import { live, refreshOn } from '../../app/live.svelte';
import { changedBy, moved } from '../../text/board';

export const MOST_CARDS = 5_000;
/** More changed cards than this are fetched as one list. */
const MOST_SINGLE = 12;
const SOON_MS = 400;
/** How often a move is tried again after a change that left the card in its stage. */
const TRIES = 3;

export class BoardData {
  cards: Card[] = $state.raw([]);
  overview: BoardOverview | null = $state.raw(null);
  loaded: boolean = $state(false);
  problem: Problem | null = $state.raw(null);
  stages: string[] = $derived(this.overview?.stages.map(({ stage }) => stage) ?? []);
  #workspace = '';
  #dirty = new Set<string>();
  #pending = new Set<string>();
  #runs = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #aborter: AbortController | null = null;

  byId(id: string | null): Card | undefined {
    return id === null ? undefined : this.cards.find((card) => card.id === id);
  }

  /** Shows a workspace, or all, and follows its changes: use it as the body of an `$effect`. */
  open(workspace: string): () => void {
    this.#workspace = workspace;
    this.loaded = false;
    this.cards = [];
    void this.refresh();
    const offs = [
      live.onHost((event) => this.#host(event)),
      live.onRun((run) => this.#run(run)),
      live.onOpened(() => void this.refresh()),
      refreshOn(() => void this.#count(), { host: ({ kind }) => kind === 'card_changed' || kind.startsWith('worker'), runs: (run) => this.#runs.has(run.run) }, 1_500),
    ];
    return () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#aborter?.abort();
      offs.forEach((off) => off());
    };
  }

  refresh = async (): Promise<void> => {
    this.#aborter?.abort();
    const { signal } = (this.#aborter = new AbortController());
    const query = { workspace: this.#workspace };
    try {
      const [overview, cards] = await Promise.all([get('/api/board', { query, signal }), get('/api/cards', { query: { ...query, limit: MOST_CARDS }, signal })]);
      if (signal.aborted) return;
      this.overview = overview;
      this.cards = cards.map((card) => (this.#pending.has(card.id) ? (this.byId(card.id) ?? card) : card));
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      if (!signal.aborted) this.problem = asProblem(error);
    }
  };

  /** Takes a card as the host has told it. */
  put(card: Card): void {
    const at = this.cards.findIndex(({ id }) => id === card.id);
    if (at >= 0) this.cards = this.cards.with(at, card);
    else if (!this.#workspace || card.workspace === this.#workspace || card.workspace_name === this.#workspace) this.cards = [...this.cards, card];
  }

  drop(id: string): void {
    this.cards = this.cards.filter((card) => card.id !== id);
  }

  /** Shows the move at once; a refusal takes it back and is thrown. */
  async move(card: Card, stage: string): Promise<void> {
    this.#pending.add(card.id);
    this.put(moved(card, stage, Date.now()));
    try {
      this.put(await this.#moveAsSeen(card, stage));
    } catch (error) {
      this.put(card);
      throw error;
    } finally {
      this.#pending.delete(card.id);
      this.#soon(card.id);
    }
  }

  /** After a change the board decides what follows, which counts as another one. What matters for a move is the stage. */
  async #moveAsSeen(card: Card, stage: string): Promise<Card> {
    let seen = card;
    for (let left = TRIES; ; left -= 1) {
      try {
        return await moveCard(seen, stage);
      } catch (error) {
        if (left === 0 || asProblem(error).code !== 'version_conflict') throw error;
        seen = (await get('/api/cards/{id}', { params: { id: card.id } })).card;
        if (seen.stage !== card.stage) throw error;
      }
    }
  }

  #host(event: HostEvent): void {
    const known = this.byId(event.subject);
    const task = event.kind.startsWith('human_task') ? ((event.payload?.task ?? event.payload?.is?.task) as string | null) : null;
    if (event.kind === 'card_changed') {
      if (known && !this.#pending.has(known.id)) this.put(changedBy(known, event.payload as CardChanged));
      this.#soon(event.subject);
    } else if (known) {
      this.#soon(known.id);
    } else if (task && this.byId(task)) {
      this.#soon(task);
    }
  }

  /** A run of a card tells its steps too: only what a tile shows counts. */
  #run(run: RunSummary): void {
    const now = `${run.state} ${run.cost}`;
    if (this.#runs.get(run.run) === now || !this.byId(run.task)) return;
    this.#runs.set(run.run, now);
    this.#soon(run.task);
  }

  #soon(id: string): void {
    this.#dirty.add(id);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#fetchDirty();
    }, SOON_MS);
  }

  async #fetchDirty(): Promise<void> {
    const ids = [...this.#dirty].filter((id) => !this.#pending.has(id));
    this.#dirty.clear();
    if (ids.length > MOST_SINGLE) return this.refresh();
    await Promise.all(
      ids.map((id) =>
        get('/api/cards/{id}', { params: { id } }).then(
          ({ card }) => !this.#pending.has(id) && this.put(card),
          (error: unknown) => asProblem(error).status === 404 && this.drop(id),
        ),
      ),
    );
  }

  async #count(): Promise<void> {
    try {
      this.overview = await get('/api/board', { query: { workspace: this.#workspace } });
    } catch {
      // The figures stay as they were; the next change fetches them again.
    }
  }
}
