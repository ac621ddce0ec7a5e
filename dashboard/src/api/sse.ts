// Reads server-sent events from a response body. `EventSource` cannot send the session key.

export interface ServerEvent {
  id: string | null;
  event: string;
  data: string;
}

/** Cuts text into events; what is incomplete waits for the next piece. */
export class EventCutter {
  #rest = '';
  #id: string | null = null;
  #event = '';
  #data: string[] = [];

  push(piece: string): ServerEvent[] {
    const found: ServerEvent[] = [];
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (this.#data.length > 0) {
          found.push({ id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') });
        }
        this.#event = '';
        this.#data = [];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'data') this.#data.push(value);
      else if (field === 'event') this.#event = value;
      else if (field === 'id') this.#id = value;
    }
    return found;
  }
}

/** Hands on events in groups, as they arrive together, until the body ends. `heard` is called for comments too. */
export async function readEvents(
  response: Response,
  handle: (events: ServerEvent[]) => void,
  heard: () => void = () => {},
): Promise<void> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const cutter = new EventCutter();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const events = cutter.push(value);
    if (events.length > 0) handle(events);
  }
}
