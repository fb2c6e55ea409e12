"""Our side: the program `postseal`, run once for each call."""

import base64
import json
import subprocess

TIMEOUT_SECONDS = 30


class Failed(Exception):
    """The program refused: `code` is the stable code, `status` the exit status."""

    def __init__(self, answer, status):
        super().__init__(f"{answer['code']}: {answer['message']} (exit status {status})")
        self.code = answer["code"]
        self.status = status


class Postseal:
    """The program at a path. Options are those of its command line: `encryption_key=…` becomes
    `--encryption-key …`, and a list repeats its option."""

    def __init__(self, path):
        self._path = path

    def seal(self, payload, **options):
        """The headers, as a dict, and the body."""
        answer = self._run("seal", [], options, payload)
        return answer["headers"], base64.b64decode(answer["body_base64"])

    def open(self, headers, body, **options):
        """The facts of the delivery, the payload as bytes among them."""
        pairs = headers.items() if isinstance(headers, dict) else headers
        options["header"] = [f"{name}: {value}" for name, value in pairs]
        answer = self._run("open", [], options, body)
        answer["payload"] = base64.b64decode(answer["payload_base64"])
        return answer

    def key_id(self, key):
        return self._run("keyid", [key], {}, b"")["kid"]

    def generate(self, kind):
        return self._run("keygen", [kind], {}, b"")

    def _run(self, command, arguments, options, standard_input):
        line = [self._path, command, "--json", *arguments]
        for name, value in options.items():
            for one in value if isinstance(value, list) else [value]:
                # In one word, since a secret may begin with a hyphen.
                line.append(f"--{name.replace('_', '-')}={one}")
        done = subprocess.run(
            line, input=standard_input, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
        answer = json.loads(done.stdout)
        if not answer.get("ok", done.returncode == 0):
            raise Failed(answer, done.returncode)
        return answer
