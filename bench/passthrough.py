"""The cheapest gateway in Python: aiohttp that passes bytes on and does nothing else."""

import sys

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web


def application(upstream: str) -> web.Application:
    """Pass each request on to `upstream` and stream the answer back."""

    async def session(app: web.Application):  # noqa: ANN202 - aiohttp's own protocol for start and end
        async with ClientSession(
            connector=TCPConnector(limit=0), timeout=ClientTimeout(total=None)
        ) as client:
            app["client"] = client
            yield

    async def forward(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {"content-type": "application/json"}
        client: ClientSession = request.app["client"]
        async with client.post(upstream + request.path, data=body, headers=headers) as answer:
            response = web.StreamResponse(
                status=answer.status, headers={"content-type": answer.headers["content-type"]}
            )
            if answer.content_length is not None:
                response.content_length = answer.content_length
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response

    app = web.Application(client_max_size=32 << 20)
    app.cleanup_ctx.append(session)
    app.router.add_post("/{path:.*}", forward)
    return app


async def announce(runner: web.AppRunner) -> None:
    """Print the port that was chosen."""
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()


async def main(upstream: str) -> None:
    """Serve on a free port until stopped."""
    runner = web.AppRunner(application(upstream), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    await announce(runner)
    await asyncio.Event().wait()


if __name__ == "__main__":
    import asyncio

    asyncio.run(main(sys.argv[1]))
