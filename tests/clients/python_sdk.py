"""The Python SDK as a client, in the era that it is told: what `typescript2.mjs` does, but for the aborted call."""

import asyncio
import json
import sys

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import PromptReference


async def main(url: str, token: str, workspace: str, mode: str) -> None:
    progress: list[dict] = []

    async def told(done: float, total: float | None, message: str | None) -> None:
        progress.append({"progress": done, "message": message})

    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            tools = await client.list_tools()
            arguments = {
                "instruction": "echo made over MCP > made.txt",
                "executor": "shell",
                "workspace": workspace,
            }
            executed = await client.call_tool("execute", arguments, progress_callback=told)
            run = executed.structured_content["run_id"]
            log = await client.read_resource(f"run://{run}/log")
            prompted = await client.get_prompt("explain_run", {"run_id": run})
            reference = PromptReference(type="ref/prompt", name="explain_run")
            completed = await client.complete(reference, {"name": "run_id", "value": run[:8]})
            try:
                await client.read_resource("run://last/log")
                absent = "it was read"
            except MCPError as error:
                absent = {"code": error.error.code, "message": error.error.message}
            saw = {
                "protocol": client.protocol_version,
                "server": client.server_info.model_dump(mode="json", by_alias=True, exclude_none=True),
                "tools": [tool.name for tool in tools.tools],
                "progress": progress,
                "executed": executed.model_dump(mode="json", by_alias=True, exclude_none=True),
                "log": log.contents[0].text,
                "prompted": prompted.messages[1].content.resource.text,
                "completed": completed.completion.values,
                "absent": absent,
            }
            print(json.dumps(saw))


asyncio.run(main(*sys.argv[1:]))
