// What agents print is hostile: control and bidirectional characters are made visible, colours become classes.

/** Characters that change how the text around them is shown, or hide in it. */
// eslint-disable-next-line no-control-regex
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]/g;

/** Replaces each invisible character by a name in brackets; new lines and tabs stay. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x20) return code === 0x0d ? '' : String.fromCodePoint(0x2400 + code);
    return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}

/** One line, at most `most` characters: new lines shown as ⏎. */
export function oneLine(text: string, most = 400): string {
  const cut = text.length > most * 2 ? text.slice(0, most * 2) : text;
  const line = visible(stripAnsi(cut)).trim().replace(/\s*\n\s*/g, ' ⏎ ');
  return line.length > most || cut.length < text.length ? `${line.slice(0, most)}…` : line;
}

export interface Span {
  text: string;
  /** Class names: `ansi-red`, `ansi-bold` … */
  classes: string;
}

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
// eslint-disable-next-line no-control-regex
const ESCAPE = /\u001b\[([0-9;:]*)([A-Za-z])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;

export function stripAnsi(text: string): string {
  return text.includes('\u001b') ? text.replace(ESCAPE, '') : text;
}

/** Text with ANSI colours as spans. Other escape sequences are dropped. */
export function ansi(text: string): Span[] {
  if (!text.includes('\u001b')) return [{ text: visible(text), classes: '' }];
  const spans: Span[] = [];
  let colour = '';
  let bold = false;
  let dim = false;
  let at = 0;
  const push = (piece: string): void => {
    if (!piece) return;
    const classes = [colour && `ansi-${colour}`, bold && 'ansi-bold', dim && 'ansi-dim'].filter(Boolean).join(' ');
    spans.push({ text: visible(piece), classes });
  };
  for (const match of text.matchAll(ESCAPE)) {
    push(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] !== 'm') continue;
    const codes = (match[1] || '0').split(/[;:]/).map(Number);
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      if (code === 0) [colour, bold, dim] = ['', false, false];
      else if (code === 1) bold = true;
      else if (code === 2) dim = true;
      else if (code === 22) bold = dim = false;
      else if (code === 39) colour = '';
      else if (code >= 30 && code <= 37) colour = COLOURS[code - 30]!;
      else if (code >= 90 && code <= 97) colour = COLOURS[code - 90]!;
      else if (code === 38 || code === 48) i += codes[i + 1] === 5 ? 2 : 4;
    }
  }
  push(text.slice(at));
  return spans;
}
