import { describe, expect, it } from 'vitest';
import { ansi, oneLine, visible } from './visible';

describe('visible', () => {
  it('shows control and bidirectional characters', () => {
    expect(visible('a\u202eb\u2066c\u200bd')).toBe('a[U+202E]b[U+2066]c[U+200B]d');
    expect(visible('bell\u0007 null\u0000 esc\u001b')).toBe('bell␇ null␀ esc␛');
    expect(visible('c1\u009b')).toBe('c1[U+009B]');
  });

  it('keeps lines, tabs and ordinary text', () => {
    expect(visible('ä\tb\r\nc 😀')).toBe('ä\tb\nc 😀');
  });
});

describe('ansi', () => {
  it('turns colours into classes and drops other sequences', () => {
    expect(ansi('a \u001b[1;31mred\u001b[0m \u001b[2Jb \u001b]8;;http://x\u0007link')).toEqual([
      { text: 'a ', classes: '' }, { text: 'red', classes: 'ansi-red ansi-bold' }, { text: ' ', classes: '' }, { text: 'b ', classes: '' }, { text: 'link', classes: '' },
    ]);
  });

  it('skips extended colours with their arguments', () => {
    expect(ansi('\u001b[38;5;196mx\u001b[48;2;1;2;3my')).toEqual([{ text: 'x', classes: '' }, { text: 'y', classes: '' }]);
  });
});

describe('oneLine', () => {
  it('joins lines and cuts a line of a megabyte', () => {
    expect(oneLine('a\n  b')).toBe('a ⏎ b');
    expect(oneLine('x'.repeat(1_000_000), 100)).toHaveLength(101);
  });
});
