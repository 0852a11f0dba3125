"""Stands between `aws` and moto, and answers as a cloud in trouble does: as a file says, at each request.

trouble.py PORT SERVER-PORT FILE. The file holds `500`, `throttled`, `garbage`, `slow`, or nothing: then all is passed on.
"""

import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ERROR = "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors><RequestID>1</RequestID></Response>"
ANSWERS = {
    "500": (500, ERROR.format("InternalError", "An internal error has occurred")),
    "throttled": (503, ERROR.format("RequestLimitExceeded", "Request limit exceeded.")),
    "garbage": (200, "<html>\x1b[2Jwelcome to the hotel"),
}


class Trouble(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[3]) as file:
            mode = file.read().strip()
        if mode == "slow":
            time.sleep(120)
        if mode in ANSWERS:
            status, text = ANSWERS[mode]
            answer = text.encode()
        else:
            headers = {k: v for k, v in self.headers.items() if k.lower() != "accept-encoding"}
            url = f"http://127.0.0.1:{sys.argv[2]}{self.path}"
            with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as reply:
                status, answer = reply.status, reply.read()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Trouble).serve_forever()
