"""A provider that answers at once: 1 KB of JSON, or 50 events where a stream is asked for."""

import asyncio
import json
import sys

_PADDING = "x" * 780
_JSON = json.dumps(
    {
        "id": "c1",
        "object": "chat.completion",
        "model": "stub",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": _PADDING},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 101, "completion_tokens": 202, "total_tokens": 303},
    }
).encode()
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(_JSON),
    _JSON,
)
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)


def _chunk(data: dict[str, object] | str) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    event = b"data: %b\n\n" % text.encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


_EVENT = _chunk(
    {
        "id": "c1",
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {"content": "word "}}],
    }
)
_USAGE = _chunk(
    {
        "id": "c1",
        "choices": [],
        "usage": {"prompt_tokens": 101, "completion_tokens": 50, "total_tokens": 151},
    }
)
_END = _USAGE + _chunk("[DONE]") + b"0\r\n\r\n"


class Provider(asyncio.Protocol):
    """One keep-alive connection; requests have a content-length and are answered in order."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection to write to."""
        self._transport = transport if isinstance(transport, asyncio.Transport) else None

    def data_received(self, data: bytes) -> None:
        """Answer each request whose body is there."""
        self._received += data
        while (head_end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:head_end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._received) < head_end + 4 + length:
                return
            body = self._received[head_end + 4 : head_end + 4 + length]
            self._received = self._received[head_end + 4 + length :]
            if b'"stream":true' in body:
                asyncio.get_running_loop().create_task(self._stream())
            elif self._transport:
                self._transport.write(_ANSWER)

    async def _stream(self) -> None:
        if self._transport is None:
            return
        self._transport.write(_STREAM_HEAD)
        for _ in range(50):
            if self._transport.is_closing():
                return
            self._transport.write(_EVENT)
            await asyncio.sleep(self._pause)
        self._transport.write(_END)


async def serve(pause: float) -> None:
    """Listen on a free port of 127.0.0.1, print it, and answer until stopped."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Provider(pause), "127.0.0.1", 0, backlog=1024
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
