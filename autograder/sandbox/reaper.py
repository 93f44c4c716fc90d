"""A process that reaches the processes of one drawn user id, and no others (*trusted*; a program of its own).

``reap`` says why there is one. It is forked from a process that has loaded next to nothing, which the launcher starts
once: a fork of the supervisor itself costs both of them a thousand page faults. So nothing is imported here that a
bare interpreter does not have, and what it is told comes as numbers.
"""

import os
import struct
import sys

# An order is a signal's number and processes; the answer, to which of them it could be sent.
NUMBER = struct.Struct("=i")
MAX_ORDER_BYTES = 1 << 17


def serve(orders: int, uid: int) -> None:
    """Take the id, then send the signals that are ordered until the other end closes."""
    # Real and saved ids are a third, unused one: no process of the student can stop or kill this one.
    os.setresuid(uid + 1, uid, uid + 1)
    while order := os.read(orders, MAX_ORDER_BYTES):
        number, *pids = struct.unpack(f"={len(order) // NUMBER.size}i", order)
        reached = []
        for pid in pids:
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                continue
            reached.append(pid)
        os.write(orders, struct.pack(f"={1 + len(reached)}i", number, *reached))


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
        told, ancillary, _, _ = control.recvmsg(NUMBER.size, room)
        if not told:
            return
        (orders,) = NUMBER.unpack(ancillary[0][2][: NUMBER.size])
        (uid,) = NUMBER.unpack(told)
        _bury()
        pid = os.fork()
        if pid == 0:
            try:
                control.close()
                serve(orders, uid)
            finally:
                os._exit(0)
        os.close(orders)
        control.send(NUMBER.pack(pid))


if __name__ == "__main__":
    main()
