"""Hold ports open on which nothing is said."""

import socket
import threading


def hold(*ports: int) -> None:
    """Accept and close connections on these ports, for ever."""
    for port in ports:
        listening = socket.create_server(("", port))
        threading.Thread(target=_accept, args=(listening,), daemon=True).start()
    threading.Event().wait()


def _accept(listening: socket.socket) -> None:
    while True:
        connection, _ = listening.accept()
        connection.close()
