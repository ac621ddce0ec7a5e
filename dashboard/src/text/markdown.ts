// Markdown as tokens: the lexer of `marked` only. Raw HTML stays text, and links keep to safe schemes.
import { Lexer, type Token } from 'marked';

export type { Token };

const MOST = 64 * 1024;

export function lex(text: string): Token[] {
  return new Lexer({ gfm: true }).lex(text.length > MOST ? `${text.slice(0, MOST)}\n\n… cut` : text);
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
