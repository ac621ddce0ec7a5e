// Calls of the host's REST routes: the session key on each call, problem documents as errors.
import { asProblem, problemOf } from './problem';
import type { paths } from './schema';

const KEY = 'jackfield.key';

type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;
type GetOf<P extends keyof paths> = paths[P] extends { get: { responses: { 200: infer Ok } } } ? Json<Ok> : never;
type Known = { [P in keyof paths]: GetOf<P> extends never ? never : P }[keyof paths];

/** What a GET route answers. */
export type Got<P extends Known> = GetOf<P>;

export type Params = Record<string, string>;
export type Query = Record<string, string | number | boolean | null | undefined>;

interface CallOptions {
  params?: Params;
  query?: Query;
  signal?: AbortSignal;
}

let signedOut: () => void = () => {};

/** Called once a call is answered with 401. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler;
}

export function sessionKey(): string | null {
  return localStorage.getItem(KEY);
}

export function keepSessionKey(key: string | null): void {
  if (key === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, key);
}

/** The address of a route: `{name}` filled from params, the query appended. */
export function address(path: string, params: Params = {}, query: Query = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${filled}?${text}` : filled;
}

/** One HTTP call. Throws a Problem unless the answer is a success. */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = sessionKey();
  if (key) headers.set('x-jackfield-key', key);
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers, credentials: 'same-origin' });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw asProblem(error);
  }
  if (response.ok || response.status === 304) return response;
  if (response.status === 401) signedOut();
  throw await problemOf(response);
}

export async function get<P extends Known>(path: P, options: CallOptions = {}): Promise<Got<P>> {
  const response = await send(address(path, options.params, options.query), { signal: options.signal });
  return (await response.json()) as Got<P>;
}

/** A list with what its headers say: whether more follows, and the event number that it is as of. */
export async function getPage<P extends Known>(
  path: P,
  options: CallOptions = {},
): Promise<{ items: Got<P>; next: string | null; asOf: number | null }> {
  const response = await send(address(path, options.params, options.query), { signal: options.signal });
  const asOf = response.headers.get('jackfield-as-of');
  return {
    items: (await response.json()) as Got<P>,
    next: nextCursor(response.headers.get('link')),
    asOf: asOf === null ? null : Number(asOf),
  };
}

export async function getText(path: string, options: CallOptions = {}): Promise<string> {
  return (await send(address(path, options.params, options.query), { signal: options.signal })).text();
}

/** POST, PATCH or DELETE with a JSON body. */
export async function call<T = unknown>(
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  params: Params = {},
  body?: unknown,
): Promise<T> {
  const response = await send(address(path, params), {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Fetches a file with the session key and hands it to the browser as a download. */
export async function download(path: string, options: CallOptions, name: string): Promise<void> {
  const blob = await (await send(address(path, options.params, options.query))).blob();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The `before` of the next page, from a `Link` header. */
export function nextCursor(link: string | null): string | null {
  const match = link?.match(/<([^>]*)>;\s*rel="?next"?/);
  if (!match) return null;
  return new URLSearchParams(match[1]!.split('?')[1] ?? '').get('before');
}
