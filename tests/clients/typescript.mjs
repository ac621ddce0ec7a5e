// The TypeScript SDK as a client: opens, lists, executes, errs; what it saw goes to standard output as
// JSON. Called with the server's URL, the token and the workspace.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [url, token, workspace] = process.argv.slice(2);

const transport = new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${token}` } },
});
const client = new Client({ name: "typescript", version: "1" });
await client.connect(transport);

const { tools } = await client.listTools();

const progress = [];
const executed = await client.callTool(
  {
    name: "execute",
    arguments: {
      instruction: "echo made over MCP > made.txt",
      executor: "shell",
      workspace,
    },
  },
  undefined,
  { onprogress: (told) => progress.push(told) },
);
const misspelt = await client.callTool({
  name: "execute",
  arguments: { instruction: "true", workspace, verbositty: "full" },
});
const absent = await client.callTool({ name: "perform", arguments: {} }).then(
  () => "it was called",
  (error) => ({ code: error.code, message: error.message }),
);

console.log(
  JSON.stringify({
    server: client.getServerVersion(),
    instructions: client.getInstructions(),
    capabilities: client.getServerCapabilities(),
    tools,
    progress,
    executed,
    misspelt,
    absent,
  }),
);
await client.close();
