import { describe, expect, it } from 'vitest';
import { layFlowchart, readFlowchart } from './flowchart';

describe('readFlowchart', () => {
  it('reads what the compressors write', () => {
    const chart = readFlowchart('flowchart LR\na["claude succeeded, checks passed"]-->b["src/f1.rs +6 -4<br>new src/tabs.rs +25"]-->c["$1.09, 2s"]');
    expect(chart?.nodes.map((node) => node.lines)).toEqual([['claude succeeded, checks passed'], ['src/f1.rs +6 -4', 'new src/tabs.rs +25'], ['$1.09, 2s']]);
    expect(chart?.edges).toEqual([{ from: 'a', to: 'b', label: '' }, { from: 'b', to: 'c', label: '' }]);
  });

  it('reads labels of arrows and escaped quotes', () => {
    const chart = readFlowchart('flowchart TD\na["say #quot;hi#quot;"] -- because --> b\nb -->|then| c["#60;b#62;"]');
    expect(chart?.edges.map((edge) => edge.label)).toEqual(['because', 'then']);
    expect(chart?.nodes[0]!.lines).toEqual(['say "hi"']);
    expect(chart?.nodes[2]!.lines).toEqual(['<b>']);
  });

  it('refuses anything else', () => {
    expect(readFlowchart('sequenceDiagram\na->>b: hi')).toBeNull();
    expect(readFlowchart('flowchart LR\na["x"] --> ')).toBeNull();
    expect(readFlowchart('flowchart LR\nclick a "javascript:alert(1)"')).toBeNull();
    expect(readFlowchart('hello')).toBeNull();
  });
});

describe('layFlowchart', () => {
  it('places layers from left to right, without overlaps', () => {
    const placed = layFlowchart(readFlowchart('flowchart LR\na["a"]-->b["b"]\na-->c["c"]\nb-->d["d"]\nc-->d')!);
    const [a, b, c, d] = placed.nodes;
    expect(a!.x).toBeLessThan(b!.x);
    expect(b!.x).toBe(c!.x);
    expect(Math.abs(b!.y - c!.y)).toBeGreaterThanOrEqual(b!.height);
    expect(d!.x + d!.width).toBeLessThanOrEqual(placed.width);
  });

  it('ends on a cycle', () => {
    expect(layFlowchart(readFlowchart('flowchart LR\na["a"]-->b["b"]-->a')!).nodes).toHaveLength(2);
  });
});
