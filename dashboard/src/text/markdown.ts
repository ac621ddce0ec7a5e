// Markdown as tokens: the lexer of `marked` only. Raw HTML stays text, and links keep to safe schemes.
import { Lexer, type Token, type Tokens } from 'marked';

export type { Token };

/** Most of a text that is read as Markdown. The rest is shown as plain text. */
export const CAPS = {
  characters: 64 * 1024,
  lines: 2_000,
  /** Elements in the document. */
  tokens: 4_000,
  /** The lexer takes quadratic time for some texts without a blank line. */
  block: 16 * 1024,
  /** Quotes and lists in each other: the lexer and the components call themselves for each level. */
  depth: 24,
};

export interface Prepared {
  tokens: Token[];
  /** What is left over the caps, as it was written. */
  rest: string;
}

/** The tokens of a text within the caps, ready to be shown. */
export function prepare(text: string): Prepared {
  const at = within(text);
  let all: Token[];
  try {
    all = new Lexer({ gfm: true }).lex(text.slice(0, at));
  } catch {
    return { tokens: [], rest: text };
  }
  const tokens: Token[] = [];
  let left = CAPS.tokens;
  for (const token of all) {
    left -= count(token);
    if (left < 0) break;
    tokens.push(token);
  }
  const dropped = all.slice(tokens.length).map((token) => token.raw).join('');
  tokens.forEach((token) => prune(token, 0));
  level(tokens);
  return { tokens, rest: dropped + text.slice(at) };
}

/** How many characters of a text are within the caps: whole lines, if there are any. */
function within(text: string): number {
  let at = 0;
  let block = 0;
  for (let line = 0; line < CAPS.lines && at < text.length; line++) {
    const end = text.indexOf('\n', at);
    const next = end < 0 ? text.length : end + 1;
    const content = text.slice(at, Math.min(next, at + CAPS.block));
    block = content.trim() === '' ? 0 : block + (next - at);
    if (next > CAPS.characters || block > CAPS.block || containers(content) > CAPS.depth) return at;
    at = next;
  }
  return at;
}

/** How many quotes and lists a line begins. */
function containers(line: string): number {
  let found = 0;
  const marker = /[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))/y;
  while (found <= CAPS.depth && marker.test(line)) found++;
  return found;
}

function children(token: Token): Token[] {
  if (token.type === 'list') return (token as Tokens.List).items;
  if (token.type === 'table') {
    const { header, rows } = token as Tokens.Table;
    return [...header, ...rows.flat()].flatMap((cell) => cell.tokens);
  }
  return (token as { tokens?: Token[] }).tokens ?? [];
}

/** With a stack of its own: the depth of hostile tokens is not known yet. */
function count(token: Token): number {
  let found = 0;
  for (const stack = [token]; stack.length > 0; found++) {
    const one = stack.pop()!;
    if (one.type === 'table') found += ((one as Tokens.Table).rows.length + 1) * (one as Tokens.Table).header.length;
    stack.push(...children(one));
    if (found > CAPS.tokens) break;
  }
  return found;
}

/** Cuts what is nested too deep: it is shown as it was written. */
function prune(token: Token, depth: number): void {
  const inner = children(token);
  if (depth < CAPS.depth * 2) return inner.forEach((one) => prune(one, depth + 1));
  if (inner.length === 0) return;
  const raw: Token = { type: 'text', raw: token.raw, text: token.raw };
  // An item keeps its type: its list shows it.
  if (token.type === 'list_item') (token as Tokens.ListItem).tokens = [raw];
  else Object.assign(token, raw, { tokens: undefined, items: [] });
}

/** Headings begin at one level, whatever the text begins with: readers of the page see no gap. */
function level(tokens: Token[]): void {
  const headings = tokens.filter((token): token is Tokens.Heading => token.type === 'heading');
  const known = [...new Set(headings.map(({ depth }) => depth))].sort((a, b) => a - b);
  for (const heading of headings) heading.depth = known.indexOf(heading.depth) + 1;
}

/** The address of a link if it may be followed, else null. */
export function safeHref(href: string): string | null {
  const trimmed = href.trim();
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(trimmed)) return null;
  try {
    const url = new URL(trimmed);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** The document that a relative link leads to, as a path in the folder of the card; null: it leads elsewhere. */
export function documentOf(href: string, from: string): string | null {
  const path = href.trim().split(/[?#]/, 1)[0]!;
  // eslint-disable-next-line no-control-regex
  if (!path || /^[a-z][a-z0-9+.-]*:/i.test(path) || /^[/\\]|[\\\u0000-\u001f\u007f]/.test(path)) return null;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  const parts = from.split('/').slice(0, -1);
  for (const part of decoded.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return null;
    } else if (part && part !== '.') parts.push(part);
  }
  return parts.join('/') || null;
}

export const isMarkdown = (path: string): boolean => /\.(md|markdown)$/i.test(path);

/** The real host, shown beside a link whose text is another. */
export function hostOf(href: string): string {
  const url = new URL(href);
  return url.protocol === 'mailto:' ? url.pathname : url.host;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** The lexer escapes some texts for HTML; text nodes need them plain. */
export function plain(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '');
}
