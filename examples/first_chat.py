"""What `make run` shows: a gateway with the demo provider, asked directly and through `auto`."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

GATEWAY = "demo"
PORTS = range(8088, 8188)
RULE = "deep"


def main() -> None:
    """Start the gateway, unless it runs, and ask it twice."""
    known = json.loads(aigw("list", "--json"))["gateways"]
    chosen = "AIGW_HTTP_PORT" in os.environ or any(one["name"] == GATEWAY for one in known)
    port = [] if chosen else ["--http-port", str(free_port())]
    show("start", "--demo", "--non-interactive", *port)
    show("route", "default", "demo")
    rules = json.loads(aigw("route", "list", "--json", "-g", GATEWAY))["rules"]
    if all(rule["name"] != RULE for rule in rules):
        trigger = "深入思考|deep thinking"
        show("route", "add", "--name", RULE, "--model", "demo-deep", "--trigger", trigger)
    url = json.loads(aigw("status", "--json", "-g", GATEWAY))["url"]
    chat(url, model="demo", text="Hello, who are you?")
    chat(url, model="auto", text="Deep thinking: why is the sky blue?")
    program = Path(sys.executable).with_name("aigw")
    say(f"""
The gateway runs until it is stopped; its address for any OpenAI SDK is {url}

  {program} status -g {GATEWAY}
  {program} stop -g {GATEWAY}
  {program} delete -g {GATEWAY} --purge

Next, a gateway with a key of yours: {program} start
""")


def show(*arguments: str) -> None:
    """Run a command on the gateway, in sight."""
    command = [*arguments, "-g", GATEWAY]
    say(f"$ aigw {' '.join(quoted(word) for word in command)}\n{aigw(*command)}")


def aigw(*arguments: str) -> str:
    """Return what a command printed; when it fails, its words are shown and this ends too."""
    command = [sys.executable, "-m", "aigw", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def chat(url: str, *, model: str, text: str) -> None:
    """Ask the gateway as any client does, and show request and answer."""
    body = json.dumps(
        {"model": model, "messages": [{"role": "user", "content": text}]}, ensure_ascii=False
    )
    request = urllib.request.Request(
        f"{url}/chat/completions",
        data=body.encode(),
        headers={"content-type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=30) as answer:
        names = ("x-aigw-provider", "x-aigw-model", "x-aigw-rule")
        headers = [f"{name}: {answer.headers[name]}" for name in names if answer.headers[name]]
        said = json.load(answer)["choices"][0]["message"]["content"]
    say(f"$ curl {request.full_url} -H 'content-type: application/json' \\\n    -d {quoted(body)}")
    say("\n".join([*headers, said, ""]))


def free_port() -> int:
    """Return the first free one of our ports, or any; 8080 is left to the person's own gateway."""
    for port in (*PORTS, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    sys.exit("error: no port is free on 127.0.0.1")


def quoted(word: str) -> str:
    """Quote a word for a shell where it needs that."""
    return f"'{word}'" if any(letter in word for letter in ' {|"') else word


def say(text: str) -> None:
    """Print at once, between what the commands say on standard error."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
