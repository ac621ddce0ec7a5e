"""How to drive one agent program: here one that takes the instruction on its standard input and prints its answer
as plain text. Put your program in the place of `cat`."""

import codecs

from wit_world import exports
from wit_world.exports import about, driving
from wit_world.imports.types import Failure, FailureClass, Login, Usage, Verdict_Completed, Verdict_Failed

PROGRAM = driving.Program("cat", "It comes with every system.")


class About(exports.About):
    def identify(self):
        return about.Identity("{{name}}", "0.1.0", "{{summary}}")


class Driving(exports.Driving):
    def describe(self):
        return driving.Description([PROGRAM], [], [], None, driving.Capabilities.FREE)

    def probes(self):
        return [driving.Probe("version", [PROGRAM.name, "--version"], 10_000)]

    def read_probes(self, results, present):
        installed = bool(results) and results[0].code == 0
        version = results[0].stdout.strip().split("\n")[0] if installed else ""
        return driving.Health(installed, version or None, Login.UNKNOWN, None, None if installed else PROGRAM.install)

    def plan(self, request):
        return driving.Command([PROGRAM.name], request.instruction.encode(), [], [], 5_000)


class Reading(exports.driving.Reading):
    """One run's standard output, split anywhere."""

    def __init__(self, request):
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.partial = ""
        self.lines = []

    def feed(self, bytes):
        *lines, self.partial = (self.partial + self.decoder.decode(bytes)).split("\n")
        return [self.told(line) for line in lines if line.strip()]

    def finish(self, exit):
        rest = self.partial + self.decoder.decode(b"", final=True)
        if rest.strip():
            self.told(rest)
        last = exit.stderr.strip().split("\n")[-1]
        if exit.code == 0:
            verdict = Verdict_Completed()
        else:
            code = "it was ended by a signal" if exit.code is None else f"it exited with code {exit.code}"
            message = f"{code}: {last}" if last and exit.code is not None else code
            verdict = Verdict_Failed(Failure(FailureClass.UNKNOWN, message, None, None, None))
        usage = Usage(0, 0, 0, 0, 0, None, False)
        return driving.Outcome(verdict, "\n".join(self.lines), None, None, usage, [], None)

    def told(self, line):
        self.lines.append(line)
        return driving.Event_Text(line)
