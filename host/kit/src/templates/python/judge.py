"""How results compare: whoever passed its checks with the smallest change wins."""

from wit_world import exports
from wit_world.exports import about, judging
from wit_world.imports.reporting import State
from wit_world.imports.types import VerifiedAxis


class About(exports.About):
    def identify(self):
        return about.Identity("{{name}}", "0.1.0", "{{summary}}")


class Judging(exports.Judging):
    def compare(self, results):
        same = all(result.diff == results[0].diff for result in results)
        agreement = judging.Agreement.FULL if same else judging.Agreement.NONE
        sound = [place for place, one in enumerate(results) if one.report.state == State.SUCCEEDED]
        # Who is as good as another keeps its place.
        sound.sort(key=lambda place: (not verified(results[place]), len(results[place].diff)))
        if not sound:
            return judging.Comparison(agreement, None, "none of them succeeded", [], [])
        return judging.Comparison(agreement, sound[0], "its change is the smallest that holds", [], [])

    def dimensions(self):
        return ["verified"]

    def rate(self, subject):
        score = 1000 if verified(subject) else 0
        return [judging.Rating("verified", score, "by whether its checks passed")]


def verified(result):
    return result.report.verified == VerifiedAxis.PASSED
