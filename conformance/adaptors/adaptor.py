#!/usr/bin/env python3
"""Does at an implementation what a test case asks for, over HTTP. Copy it, and put your commands in the place of `dmm ctl`:

    triggers:
      all: {http: {url: "http://[::1]:8885", timeout: 10s}}

GET /caps says what it can do, GET /state what the implementation holds. POST /do/ACTION does it and answers when it is done: 200 done;
501 the implementation cannot do that, so that the case does not apply; anything else it did not work, so that the case is inconclusive.
The body says what is known: {"mn": {"name", "nai", "mac"}, "at": {"name", "addr"}, "iut": {"name", "addr"}, "config"}; "at" is a role
of the tester, and empty for the implementation itself."""

import json
import os
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

NODE = sys.argv[1]
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 8885
ACTIONS = {
    "attach": lambda order: ["attach", order["mn"]["nai"]],
    "detach": lambda order: ["detach", order["mn"]["nai"]],
    "restart": lambda order: ["restart"],
    "dump-state": lambda order: ["dump"],
}


class Adaptor(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/caps":
            self.answer(200, json.dumps(sorted(ACTIONS)))
        elif self.path == "/state":
            self.ctl(["dump"])
        else:
            self.answer(404, "GET /caps, GET /state, POST /do/ACTION")

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        action = self.path.removeprefix("/do/")
        if action not in ACTIONS or (action == "attach" and order["at"]["name"]):
            return self.answer(501, f"no way to do {action}")
        self.ctl(ACTIONS[action](order))

    def ctl(self, arguments):
        command = [os.environ.get("DMM", "dmm"), "ctl", NODE, *arguments]
        ended = subprocess.run(command, capture_output=True, text=True)
        self.answer(500 if ended.returncode else 200, ended.stderr if ended.returncode else ended.stdout)

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


class Server(HTTPServer):
    address_family = socket.AF_INET6


server = Server(("::1", PORT), Adaptor)
print(f"ready at http://[::1]:{PORT}", file=sys.stderr, flush=True)
server.serve_forever()
