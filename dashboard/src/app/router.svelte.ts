// The address bar as state: path and query, and navigation without a page load.
import { routes, type Route } from './routes';

interface Place {
  path: string;
  query: URLSearchParams;
}

const here = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) });

class Router {
  place: Place = $state.raw(here());

  /** The page that serves the address, and its parameters. */
  match: { route: Route; params: Record<string, string> } | null = $derived(resolve(this.place.path));

  get path(): string {
    return this.place.path;
  }

  query(name: string): string | null {
    return this.place.query.get(name);
  }

  go(url: string, options: { replace?: boolean; keepScroll?: boolean } = {}): void {
    const before = this.place.path;
    history[options.replace ? 'replaceState' : 'pushState'](null, '', url);
    this.place = here();
    if (!options.keepScroll && before !== this.place.path) window.scrollTo(0, 0);
  }

  /** Changes parts of the query; null removes one. */
  setQuery(changes: Record<string, string | null>, options: { push?: boolean } = {}): void {
    const query = new URLSearchParams(this.place.query);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === '') query.delete(name);
      else query.set(name, value);
    }
    const text = query.toString();
    this.go(text ? `${this.path}?${text}` : this.path, { replace: !options.push, keepScroll: true });
  }

  /** Plain links of the app navigate without a page load. */
  listen(): void {
    window.addEventListener('popstate', () => (this.place = here()));
    document.addEventListener('click', (event) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
      const link = (event.target as Element | null)?.closest?.('a');
      if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
      if (link.hash && link.pathname === location.pathname) return;
      event.preventDefault();
      this.go(link.pathname + link.search);
    });
  }
}

/** Finds the route of a path; `:name` in a pattern takes one segment. */
export function resolve(path: string): { route: Route; params: Record<string, string> } | null {
  const segments = path.split('/').filter(Boolean);
  for (const route of routes) {
    const pattern = route.path.split('/').filter(Boolean);
    if (pattern.length !== segments.length) continue;
    const params: Record<string, string> = {};
    const fits = pattern.every((part, i) => {
      if (!part.startsWith(':')) return part === segments[i];
      params[part.slice(1)] = decode(segments[i]!);
      return true;
    });
    if (fits) return { route, params };
  }
  return null;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export const router = new Router();
