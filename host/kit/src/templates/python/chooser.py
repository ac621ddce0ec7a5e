"""Whom to ask: the cheapest who can start now."""

from wit_world import exports
from wit_world.exports import about, choosing
from wit_world.imports import log
from wit_world.imports.types import Effort, FailureClass, Login

# Whose price is not known comes last.
UNKNOWN = float("inf")


class About(exports.About):
    def identify(self):
        return about.Identity("{{name}}", "0.1.0", "{{summary}}")


class Choosing(exports.Choosing):
    def choose(self, now, task, candidates, budget):
        ready = [place for place, one in enumerate(candidates) if can_start(one, now) and suits(one, task)]
        # Who is as cheap as another keeps its place.
        ready.sort(key=lambda place: price(candidates[place]))
        if not ready:
            log.log(log.Level.WARN, "nobody can start now")
        effort = Effort.MEDIUM if task.effort is None else task.effort
        return [choosing.Choice(place, effort, reason(price(candidates[place]))) for place in ready]

    def next(self, now, task, history, candidates, budget):
        if history and history[-1].succeeded:
            return choosing.Step_Done(f"{history[-1].executor} did it")
        if history and history[-1].class_ in (FailureClass.BUDGET, FailureClass.CANCELLED):
            return choosing.Step_Stop("it was called off, or the money is spent")
        tried = {(past.executor, past.model) for past in history}
        for choice in self.choose(now, task, candidates, budget):
            one = candidates[choice.candidate]
            if (one.executor, one.model) not in tried:
                return choosing.Step_Retry(choice)
        return choosing.Step_Human("everybody who can start has tried")


def can_start(one, now):
    resting = one.cooling_until is not None and one.cooling_until > now
    return one.installed and one.login != Login.LOGGED_OUT and one.busy < one.slots and not resting


def suits(one, task):
    """The shell runs the instruction as a command. The host offers it for commands only; decisions on record may be
    older."""
    return one.executor != "shell" or task.task_type == "command"


def price(one):
    if one.free:
        return 0
    return UNKNOWN if one.rates is None else one.rates.input + one.rates.output


def reason(price):
    if price == UNKNOWN:
        return "it can start now at a price that is not known"
    return "it can start now and is free" if price == 0 else f"it can start now and costs {price}"
