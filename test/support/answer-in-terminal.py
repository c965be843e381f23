"""Runs a command in a pseudo-terminal and answers what it asks.

argv: a JSON list of [text that is waited for, line that is typed], then the command. Prints all that the
terminal showed, and ends as the command did.
"""

import json
import os
import pty
import sys

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
unseen = b""
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:  # what Linux says when the command has ended
        break
    if not data:
        break
    shown += data
    unseen += data
    if steps and steps[0][0].encode() in unseen:
        unseen = b""
        os.write(terminal, steps.pop(0)[1].encode() + b"\r")
sys.stdout.buffer.write(shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
