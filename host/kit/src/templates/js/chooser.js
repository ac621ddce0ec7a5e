// Whom to ask: the cheapest who can start now.
import { log } from 'jackfield:plugin/log@1.1.0';

export const about = {
  identify: () => ({ name: '{{name}}', version: '0.1.0', summary: '{{summary}}' }),
};

export const choosing = {
  choose(now, task, candidates, budget) {
    const ready = candidates
      .map((candidate, place) => ({ candidate, place, price: price(candidate) }))
      .filter(({ candidate }) => canStart(candidate, now) && suits(candidate, task));
    // Whose price is not known comes last; who is as cheap as another keeps its place.
    ready.sort((one, other) => order(one.price) - order(other.price));
    if (ready.length === 0) log('warn', 'nobody can start now');
    return ready.map(({ place, price }) => ({
      candidate: place,
      effort: task.effort ?? 'medium',
      reason: reason(price),
    }));
  },

  next(now, task, history, candidates, budget) {
    const last = history.at(-1);
    if (last?.succeeded) return { tag: 'done', val: `${last.executor} did it` };
    if (last?.class === 'budget' || last?.class === 'cancelled') {
      return { tag: 'stop', val: 'it was called off, or the money is spent' };
    }
    const tried = ({ executor, model }) =>
      history.some((past) => past.executor === executor && past.model === model);
    const choice = choosing
      .choose(now, task, candidates, budget)
      .find((choice) => !tried(candidates[choice.candidate]));
    if (choice) return { tag: 'retry', val: choice };
    return { tag: 'human', val: 'everybody who can start has tried' };
  },
};

// Large numbers come as BigInt, what is not there as undefined.
function canStart(candidate, now) {
  const { installed, login, busy, slots, coolingUntil } = candidate;
  return installed && login !== 'logged-out' && busy < slots && !(coolingUntil > now);
}

// The shell runs the instruction as a command. The host offers it for commands only; decisions on record may be older.
function suits({ executor }, { taskType }) {
  return executor !== 'shell' || taskType === 'command';
}

function price({ free, rates }) {
  if (free) return 0n;
  return rates && rates.input + rates.output;
}

function order(price) {
  return price === undefined ? Infinity : Number(price);
}

function reason(price) {
  if (price === undefined) return 'it can start now at a price that is not known';
  return price === 0n ? 'it can start now and is free' : `it can start now and costs ${price}`;
}
