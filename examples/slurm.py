"""Grade on a Slurm cluster: asks for workers, waits for the first, and runs `autograder grade ... --dask` on them.

    python slurm.py week2-dna-cnn --jobs 20        on the login node, in the course's folder
    python slurm.py week2-dna-cnn --show           prints the job that would be submitted

Needs `pip install 'autograder-notebooks[dask]' dask-jobqueue`, and TLS as docs/more-machines.md says: other users of the
cluster could connect to the scheduler otherwise, and run programs as you.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import Any

# Yours: what `sbatch` of your cluster wants.
QUEUE: str | None = None  # a partition
ACCOUNT: str | None = None
WALLTIME = "02:00:00"
MEMORY = "3GiB"  # one hand-in at a time: c.Autograder.memory_bytes, and 1 GiB for what grades it
MORE: list[str] = []  # further lines, such as "--constraint=landlock"


def new_cluster(arguments: argparse.Namespace) -> Any:
    """Start a scheduler here; each job that it submits is one worker, for one hand-in at a time."""
    from dask_jobqueue import SLURMCluster
    from distributed.security import Security

    plain = arguments.without_tls
    return SLURMCluster(
        queue=QUEUE,
        account=ACCOUNT,
        walltime=WALLTIME,
        cores=1,
        processes=1,
        memory=MEMORY,
        nanny=True,
        python=arguments.python,
        job_name="autograder",
        job_extra_directives=MORE,
        worker_extra_args=["--memory-limit", "0", "--no-dashboard"],  # the engine limits each hand-in itself
        local_directory=arguments.scratch,
        interface=arguments.interface,
        protocol="tcp://" if plain else "tls://",
        security=None
        if plain
        else Security(require_encryption=True),  # the files that Dask's configuration names
        scheduler_options={"dashboard": False, "dashboard_address": None},
    )


def main() -> int:
    """Return the exit code of `autograder grade`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("assignment")
    parser.add_argument("--jobs", type=int, default=4, help="how many workers to ask for")
    parser.add_argument("--show", action="store_true", help="print the job and submit none")
    parser.add_argument("--interface", help="the network that the nodes share, such as ib0 or eth0")
    parser.add_argument("--scratch", default="/tmp", help="a folder of each node's own")
    parser.add_argument("--python", default=sys.executable, help="what runs Python on a node")
    parser.add_argument("--without-tls", action="store_true", help="only where nobody else is on the network")
    arguments, more = parser.parse_known_args()
    with new_cluster(arguments) as cluster:
        if arguments.show:
            print(cluster.job_script())
            return 0
        cluster.scale(jobs=arguments.jobs)
        words = ["autograder", "grade", arguments.assignment, "--dask", cluster.scheduler_address, *more]
        return subprocess.run([sys.executable, "-m", *words], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
