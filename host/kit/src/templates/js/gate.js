// May the task go on: only if no line of its files is too long.
import { files, read } from 'jackfield:plugin/evidence@1.1.0';

export const about = {
  identify: () => ({ name: '{{name}}', version: '0.1.0', summary: '{{summary}}' }),
};

// The examples are tried before the component serves.
const SCHEMA = {
  type: 'object', required: ['path'], additionalProperties: false,
  properties: {
    path: { type: 'string', description: 'A file, or a glob: src/**/*.rs' },
    most: { type: 'integer', minimum: 1, default: 120, description: 'Characters of a line' },
  },
  examples: [{ path: '**/*.md' }, { path: 'src/**/*.rs', most: 100 }],
};

const MOST_BYTES = 4 << 20;

export const gating = {
  kinds: () => [{ name: 'short_lines', summary: 'No line is too long.', schema: JSON.stringify(SCHEMA) }],

  evaluate(kind, config) {
    if (kind !== 'short_lines') refuse(`there is no gate ${kind} here, only short_lines`);
    const { path, most } = readConfig(config);
    for (const file of seen(() => files(path))) {
      const text = new TextDecoder().decode(seen(() => read(file, MOST_BYTES)));
      const at = text.split('\n').findIndex((line) => [...line.replace(/\r$/, '')].length > most);
      if (at >= 0) return ruling(false, `${file}:${at + 1} has more than ${most} characters`);
    }
    return ruling(true, `no line of ${path} has more than ${most} characters`);
  },
};

function ruling(passed, message) {
  return { passed, message, measurements: [] };
}

// The error of `evaluate`: what is wrong with the kind or the config.
function refuse(why) {
  throw { payload: why };
}

// What the host says no to comes as an exception with the reason in it.
function seen(look) {
  try {
    return look();
  } catch (error) {
    refuse(error.payload ?? String(error));
  }
}

function readConfig(text) {
  let config;
  try {
    config = JSON.parse(text);
  } catch (error) {
    refuse(error.message);
  }
  const unknown = Object.keys(config).find((name) => !['path', 'most'].includes(name));
  if (unknown) refuse(`\`${unknown}\` is not known; there are path and most`);
  const { path, most = 120 } = config;
  if (typeof path !== 'string' || !path.trim()) refuse('`path` is missing');
  if (!Number.isInteger(most) || most < 0) refuse('`most` is not a number');
  return { path, most };
}
