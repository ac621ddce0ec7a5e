"""May the task go on: only if no line of its files is too long."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import about, gating
from wit_world.imports import evidence

# The examples are tried before the component serves.
SCHEMA = {
    "type": "object",
    "required": ["path"],
    "additionalProperties": False,
    "properties": {
        "path": {"type": "string", "description": "A file, or a glob: src/**/*.rs"},
        "most": {"type": "integer", "minimum": 1, "default": 120, "description": "Characters of a line"},
    },
    "examples": [{"path": "**/*.md"}, {"path": "src/**/*.rs", "most": 100}],
}

MOST_BYTES = 4 << 20


class About(exports.About):
    def identify(self):
        return about.Identity("{{name}}", "0.1.0", "{{summary}}")


class Gating(exports.Gating):
    def kinds(self):
        return [gating.GateKind("short_lines", "No line is too long.", json.dumps(SCHEMA))]

    def evaluate(self, kind, config):
        if kind != "short_lines":
            raise Err(f"there is no gate {kind} here, only short_lines")
        path, most = read_config(config)
        # What the host says no to comes as an `Err` too, and goes on as it is.
        for file in evidence.files(path):
            text = evidence.read(file, MOST_BYTES).decode(errors="replace")
            for at, line in enumerate(text.split("\n"), 1):
                if len(line.removesuffix("\r")) > most:
                    return ruling(False, f"{file}:{at} has more than {most} characters")
        return ruling(True, f"no line of {path} has more than {most} characters")


def ruling(passed, message):
    return gating.Ruling(passed, message, [])


def read_config(text):
    try:
        config = json.loads(text)
    except ValueError as error:
        raise Err(str(error))
    for name in config:
        if name not in ("path", "most"):
            raise Err(f"`{name}` is not known; there are path and most")
    path, most = config.get("path"), config.get("most", 120)
    if not isinstance(path, str) or not path.strip():
        raise Err("`path` is missing")
    if not isinstance(most, int) or most < 0:
        raise Err("`most` is not a number")
    return path, most
