"""A night that was killed leaves its run as started; the queue would wait for it for ever."""

import dagster as dg

from orchestration.run import BY_COMMAND, end_orphans


@dg.op
def nothing() -> None: ...


@dg.job
def night() -> None:
    nothing()


def test_a_killed_night_is_ended_and_a_run_of_the_daemon_is_left_alone() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        started = dg.DagsterRunStatus.STARTED
        killed = instance.create_run_for_job(night, status=started, tags={BY_COMMAND: "true"})
        queued = instance.create_run_for_job(night, status=started)
        assert end_orphans(instance) == [killed.run_id]
        statuses = {run.run_id: run.status for run in instance.get_runs()}
    assert statuses == {killed.run_id: dg.DagsterRunStatus.FAILURE, queued.run_id: started}
