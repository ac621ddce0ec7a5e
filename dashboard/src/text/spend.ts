// Spend rows as stacked bars: one bar a day, one part an executor.
import type { SpendingDay } from '../api/types';

export interface SpendDay {
  day: string;
  total: number;
  parts: { name: string; cost: number }[];
}

export interface SpendTable {
  days: SpendDay[];
  /** The most expensive first; beyond `most`, the rest is one. */
  names: string[];
  totals: Map<string, number>;
  total: number;
  highest: number;
}

export function stack(rows: SpendingDay[], days: number, today: Date, by: (row: SpendingDay) => string = (row) => row.executor, most = 5): SpendTable {
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(by(row), (totals.get(by(row)) ?? 0) + row.cost);
  const sorted = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const names = sorted.length > most + 1 ? [...sorted.slice(0, most), 'others'] : sorted;
  const nameOf = (row: SpendingDay): string => (names.includes(by(row)) ? by(row) : 'others');
  const byDay = new Map<string, Map<string, number>>();
  for (let i = days - 1; i >= 0; i--) byDay.set(new Date(today.getTime() - i * 86_400_000).toISOString().slice(0, 10), new Map());
  for (const row of rows) {
    const day = byDay.get(row.day);
    day?.set(nameOf(row), (day.get(nameOf(row)) ?? 0) + row.cost);
  }
  const list = [...byDay].map(([day, parts]) => ({
    day,
    total: [...parts.values()].reduce((sum, cost) => sum + cost, 0),
    parts: names.map((name) => ({ name, cost: parts.get(name) ?? 0 })).filter((part) => part.cost > 0),
  }));
  const grouped = new Map<string, number>();
  for (const row of rows) grouped.set(nameOf(row), (grouped.get(nameOf(row)) ?? 0) + row.cost);
  return { days: list, names, totals: grouped, total: list.reduce((sum, day) => sum + day.total, 0), highest: Math.max(0, ...list.map((day) => day.total)) };
}

/** A round number at or above the highest value, for the top of an axis. */
export function niceTop(highest: number): number {
  if (highest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((top) => top >= highest) ?? highest;
}
