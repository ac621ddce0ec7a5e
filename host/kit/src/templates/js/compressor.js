// How short an answer is: one line, or the answer with what was changed.

export const about = {
  identify: () => ({ name: '{{name}}', version: '0.1.0', summary: '{{summary}}' }),
};

const STATES = { succeeded: 'done', failed: 'failed', cancelled: 'called off' };

export const compressing = {
  levels: () => [
    { name: 'headline', tokenBudget: 40, summary: 'One line' },
    { name: 'changes', tokenBudget: 400, summary: 'The answer, and every file that was changed' },
  ],

  compress(level, report) {
    const state = STATES[report.state] ?? 'under way';
    const what = firstLine(report.instruction, 80);
    const headline = `${state}: ${what} (${report.files.length} files, by ${report.executor})`;
    if (level === 'headline') return headline;
    const files = report.files.map(({ path, added, removed }) => `\n${path} +${added} -${removed}`);
    return `${headline}\n\n${report.answer.trim()}\n${files.join('')}`.trimEnd();
  },
};

function firstLine(text, most) {
  const line = text.split('\n').map((line) => line.trim()).find((line) => line) ?? '';
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
