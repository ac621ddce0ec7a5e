// The second TypeScript SDK as a client, in the era that it is told: opens, lists, executes, reads, is prompted and
// completed, and aborts a call. What it saw goes to standard output as JSON. Called with the server's URL, the token, the
// workspace and `legacy` or `auto`.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const [url, token, workspace, mode] = process.argv.slice(2);

const transport = new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${token}` } },
});
const client = new Client({ name: "typescript2", version: "1" }, { versionNegotiation: { mode } });
await client.connect(transport);

const { tools } = await client.listTools();
const progress = [];
const request = (command) => ({
  name: "execute",
  arguments: { instruction: command, executor: "shell", workspace, on_close: "cancel" },
});
const executed = await client.callTool(request("echo made over MCP > made.txt"), {
  onprogress: (told) => progress.push(told),
});
const run = executed.structuredContent.run_id;
const log = await client.readResource({ uri: `run://${run}/log` });
const prompted = await client.getPrompt({ name: "explain_run", arguments: { run_id: run } });
const completed = await client.complete({
  ref: { type: "ref/prompt", name: "explain_run" },
  argument: { name: "run_id", value: run.slice(0, 8) },
});
const absent = await client.readResource({ uri: "run://last/log" }).then(
  () => "it was read",
  (error) => ({ code: error.code, message: error.message }),
);

const aborting = new AbortController();
const aborted = await client
  .callTool(request("sleep 600"), {
    signal: aborting.signal,
    onprogress: (told) => /shell started|agent started|at work|started/.test(told.message) && aborting.abort(),
  })
  .then(
    () => "it was answered",
    (error) => String(error),
  );

console.log(
  JSON.stringify({
    protocol: client.getNegotiatedProtocolVersion(),
    server: client.getServerVersion(),
    tools: tools.map((tool) => tool.name),
    progress,
    executed,
    log: log.contents[0].text,
    prompted: prompted.messages[1].content.resource.text,
    completed: completed.completion.values,
    absent,
    aborted,
  }),
);
await client.close();
