// Amounts, times and counts as text.

export function money(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return '–';
  if (usd === 0) return '$0.00';
  if (Math.abs(usd) < 0.01) return `$${usd.toFixed(4)}`;
  if (Math.abs(usd) >= 10_000) return `$${Math.round(usd).toLocaleString('en-US')}`;
  return `$${usd.toFixed(2)}`;
}

export function count(n: number | null | undefined): string {
  if (n === null || n === undefined) return '–';
  if (n < 10_000) return n.toLocaleString('en-US');
  if (n < 1_000_000) return `${(n / 1_000).toFixed(n < 100_000 ? 1 : 0)}k`;
  return `${(n / 1_000_000).toFixed(1)}M`;
}

/** A share of one as a whole percentage. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function bytes(n: number): string {
  if (n < 1_024) return `${n} B`;
  if (n < 1_048_576) return `${(n / 1_024).toFixed(1)} KiB`;
  return `${(n / 1_048_576).toFixed(1)} MiB`;
}

/** A length of time: `0.4 s`, `41 s`, `4m 12s`, `3h 05m`, `2d 4h`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return '–';
  if (ms < 0) ms = 0;
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const s = Math.round(ms / 1_000);
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  if (m < 60) return `${m}m ${String(s % 60).padStart(2, '0')}s`;
  const h = Math.floor(m / 60);
  if (h < 48) return `${h}h ${String(m % 60).padStart(2, '0')}m`;
  return `${Math.floor(h / 24)}d ${h % 24}h`;
}

/** How long ago, or how soon: `just now`, `4 min ago`, `in 12 s`. */
export function relative(at: number, now: number): string {
  const ms = at - now;
  const s = Math.abs(ms) / 1_000;
  if (s < 5 && ms <= 0) return 'just now';
  let text: string;
  if (s < 60) text = `${Math.round(s)} s`;
  else if (s < 3_600) text = `${Math.floor(s / 60)} min`;
  else if (s < 86_400 * 2) text = `${Math.floor(s / 3_600)} h`;
  else text = `${Math.floor(s / 86_400)} days`;
  return ms > 0 ? `in ${text}` : `${text} ago`;
}

export function clockTime(at: string | number | Date): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

export function exact(at: string | number | Date): string {
  const date = new Date(at);
  return `${date.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' })} ${date.toLocaleTimeString('en-GB', { timeZoneName: 'short' })}`;
}

/** The last characters of an id tell runs of one day apart. */
export function shortId(id: string): string {
  return id.length > 12 ? id.slice(-6) : id;
}

export function shortDigest(digest: string): string {
  const hex = digest.replace(/^\w+:/, '');
  return hex.slice(0, 12);
}

/** `needs_review` → `needs review`. */
export function words(name: string): string {
  return name.replaceAll('_', ' ');
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
