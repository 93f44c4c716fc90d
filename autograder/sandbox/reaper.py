"""A process that reaches the processes of one drawn user id, and no others (*trusted*; a program of its own).

``reap`` says why there is one. It is forked from a process that has loaded next to nothing, which the launcher starts
once: a fork of the supervisor itself costs both of them a thousand page faults. So nothing is imported here that a
bare interpreter does not have, and what it is told comes as numbers.

Every order carries a number that its answer repeats: a signal's handler may close the supervisor, or an exception of
its leave it, between the two, and what it then asks must not be answered by what was asked before.
"""

import os
import struct
import sys

# An order is its own number, a signal's and processes; the answer, its number and to which of them it could be sent.
NUMBER = struct.Struct("=i")
# To the program: the order's number, and the user id; the answer, its number and the reaper's process.
PAIR = struct.Struct("=ii")
MAX_ORDER_BYTES = 1 << 17


def serve(orders: int, uid: int) -> None:
    """Take the id, then send the signals that are ordered until the other end closes."""
    # Real and saved ids are a third, unused one: no process of the student can stop or kill this one.
    os.setresuid(uid + 1, uid, uid + 1)
    while order := os.read(orders, MAX_ORDER_BYTES):
        which, number, *pids = struct.unpack(f"={len(order) // NUMBER.size}i", order)
        reached = []
        for pid in pids:
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                continue
            reached.append(pid)
        os.write(orders, struct.pack(f"={1 + len(reached)}i", which, *reached))


def _bury() -> None:
    """Collect those that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def main() -> None:
    """Fork a reaper for each user id that arrives, with the socket of its orders, until the other end closes."""
    import _socket

    control = _socket.socket(fileno=int(sys.argv[1]))
    room = _socket.CMSG_SPACE(NUMBER.size)
    while True:
        told, ancillary, _, _ = control.recvmsg(PAIR.size, room)
        if not told:
            return
        (orders,) = NUMBER.unpack(ancillary[0][2][: NUMBER.size])
        which, uid = PAIR.unpack(told)
        _bury()
        pid = os.fork()
        if pid == 0:
            try:
                control.close()
                serve(orders, uid)
            finally:
                os._exit(0)
        os.close(orders)
        control.send(PAIR.pack(which, pid))


if __name__ == "__main__":
    main()
