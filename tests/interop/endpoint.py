"""An HTTP endpoint on loopback that gives each request, byte for byte, to a function."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

BODY_BYTES_MAX = 1 << 20


class Endpoint:
    """`with Endpoint(accepts) as endpoint:` listens on `endpoint.url` until the block ends.

    `accepts(headers, body)` gets a list of name and value, and bytes; the answer is 200 or 401.
    """

    def __init__(self, accepts):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler(accepts))
        self._server.daemon_threads = False  # closing the server then waits for every request
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def handler(accepts):
    """The class of handlers that http.server makes one of for each connection."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self):
            length = int(self.headers.get("Content-Length", "0"))
            if not 0 <= length <= BODY_BYTES_MAX:
                return self.answer(413)
            accepted = accepts(self.headers.items(), self.rfile.read(length))
            return self.answer(200 if accepted else 401)

        def answer(self, status):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Says nothing: the cases say what went wrong."""

    return Handler
