import { describe, expect, it } from 'vitest';
import { hostOf, lex, plain, safeHref } from './markdown';

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

describe('lex', () => {
  it('keeps raw HTML as a token of its own, never parsed', () => {
    const tokens = lex('<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>');
    expect(tokens.every((token) => token.type === 'html' || token.type === 'space')).toBe(true);
  });

  it('cuts very long texts', () => {
    expect(lex(`${'word '.repeat(100_000)}`).map((token) => token.raw).join('').length).toBeLessThan(70_000);
  });
});

describe('plain', () => {
  it('undoes escapes once', () => {
    expect(plain('&lt;b&gt; &amp;lt;')).toBe('<b> &lt;');
  });
});
