// Icons as paths on a 16 × 16 grid, drawn with a stroke.
export const icons = {
  now: 'M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z',
  inbox: 'M2 9.5 4 3h8l2 6.5V13H2V9.5Zm0 0h3.5l1 1.5h3l1-1.5H14',
  work: 'M2.5 4h1M6 4h7.5M2.5 8h1M6 8h7.5M2.5 12h1M6 12h7.5',
  money: 'M2 13.5h12M4 11V7.5M8 11V3M12 11V5.5',
  plugin: 'M6 2v3M10 2v3M4 5h8v3.5a4 4 0 0 1-8 0V5Zm4 7.5V15',
  executor: 'M3 4l4 4-4 4M8.5 12H13',
  worker: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01',
  events: 'M2 8h3l2-5 3 10 2-5h2',
  settings: 'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.7-1.3L14 14',
  plus: 'M8 3v10M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M5.5 5.5h8v8h-8zM10.5 3V2.5h-8v8H3',
  chevron: 'M6 4l4 4-4 4',
  stop: 'M4 4h8v8H4z',
  retry: 'M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3',
  external: 'M7 3H3v10h10V9M9.5 2.5h4v4M13 3 7.5 8.5',
  download: 'M8 2v8M5 7.5 8 10.5l3-3M3 13.5h10',
  branch: 'M5 4.5v7M5 4.5a1.5 1.5 0 1 0 0-.01M5 13a1.5 1.5 0 1 0 0-.01M11 6.5a1.5 1.5 0 1 0 0-.01C11 9 8 9 5.5 10.5',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  up: 'M4 10l4-4 4 4',
  down: 'M4 6l4 4 4-4',
} as const;

export type IconName = keyof typeof icons;
