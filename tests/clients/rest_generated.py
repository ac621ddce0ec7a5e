"""Work over REST through the client that openapi-python-client made from the description, and nothing else."""

import json
import sys

url, token, workspace, folder = sys.argv[1:]
sys.path.insert(0, folder)

from jackfield_client import AuthenticatedClient  # noqa: E402
from jackfield_client.api.components import list_plugins  # noqa: E402
from jackfield_client.api.money import breaker  # noqa: E402
from jackfield_client.api.people import create_human_task, update_human_task  # noqa: E402
from jackfield_client.api.runs import dispatch, execute, get_run, list_runs, result, run_diff, run_logs  # noqa: E402
from jackfield_client.api.tasks import explain, get_task  # noqa: E402
from jackfield_client.models import (  # noqa: E402
    ExecuteRequest,
    HumanTaskEdit,
    HumanTaskRequest,
    ProblemDocument,
    RunState,
)


def request(instruction: str) -> ExecuteRequest:
    return ExecuteRequest(instruction=instruction, executor="shell", workspace=workspace)


with AuthenticatedClient(base_url=url, token=token, timeout=60) as client:
    answer = execute.sync(client=client, body=request("echo made by a generated client > made.txt"))
    assert answer.state == RunState.SUCCEEDED, answer
    view = get_run.sync(answer.run_id, client=client)
    tagged = get_run.sync_detailed(answer.run_id, client=client)
    again = get_run.sync_detailed(answer.run_id, client=client, if_none_match=tagged.headers["etag"])
    handles = [
        dispatch.sync(client=client, body=request("echo once"), idempotency_key="the-same") for _ in range(2)
    ]
    waited = result.sync(handles[0].run_id, client=client, wait_s=45, verbosity="summary")
    runs = list_runs.sync(client=client, state=RunState.SUCCEEDED, limit=10)
    logs = run_logs.sync(answer.run_id, client=client)
    task = get_task.sync(answer.task_id, client=client)
    why = explain.sync(answer.task_id, client=client)
    todo = create_human_task.sync(client=client, body=HumanTaskRequest(title="look at it", priority=3))
    done = update_human_task.sync(todo.id, client=client, body=HumanTaskEdit(state="done"))
    refused = execute.sync(client=client, body=ExecuteRequest(instruction="", workspace=workspace))
    assert isinstance(refused, ProblemDocument), refused
    print(
        json.dumps(
            {
                "state": str(answer.state),
                "branch": answer.attempt.branch,
                "chosen": view.attempts[0].executor,
                "again": int(again.status_code),
                "handles": [handle.run_id for handle in handles],
                "waited": waited.text,
                "runs": len(runs),
                "kinds": [event.kind for event in logs],
                "diff": run_diff.sync_detailed(answer.run_id, client=client).content.decode(),
                "attempts": len(task.runs[0].attempts),
                "steps": [str(step.kind) for step in why.steps],
                "done": str(done.state),
                "breaker": str(breaker.sync(client=client).state),
                "components": len(list_plugins.sync(client=client).plugins),
                "refused": [refused.code, refused.remedy],
            }
        )
    )
