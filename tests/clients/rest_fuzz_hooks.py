"""What schemathesis must not wait for: a call may ask to wait for a day, and would."""

import schemathesis


def is_long(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**64


@schemathesis.hook
def before_call(context, case, **kwargs):
    for part in (case.body, case.query):
        if isinstance(part, dict) and is_long(part.get("wait_s")):
            part["wait_s"] = 0
