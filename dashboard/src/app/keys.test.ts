import { describe, expect, it, vi } from 'vitest';

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} });
vi.stubGlobal('document', { documentElement: { dataset: {} }, querySelector: () => null });
vi.stubGlobal('Element', class {});
const { KeyRegistry, keyName } = await import('./keys.svelte');

const press = (key: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent =>
  ({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, target: null, defaultPrevented: false, preventDefault: () => {}, getModifierState: () => false, ...more }) as unknown as KeyboardEvent;

describe('keyName', () => {
  it('names keys as the registry writes them', () => {
    expect(keyName(press('k', { metaKey: true }))).toBe('Mod K');
    expect(keyName(press('S', { shiftKey: true }))).toBe('Shift S');
    expect(keyName(press('?', { shiftKey: true }))).toBe('?');
    expect(keyName(press('ArrowDown'))).toBe('ArrowDown');
    expect(keyName(press(' '))).toBe('Space');
  });
});

describe('KeyRegistry', () => {
  it('runs sequences, and single keys that begin none', () => {
    const keys = new KeyRegistry();
    const ran: string[] = [];
    keys.add([
      { keys: 'g i', text: 'Inbox', group: '', run: () => ran.push('inbox') },
      { keys: 'i', text: 'I', group: '', run: () => ran.push('i') },
    ]);
    for (const key of ['i', 'g', 'i', 'g', 'x', 'i']) keys.press(press(key));
    expect(ran).toEqual(['i', 'inbox', 'i']);
  });

  it('runs a sequence whose second key needs Shift', () => {
    const keys = new KeyRegistry();
    const ran: string[] = [];
    keys.add([{ keys: 'g $', text: 'Budget', group: '', run: () => ran.push('budget') }]);
    for (const key of ['g', 'Shift', '$']) keys.press(press(key, { shiftKey: key !== 'g' }));
    expect(ran).toEqual(['budget']);
  });

  it('lets a page take a key of the app, and gives it back', () => {
    const keys = new KeyRegistry();
    const ran: string[] = [];
    keys.add([{ keys: '/', text: 'a', group: '', run: () => ran.push('app') }]);
    const off = keys.add([{ keys: '/', text: 'b', group: '', run: () => ran.push('page') }]);
    keys.press(press('/'));
    off();
    keys.press(press('/'));
    expect(ran).toEqual(['page', 'app']);
  });

  it('ignores AltGr and keys that cannot run now', () => {
    const keys = new KeyRegistry();
    const ran: string[] = [];
    keys.add([{ keys: 's', text: 'a', group: '', when: () => false, run: () => ran.push('s') }, { keys: '@', text: 'b', group: '', run: () => ran.push('@') }]);
    keys.press(press('s'));
    keys.press(press('@', { getModifierState: () => true }));
    expect(ran).toEqual([]);
  });
});
