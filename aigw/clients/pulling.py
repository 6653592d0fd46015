"""How far a pull is, from the lines that the engine sends while it pulls."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

_FETCHED = ("Download complete", "Verifying Checksum", "Extracting")
_DONE = ("Pull complete", "Already exists")


class PullProgress(Struct, frozen=True, kw_only=True):
    """How far it is: finished layers and bytes fetched; `bytes` grows as sizes become known.

    `note` is what the engine says besides, such as `Retrying in 5 seconds`.
    """

    done_layers: int = 0
    layers: int = 0
    done_bytes: int = 0
    bytes: int = 0
    note: str = ""


class _Layer(Struct, frozen=True, kw_only=True):
    done: bool = False
    fetched: int = 0
    size: int = 0


def progress(lines: Iterable[object]) -> Iterator[PullProgress]:
    """Yield a value for each line that changes something (Engine API, ImageCreate)."""
    layers: dict[str, _Layer] = {}
    last = PullProgress()
    for line in lines:
        match line:
            case {"id": str(layer), "status": str(status)} if _of_layer(status):
                now = _after(layers.get(layer, _Layer()), status, line)
                layers[layer] = now
                note = status if status.startswith("Retrying") else ""
                seen = _sum(layers, note)
            case _:
                continue
        if seen != last:
            last = seen
            yield seen


def problem(line: object) -> str:
    """Return the error that a line of the engine reports; empty when it reports none."""
    match line:
        case {"errorDetail": {"message": str(message)}} | {"error": str(message)}:
            return message.strip()
        case _:
            return ""


def _of_layer(status: str) -> bool:
    # The first line is `Pulling from NAME` with the tag as its id.
    return not status.startswith(("Pulling from", "Pulling image", "Trying"))


def _after(layer: _Layer, status: str, line: object) -> _Layer:
    current, total = _sizes(line)
    if status == "Downloading":
        return replace(layer, fetched=current, size=max(total, current))
    if status in _DONE:
        return replace(layer, done=True, fetched=layer.size)
    if status in _FETCHED:
        size = layer.size or (total if status == "Extracting" else 0)
        return replace(layer, fetched=size, size=size)
    if status.startswith("Retrying"):
        return replace(layer, fetched=0)
    return layer


def _sizes(line: object) -> tuple[int, int]:
    match line:
        case {"progressDetail": {"current": int(current), "total": int(total)}}:
            return current, max(total, 0)
        case {"progressDetail": {"current": int(current)}}:
            return current, 0
        case _:
            return 0, 0


def _sum(layers: Mapping[str, _Layer], note: str) -> PullProgress:
    every = layers.values()
    return PullProgress(
        done_layers=sum(layer.done for layer in every),
        layers=len(layers),
        done_bytes=sum(layer.fetched for layer in every),
        bytes=sum(layer.size for layer in every),
        note=note,
    )
