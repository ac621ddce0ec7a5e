// How to drive one agent program: here one that takes the instruction on its standard input and prints its
// answer as plain text. Put your program in the place of `cat`.

export const about = {
  identify: () => ({ name: '{{name}}', version: '0.1.0', summary: '{{summary}}' }),
};

const PROGRAM = { name: 'cat', install: 'It comes with every system.' };

// One run's standard output, split anywhere.
class Reading {
  constructor() {
    this.decoder = new TextDecoder();
    this.partial = '';
    this.lines = [];
  }

  feed(bytes) {
    const lines = (this.partial + this.decoder.decode(bytes, { stream: true })).split('\n');
    this.partial = lines.pop();
    return lines.filter((line) => line.trim()).map((line) => this.told(line));
  }

  finish({ code, stderr }) {
    const rest = this.partial + this.decoder.decode();
    if (rest.trim()) this.told(rest);
    const last = stderr.trim().split('\n').at(-1);
    const message = code === undefined ? 'it was ended by a signal'
      : `it exited with code ${code}${last ? `: ${last}` : ''}`;
    const verdict = code === 0 ? { tag: 'completed' } : { tag: 'failed', val: { class: 'unknown', message } };
    const nothing = { input: 0n, cachedInput: 0n, cacheWrite: 0n, output: 0n, reasoning: 0n };
    return { verdict, text: this.lines.join('\n'), usage: { ...nothing, estimated: false }, denied: [] };
  }

  told(line) {
    this.lines.push(line);
    return { tag: 'text', val: line };
  }
}

// True: the program runs the instruction as a command, as a shell does. Such an executor is offered to a chooser for
// tasks of type `command` only.
export const instructing = { runsAsCommand: () => false };

export const driving = {
  describe: () => ({ programs: [PROGRAM], environment: [], models: [], capabilities: { free: true } }),

  probes: () => [{ name: 'version', argv: [PROGRAM.name, '--version'], timeout: 10_000n }],

  readProbes([result]) {
    const installed = result?.code === 0;
    const version = installed ? result.stdout.trim().split('\n')[0] || undefined : undefined;
    return { installed, version, login: 'unknown', remedy: installed ? undefined : PROGRAM.install };
  },

  plan(request) {
    const stdin = new TextEncoder().encode(request.instruction);
    return { argv: [PROGRAM.name], stdin, environment: [], files: [], finalGrace: 5_000n };
  },

  Reading,
};
