# Runs a command in a terminal of its own. Copies what it prints; sends it the keys that are named on stdin, one a line:
# ctrl-c, esc, twice (two ctrl-c at once), hangup (the terminal is closed); or, after `type `, a line for what runs in it.
import os, pty, select, sys

pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
keys = {"ctrl-c": b"\x03", "esc": b"\x1b", "twice": b"\x03\x03"}
watched = [master, 0]
while master in watched:
    ready, _, _ = select.select(watched, [], [])
    if 0 in ready:
        read = os.read(0, 4096)
        for line in read.decode().splitlines():
            if line == "hangup":
                os.close(master)
                watched.remove(master)
            elif line.startswith("type "):
                os.write(master, line[5:].encode() + b"\r")
            else:
                os.write(master, keys[line])
        if not read:
            watched.remove(0)
    if master in ready and master in watched:
        try:
            text = os.read(master, 65536)
        except OSError:
            text = b""
        if not text:
            break
        os.write(1, text)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
