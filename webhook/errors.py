"""The few ways a request can end early, and who is told.

========== ================================================ =====================================================
error      meaning                                          who is told
========== ================================================ =====================================================
BadPolicy  the administrator's file is wrong                whoever starts a process or runs the command: exit 2
BadInput   a manifest cannot be read                        whoever runs the command: exit 2
BadReview  the call is not an AdmissionReview we can answer the API server, by HTTP status: failurePolicy decides
Malformed  a pod is not shaped like a Pod                   as BadInput or BadReview, by the door it came through
ApiError   the API server says no, or says nothing          whoever runs the command: exit 2
BadImage   what an image runs cannot be told                a verdict, as Skip, or whoever runs the command
BadValue   an annotation's text means nothing               a verdict, as Skip
Skip       a feature does not fit this pod                  a verdict: warning, status, metric; the pod goes on
Refuse     the pod is unsafe to run without a feature       a verdict: the pod is denied with field and sentence
========== ================================================ =====================================================
"""


class BadPolicy(Exception):
    """One message, several lines: what, where, what to write instead."""


class BadInput(Exception):
    """A file, document or line that cannot be read as a manifest."""


class BadReview(Exception):
    """`status` is the HTTP status to answer with (requirements 2, 6, 7, 73); `detail` may quote the body, `sentence` does not."""

    def __init__(self, status: int, sentence: str, detail: str = "") -> None:
        super().__init__(f"{sentence}: {detail}" if detail else sentence)
        self.status, self.sentence = status, sentence


class Malformed(Exception):
    """`path` is a JSON pointer into the pod, `sentence` says what stands there and what belongs there."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(f"{path}: {sentence}")
        self.path = path
        self.sentence = sentence


class ApiError(Exception):
    """`status` is HTTP's, 0 where no answer came; `reason` is Kubernetes' word for it, for example Conflict."""

    def __init__(self, status: int, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.reason, self.sentence = status, reason, sentence


class BadImage(Exception):
    """Raised where registries are asked, and what they answer is read; the sentence names what was asked or read."""


class BadValue(Exception):
    """Raised where the text of a feature's annotation is read; `meant` is the text that was meant, "" where that is not plain.

    `place` is where in a long text, "" where the text itself shows it.
    """

    def __init__(self, sentence: str, meant: str = "", place: str = "") -> None:
        super().__init__(sentence)
        self.meant, self.place = meant, place


class Skip(Exception):
    """Raised by a feature: everything it recorded is taken back, the pod goes on without it."""

    def __init__(self, reason: str, sentence: str, fix: str = "") -> None:
        super().__init__(sentence)
        self.reason, self.sentence, self.fix = reason, sentence, fix


class Refuse(Skip):
    """Raised by a feature: running the pod without it would be unsafe. `field` is the JSON path a person should look at."""

    def __init__(self, reason: str, sentence: str, fix: str = "", field: str = "spec") -> None:
        super().__init__(reason, sentence, fix)
        self.field = field
