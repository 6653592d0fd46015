"""What the texts and numbers of a `gateway.yaml` may look like.

Its reader and its JSON Schema both take them from here, so that they cannot differ. The regular
expressions mean the same in Python and in ECMAScript.
"""

from msgspec import Struct

API_VERSION = "aigw/v1"

MOST_PROVIDERS = 200
MOST_PATTERNS = 2000
MOST_MAPPED = 2000
MOST_KEYS = 100
MOST_OPTIONS = 100
MOST_RULES = 500
LONGEST_OPTION = 4096
FIRST_PORT, LAST_PORT = 1, 65535

# Python's `$` also matches before a last newline.
END = r"(?![\s\S])"
CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff"
BLANK = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff"
OCTET = r"(?:[1-9]?[0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
TRIMMED = rf"(?![{BLANK}])%s(?<![{BLANK}]){END}"


class Form(Struct, frozen=True, kw_only=True):
    """What one kind of text looks like; `must` says it in words that follow its path."""

    pattern: str
    longest: int
    must: str
    shortest: int = 1


HOST = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?"
REPOSITORY = Form(
    pattern=rf"^({HOST}/)?[a-z0-9]+([._/-]+[a-z0-9]+)*{END}",
    longest=255,
    must="must be the name of an image such as `higress/all-in-one`, without tag and digest",
)
TAG = Form(
    pattern=rf"^[A-Za-z0-9_][A-Za-z0-9_.-]*{END}",
    longest=128,
    must="must be an image's tag: letters, digits, `_`, `.` and `-`",
)
DIGEST = Form(
    pattern=rf"^sha256:[0-9a-f]{{64}}{END}",
    longest=71,
    must="must be `sha256:` and 64 hexadecimal digits",
)
REGISTRY = Form(
    pattern=rf"^{HOST}{END}",
    longest=255,
    must="must be `auto`, `china`, `asia`, `america` or the host of a registry",
)
MEMORY = Form(
    # Docker refuses less than 6 MiB.
    pattern=rf"^([1-9][0-9]{{7,11}}|[1-9][0-9]{{4,8}}k|([6-9]|[1-9][0-9]{{1,6}})m|[1-9][0-9]{{0,4}}g){END}",
    longest=12,
    must="must be a number of bytes such as `2g` or `1500m`, and at least `6m`",
)
MOST_CPUS = 1024
MOST_FALLBACKS = 10
ID = Form(
    pattern=rf"^[a-z0-9][a-z0-9-]*{END}",
    longest=40,
    must="must be of `a-z`, `0-9` and `-`, and not begin with `-`",
)
MODEL = Form(
    pattern="^" + TRIMMED % rf"[^{CONTROL}\"'\\*]+",
    longest=256,
    must="must be one model's name, without quotes, backslashes, control characters, `*` "
    "and blanks at its ends",
)
MODEL_PATTERN = Form(
    pattern=r"^(?!.*\*\*)" + TRIMMED % rf"[^{CONTROL}\"'\\]+",
    longest=256,
    must="must be a model's name or a pattern such as `qwen-*`, without quotes, backslashes, "
    "control characters, `**` and blanks at its ends",
)
KEY_SOURCE = Form(
    pattern=rf"^(?:store|env:[A-Za-z_][A-Za-z0-9_]*|file:[^{CONTROL}]+){END}",
    longest=4096,
    must="must be `store`, `env:VARIABLE` or `file:PATH`; a key itself never stands here: "
    "`aigw config add --key-stdin` keeps it",
)
URL = Form(
    pattern=rf"^https?://[!$-;=A-Z\[\]_a-z~]+{END}",
    longest=2048,
    must="must be an http:// or https:// URL without user, query and fragment",
)
ADDRESS = Form(
    pattern=rf"^(?:localhost|::1|127(?:\.{OCTET}){{3}}){END}",
    longest=15,
    must="must be a loopback address such as 127.0.0.1: the gateway has no keys for its clients "
    "yet, so nobody else may reach it",
)
RULE_NAME = Form(
    pattern=rf"^(?!default{END})[A-Za-z0-9][A-Za-z0-9._-]*{END}",
    longest=64,
    must="must be of letters, digits, `.`, `_` and `-`, begin with a letter or a digit, "
    "and not be `default`",
)
RULE_PATTERN = Form(
    pattern=rf"^[^{CONTROL}]+{END}", longest=8192, must="must not hold control characters"
)
TRIGGER = Form(
    pattern=rf"^(?![{BLANK}]*(?:\||{END}))(?!.*\|[{BLANK}]*(?:\||{END}))[^{CONTROL}]+{END}",
    longest=8192,
    must="must be phrases with `|` between them, none empty, without control characters",
)
