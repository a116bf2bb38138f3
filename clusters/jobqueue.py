"""Do a sweep on workers that SLURM or PBS starts: a template, to be fitted to the cluster at hand.

    pip install 'gridcells-companion[jobqueue]'
    python clusters/jobqueue.py slurm SPEC /shared/runs/NAME --jobs 20
    python clusters/jobqueue.py pbs SPEC /shared/runs/NAME --show    # the job script alone

The scheduler runs where this script does, on a login or an interactive node. Run it again to go on.
"""

import argparse

from dask_jobqueue import PBSCluster, SLURMCluster
from tqdm import tqdm

from gridcells.runs.sweeps import load_sweep, run_sweep

JOB = {
    "queue": "regular",
    "cores": 16,  # of a job
    "processes": 16,  # one thread a network
    "memory": "32GB",
    "walltime": "02:00:00",  # what a job leaves unfinished is done by another
    "job_script_prologue": ["export OMP_NUM_THREADS=1"],
}
CLUSTERS = {
    "slurm": (SLURMCluster, {"account": None, "job_extra_directives": []}),
    "pbs": (PBSCluster, {"account": None, "resource_spec": "select=1:ncpus=16:mem=32GB"}),
}


def main() -> None:
    """Ask for jobs, do what is left, give the jobs back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=CLUSTERS)
    parser.add_argument("spec")
    parser.add_argument("out")
    parser.add_argument("--jobs", type=int, default=10)
    parser.add_argument("--show", action="store_true", help="print the job script and stop")
    chosen = parser.parse_args()
    sweep = load_sweep(chosen.spec)
    make, options = CLUSTERS[chosen.kind]
    with make(**JOB, **options) as cluster:
        if chosen.show:
            print(cluster.job_script())
            return
        cluster.scale(jobs=chosen.jobs)
        with tqdm(total=len(sweep.runs), unit=" runs") as bar:
            run_sweep(
                sweep,
                chosen.out,
                scheduler=cluster.scheduler_address,
                progress=lambda done, total, name: bar.update(done - bar.n),
                announce=lambda address: bar.write(f"dashboard: {address}"),
            )


if __name__ == "__main__":
    main()
