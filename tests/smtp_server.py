"""A small real mail server: it speaks enough SMTP for smtplib and keeps what it is given."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.answer("220 mail.test ready")
        while line := self.rfile.readline().decode().strip():
            word = line.split(" ")[0].upper()
            self.server.said.append(line)
            if word == "EHLO":
                self.wfile.write(b"250-mail.test\r\n250-AUTH PLAIN\r\n250 SMTPUTF8\r\n")
            elif word == "RCPT" and self.server.refuses:
                self.answer(self.server.refuses)
            elif word == "AUTH":
                self.answer("235 welcome")
            elif word == "DATA":
                self.answer("354 go on")
                text = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    text += part.removeprefix(b".")
                self.server.received.append(text)
                self.answer("250 kept")
            elif word == "QUIT":
                self.answer("221 bye")
                return
            else:
                self.answer("250 ok")

    def answer(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.received: list[bytes] = []
        self.said: list[str] = []
        self.refuses = ""

    @property
    def url(self) -> str:
        return f"smtp://me:secret%40word@127.0.0.1:{self.server_address[1]}"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
