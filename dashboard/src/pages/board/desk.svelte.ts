// What a person does on the board: focus, drag, fold, move. One object, because tiles, columns and keys share it.
import type { Card } from '../../api/types';
import { load, save } from '../../app/prefs.svelte';
import { router } from '../../app/router.svelte';
import { session } from '../../app/session.svelte';
import { toasts } from '../../app/toasts.svelte';
import { asProblem } from '../../api/problem';
import { shortId } from '../../text/format';
import { visible } from '../../text/visible';
import type { BoardData } from './board.svelte';
import { factsOf, type Facts } from './facts';

const STORE = 'jackfield.board.folded';

export class Desk {
  readonly data: BoardData;
  cursor: string | null = $state(null);
  dragging: Card | null = $state.raw(null);
  over: string | null = $state(null);
  facts: Facts | null = $state.raw(null);
  folded: string[] = $state.raw(load<string[]>(STORE, []));
  /** Read out by screen readers. */
  said: string = $state('');
  /** The panel takes the focus when a card is opened, not when the focus moves on beside it. */
  opening = false;

  constructor(data: BoardData) {
    this.data = data;
  }

  say(text: string): void {
    // The same text twice is announced twice only if it differs.
    this.said = text === this.said ? `${text}\u00a0` : text;
  }

  fold(stage: string): void {
    this.folded = this.folded.includes(stage) ? this.folded.filter((one) => one !== stage) : [...this.folded, stage];
    save(STORE, this.folded);
    this.say(`${stage} is ${this.folded.includes(stage) ? 'folded' : 'unfolded'}.`);
  }

  href(card: Card): string {
    return this.hrefOf(card.id);
  }

  /** The address of a card beside the board. */
  hrefOf(id: string): string {
    const query = new URLSearchParams(router.place.query);
    query.set('card', id);
    query.delete('document');
    return `/board?${query}`;
  }

  /** The address of a document of the card that is open. */
  documentHref(path: string): string {
    const query = new URLSearchParams(router.place.query);
    query.set('document', path);
    return `/board?${query}`;
  }

  open(card: Card): void {
    this.cursor = card.id;
    this.opening = true;
    router.setQuery({ card: card.id, document: null });
  }

  /** Opens a card from the panel of another one. The way back leads to that panel. */
  openLinked(id: string): void {
    this.cursor = id;
    this.opening = true;
    router.setQuery({ card: id, document: null }, { push: true });
  }

  drag(card: Card): void {
    this.dragging = card;
    this.cursor = card.id;
    void factsOf(card.workspace).then((facts) => (this.facts = facts), () => (this.facts = null));
  }

  endDrag(): void {
    this.dragging = null;
    this.over = null;
  }

  async move(card: Card, stage: string): Promise<void> {
    if (!session.can('execute')) return this.#refuse('Your session cannot move cards: it lacks the scope execute.');
    if (card.stage === stage) return;
    if (card.run) return this.#refuse(`“${visible(card.title)}” is locked by its run ${shortId(card.run)}.`, `/r/${card.run}`);
    this.say(`Moving ${visible(card.title)} to ${stage}.`);
    try {
      await this.data.move(card, stage);
      this.say(`${visible(card.title)} is in ${stage}.`);
    } catch (error) {
      toasts.fail(error);
      this.say(`${visible(card.title)} stays in ${card.stage}: ${asProblem(error).message}`);
    }
  }

  #refuse(text: string, href?: string): void {
    toasts.show(text, { tone: 'bad', href, detail: href ? 'Wait for the end of the run, or cancel it.' : undefined });
    this.say(text);
  }
}
