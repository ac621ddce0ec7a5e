"""How to drive one agent program: here one that takes the instruction on its standard input and prints its answer
as plain text. Put your program in the place of `cat`. What it prints is read in `driving.py`, which is named after the
interface that holds `reading`."""

from wit_world import exports
from wit_world.exports import about, driving
from wit_world.imports.types import Login

PROGRAM = driving.Program("cat", "It comes with every system.")


class About(exports.About):
    def identify(self):
        return about.Identity("{{name}}", "0.1.0", "{{summary}}")


class Instructing(exports.Instructing):
    """True: the program runs the instruction as a command, as a shell does. Such an executor is offered to a chooser
    for tasks of type `command` only."""

    def runs_as_command(self):
        return False


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
