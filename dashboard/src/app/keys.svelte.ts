// One registry of keys. It feeds the handlers, the `?` sheet, the palette and the tooltips.
import { untrack } from 'svelte';
import { prefs } from './prefs.svelte';

export interface Command {
  /** `x`, `Shift S`, `g n` (two keys in turn), `Mod K` (Ctrl or Cmd), `Enter`. Empty: palette only. */
  keys: string;
  text: string;
  group: string;
  run: () => void;
  /** Not shown in the palette: it needs a place on the page. */
  local?: boolean;
  when?: () => boolean;
}

const SEQUENCE_MS = 800;

/** The name of a pressed key as the registry writes it. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>): string {
  const key = event.key === ' ' ? 'Space' : event.key;
  const mod = event.ctrlKey || event.metaKey;
  if (mod) return `Mod ${key.length === 1 ? key.toUpperCase() : key}`;
  const letter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  if (letter) return event.shiftKey ? `Shift ${key.toUpperCase()}` : key;
  if (key.length > 1 && event.shiftKey && key !== 'Shift') return `Shift ${key}`;
  return key;
}

/** Plain keys are off where text is typed. */
export function typing(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]') !== null;
}

export class KeyRegistry {
  commands: Command[] = $state.raw([]);
  #first = '';
  #firstAt = 0;

  /** Adds commands and returns the function that removes them: use it as the body of an `$effect`. */
  add(commands: Command[]): () => void {
    this.commands = [...untrack(() => this.commands), ...commands];
    return () => {
      this.commands = untrack(() => this.commands).filter((command) => !commands.includes(command));
    };
  }

  /** Commands that can run now; a later one hides an earlier one with the same keys. */
  get active(): Command[] {
    const byKeys = new Map<string, Command>();
    const rest: Command[] = [];
    for (const command of this.commands) {
      if (command.when && !command.when()) continue;
      if (command.keys) byKeys.set(command.keys, command);
      else rest.push(command);
    }
    return [...byKeys.values(), ...rest];
  }

  listen(): void {
    window.addEventListener('keydown', (event) => this.press(event));
  }

  press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || event.getModifierState?.('AltGraph')) return;
    // `g $` has a Shift between its keys.
    if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return;
    const name = keyName(event);
    if (!name.startsWith('Mod ')) {
      if (event.altKey || typing(event.target) || !prefs.keys) return;
      if (document.querySelector('dialog[open]')) return;
      // Enter and Space belong to the control that has the focus.
      if ((name === 'Enter' || name === 'Space') && event.target instanceof Element && event.target.closest('a, button, summary, [role=tab]')) return;
    }
    const now = Date.now();
    const pair = now - this.#firstAt < SEQUENCE_MS ? `${this.#first} ${name}` : '';
    this.#first = '';
    const active = this.active;
    const found = (pair && active.find((command) => command.keys === pair)) || active.find((command) => command.keys === name);
    if (found) {
      event.preventDefault();
      found.run();
    } else if (active.some((command) => command.keys.startsWith(`${name} `) && !name.startsWith('Mod'))) {
      this.#first = name;
      this.#firstAt = now;
    }
  }
}

export const keys = new KeyRegistry();

/** A key as a person reads it. */
export function shown(name: string): string {
  const mac = navigator.platform.startsWith('Mac');
  return name.replace('Mod', mac ? '⌘' : 'Ctrl').replace('ArrowUp', '↑').replace('ArrowDown', '↓').replace('ArrowLeft', '←').replace('ArrowRight', '→').replace('Escape', 'Esc');
}
