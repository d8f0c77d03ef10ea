"""Clients that ask and do not read:  stalled.py PORT N < REQUEST

Small buffers on their side keep what the kernel holds for them small, which Node cannot set. Prints
`ready` once all have asked. On SIGUSR1 they read to the end, and the last id: of each is printed.
"""

import re
import signal
import socket
import sys

port, n = int(sys.argv[1]), int(sys.argv[2])
request = sys.stdin.buffer.read()


def ask():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
    s.connect(("127.0.0.1", port))
    s.sendall(request)
    return s


def read_to_the_end(s):
    s.settimeout(20)
    got = b""
    try:
        while piece := s.recv(65536):
            got += piece
    except ConnectionResetError:
        pass
    ids = re.findall(rb"^id: (\d+)$", got[:got.rfind(b"\n\n") + 2], re.MULTILINE)
    return int(ids[-1]) if ids else 0


signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
stalled = [ask() for _ in range(n)]
print("ready", flush=True)
signal.sigwait([signal.SIGUSR1])
print(" ".join(str(read_to_the_end(s)) for s in stalled), flush=True)
