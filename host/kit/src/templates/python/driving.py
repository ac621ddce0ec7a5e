"""What one run of the program prints, and what that comes to."""

import codecs

from wit_world import exports
from wit_world.exports.driving import Event_Text, Outcome
from wit_world.imports.types import Failure, FailureClass, Usage, Verdict_Completed, Verdict_Failed


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
        return Outcome(verdict, "\n".join(self.lines), None, None, usage, [], None)

    def told(self, line):
        self.lines.append(line)
        return Event_Text(line)
