import { describe, expect, it } from 'vitest';
import { CAPS, documentOf, hostOf, plain, prepare, safeHref, type Token } from './markdown';

describe('safeHref', () => {
  it('takes web and mail addresses only', () => {
    expect(safeHref('https://example.com/a?b')).toBe('https://example.com/a?b');
    expect(safeHref('mailto:a@b.c')).toBe('mailto:a@b.c');
    for (const bad of ['javascript:alert(1)', ' JaVaScRiPt:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', '//evil.example', '/api/runs', 'file:///etc/passwd', 'blob:https://x/y']) {
      expect(safeHref(bad), bad).toBeNull();
    }
  });

  it('names the real host', () => {
    expect(hostOf('https://user@evil.example/path')).toBe('evil.example');
  });
});

describe('documentOf', () => {
  const of = (href: string, from = 'hypotheses/one.md') => documentOf(href, from);

  it('resolves relative links in the folder of the card', () => {
    expect([of('two.md'), of('./two.md#why'), of('../prd.md?x=1'), of('a%20b.md'), of('../prd.md', 'x.md'), of('x/y.md', 'a.md')]).toEqual(['hypotheses/two.md', 'hypotheses/two.md', 'prd.md', 'hypotheses/a b.md', null, 'x/y.md']);
  });

  it('knows no other', () => {
    for (const bad of ['', '#top', '/etc/passwd', '//evil.example', 'javascript:alert(1)', 'JAVASCRIPT:x', 'data:x', '\\\\evil', 'a%00.md', '%E0%A4%A', '../../x.md', 'https://example.com/prd.md']) {
      const found = of(bad);
      expect(found === null || found === 'hypotheses/a\u0000.md', bad).toBe(true);
    }
  });
});

describe('prepare', () => {
  const types = (text: string) => prepare(text).tokens.map(({ type }) => type);

  it('keeps raw HTML as a token of its own, never parsed', () => {
    const { tokens } = prepare('<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>');
    expect(tokens.every((token) => token.type === 'html' || token.type === 'space')).toBe(true);
  });

  it('reads tables, task lists and rules', () => {
    expect(types('# A\n\n|a|b|\n|-|-|\n|1|2|\n\n- [x] done\n\n---\n').filter((type) => type !== 'space')).toEqual(['heading', 'table', 'list', 'hr']);
  });

  it('begins headings at one level without gaps', () => {
    const depths = prepare('### A\n\n##### B\n\n### C').tokens.flatMap((token) => (token.type === 'heading' ? [token.depth] : []));
    expect(depths).toEqual([1, 2, 1]);
  });

  it('loses nothing over the caps', () => {
    const texts = { lines: 'a\n\n'.repeat(50_000), words: 'word '.repeat(100_000), items: '- a\n'.repeat(4_000), cells: `${'|a'.repeat(3_000)}\n${'|-'.repeat(3_000)}\n`, line: `intro\n\n${'x'.repeat(70_000)}` };
    for (const [name, text] of Object.entries(texts)) {
      const { tokens, rest } = prepare(text);
      const raw = tokens.map((token) => token.raw).join('');
      expect(rest.length, name).toBeGreaterThan(0);
      expect(raw.length, name).toBeLessThanOrEqual(CAPS.characters);
      expect(text.startsWith(raw) && text.endsWith(rest) && raw.length + rest.length === text.length, name).toBe(true);
    }
    expect(prepare('short').rest).toBe('');
  });

  it('survives deep nesting', () => {
    const nested = Array.from({ length: 200 }, (_, depth) => `${' '.repeat(2 * depth)}- a`).join('\n');
    const deepest = (tokens: Token[]): number => Math.max(0, ...tokens.map((token) => 1 + deepest([...('tokens' in token ? (token.tokens ?? []) : []), ...('items' in token ? (token.items as Token[]) : [])])));
    for (const text of ['>'.repeat(60_000), '> '.repeat(30_000), '- '.repeat(30_000), '1. '.repeat(20_000), nested, '*_'.repeat(8_000), '['.repeat(16_000), '__a'.repeat(5_000)]) {
      expect(deepest(prepare(text).tokens), text.slice(0, 8)).toBeLessThan(2 * CAPS.depth + 3);
    }
  });
});

describe('plain', () => {
  it('undoes escapes once', () => {
    expect(plain('&lt;b&gt; &amp;lt;')).toBe('<b> &lt;');
  });
});
