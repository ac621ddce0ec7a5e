// Reads a JSON array of Mermaid diagrams from standard input and prints a JSON array with one
// entry for each that the real parser does not take: { index, message }.
//
// The parser wants a browser's document to clean labels with, hence jsdom; it is set up before
// Mermaid is loaded, because Mermaid looks for it while loading.
import { JSDOM } from "jsdom";
import { text } from "node:stream/consumers";

const { window } = new JSDOM("<!doctype html><body></body>");
globalThis.window = window;
globalThis.document = window.document;

const { default: mermaid } = await import("mermaid");
mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });

const refused = [];
for (const [index, diagram] of JSON.parse(await text(process.stdin)).entries()) {
  try {
    const { diagramType } = await mermaid.parse(diagram);
    if (!diagramType.startsWith("flowchart")) {
      refused.push({ index, message: `parsed as ${diagramType}` });
    }
  } catch (problem) {
    refused.push({ index, message: String(problem?.message ?? problem) });
  }
}
process.stdout.write(JSON.stringify(refused));
