"""How short an answer is: one line, or the answer with what was changed."""

from wit_world import exports
from wit_world.exports import about, compressing
from wit_world.imports.reporting import State

STATES = {State.SUCCEEDED: "done", State.FAILED: "failed", State.CANCELLED: "called off"}


class About(exports.About):
    def identify(self):
        return about.Identity("{{name}}", "0.1.0", "{{summary}}")


class Compressing(exports.Compressing):
    def levels(self):
        return [
            compressing.Level("headline", 40, "One line"),
            compressing.Level("changes", 400, "The answer, and every file that was changed"),
        ]

    def compress(self, level, report):
        state = STATES.get(report.state, "under way")
        what = first_line(report.instruction, 80)
        headline = f"{state}: {what} ({len(report.files)} files, by {report.executor})"
        if level == "headline":
            return headline
        files = "".join(f"\n{file.path} +{file.added} -{file.removed}" for file in report.files)
        return f"{headline}\n\n{report.answer.strip()}\n{files}".rstrip()


def first_line(text, most):
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= most else line[:most] + "…"
