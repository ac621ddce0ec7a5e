// Reads the part of Mermaid's `flowchart` that the host's compressors write: nodes with quoted labels and arrows.

export interface FlowNode {
  id: string;
  lines: string[];
}

export interface FlowEdge {
  from: string;
  to: string;
  label: string;
}

export interface Flowchart {
  direction: 'LR' | 'TD';
  nodes: FlowNode[];
  edges: FlowEdge[];
}

const MOST_NODES = 200;
const NODE = /^\s*([A-Za-z_]\w*)(?:\s*(\(\["|\["|\("|\{"|\[|\(|\{))?/;
const CLOSERS: Record<string, string> = { '(["': '"])', '["': '"]', '("': '")', '{"': '"}', '[': ']', '(': ')', '{': '}' };
const ARROW = /^\s*(?:(--+>|==+>|-\.->|---)(?:\|([^|]*)\|)?|--\s+(.+?)\s+--+>)\s*/;

/** Returns null for text that is not of this subset; it is shown as text then. */
export function readFlowchart(source: string): Flowchart | null {
  const lines = source.split(/\n|;\s*$/m).map((line) => line.trim()).filter((line) => line && !line.startsWith('%%'));
  const head = /^(?:flowchart|graph)\s+(LR|RL|TD|TB|BT)$/.exec(lines[0] ?? '');
  if (!head) return null;
  const nodes = new Map<string, FlowNode>();
  const edges: FlowEdge[] = [];
  for (const line of lines.slice(1)) {
    let rest = line;
    let before: string | null = null;
    let label = '';
    for (;;) {
      const node = readNode(rest);
      if (!node || nodes.size > MOST_NODES) return null;
      const known = nodes.get(node.id);
      if (!known) nodes.set(node.id, { id: node.id, lines: node.lines ?? [node.id] });
      else if (node.lines) known.lines = node.lines;
      if (before !== null) edges.push({ from: before, to: node.id, label });
      before = node.id;
      rest = node.rest;
      if (!rest.trim()) break;
      const arrow = ARROW.exec(rest);
      if (!arrow) return null;
      label = plain(arrow[2] ?? arrow[3] ?? '');
      rest = rest.slice(arrow[0].length);
    }
  }
  if (nodes.size === 0) return null;
  return { direction: head[1] === 'TD' || head[1] === 'TB' || head[1] === 'BT' ? 'TD' : 'LR', nodes: [...nodes.values()], edges };
}

function readNode(text: string): { id: string; lines: string[] | null; rest: string } | null {
  const match = NODE.exec(text);
  if (!match) return null;
  const opener = match[2];
  if (!opener) return { id: match[1]!, lines: null, rest: text.slice(match[0].length) };
  const closer = CLOSERS[opener]!;
  const end = text.indexOf(closer, match[0].length);
  if (end < 0) return null;
  const label = text.slice(match[0].length, end);
  return { id: match[1]!, lines: label.split(/<br\s*\/?>|\\n/).map(plain).filter(Boolean), rest: text.slice(end + closer.length) };
}

/** Mermaid writes special characters as `#quot;` and numbers. */
function plain(text: string): string {
  return text
    .replace(/^"|"$/g, '')
    .replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff)))
    .replace(/#(quot|amp|lt|gt|nbsp);/g, (_, name: string) => ({ quot: '"', amp: '&', lt: '<', gt: '>', nbsp: ' ' })[name] ?? '')
    .trim();
}

export interface Placed {
  nodes: (FlowNode & { x: number; y: number; width: number; height: number })[];
  edges: (FlowEdge & { x1: number; y1: number; x2: number; y2: number })[];
  width: number;
  height: number;
}

const CHARACTER = 7.8;
const BOLD = 8.2;
const LINE = 17;
const GAP = 44;

/** Places nodes in layers by the longest path from a start. `most` is the number of characters before a line is cut. */
export function layFlowchart(chart: Flowchart, most = 44): Placed {
  const layer = new Map(chart.nodes.map((node) => [node.id, 0]));
  for (let pass = 0; pass < chart.nodes.length; pass++) {
    let moved = false;
    for (const { from, to } of chart.edges) {
      const next = layer.get(from)! + 1;
      if (from !== to && next > layer.get(to)! && next < chart.nodes.length) {
        layer.set(to, next);
        moved = true;
      }
    }
    if (!moved) break;
  }
  const sized = chart.nodes.map((node) => {
    const lines = node.lines.slice(0, 8).map((line) => (line.length > most ? `${line.slice(0, most - 1)}…` : line));
    const widest = Math.max(40, ...lines.map((line, i) => line.length * (i === 0 ? BOLD : CHARACTER)));
    return { ...node, lines, x: 0, y: 0, width: Math.round(widest + 26), height: lines.length * LINE + 18 };
  });
  const layers: (typeof sized)[] = [];
  for (const node of sized) (layers[layer.get(node.id)!] ??= []).push(node);
  const across = chart.direction === 'LR';
  const thickness = layers.map((row) => Math.max(...row.map((node) => (across ? node.width : node.height))));
  const lengths = layers.map((row) => row.reduce((sum, node) => sum + (across ? node.height : node.width) + 16, -16));
  const longest = Math.max(...lengths);
  let main = 1;
  layers.forEach((row, i) => {
    let cross = 1 + (longest - lengths[i]!) / 2;
    for (const node of row) {
      node.x = across ? main : cross;
      node.y = across ? cross : main;
      cross += (across ? node.height : node.width) + 16;
    }
    main += thickness[i]! + GAP;
  });
  const byId = new Map(sized.map((node) => [node.id, node]));
  const edges = chart.edges.map((edge) => {
    const from = byId.get(edge.from)!;
    const to = byId.get(edge.to)!;
    return across
      ? { ...edge, x1: from.x + from.width, y1: from.y + from.height / 2, x2: to.x, y2: to.y + to.height / 2 }
      : { ...edge, x1: from.x + from.width / 2, y1: from.y + from.height, x2: to.x + to.width / 2, y2: to.y };
  });
  const length = main - GAP + 1;
  return { nodes: sized, edges, width: across ? length : longest + 2, height: across ? longest + 2 : length };
}
