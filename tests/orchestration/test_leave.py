"""How the command ends where a night failed while dbt was at work: with the exit code of the failure."""

import subprocess
import sys

from handoff.settings import CHECKOUT

# a night that failed for another reason leaves threads behind, each in a query
AT_WORK = """
import sys, threading
import duckdb
from orchestration.__main__ import leave

begun = threading.Barrier(3)

def work():
    con = duckdb.connect()
    begun.wait()
    while True:
        con.execute("select sum(range) from range(3000000)").fetchall()

for _ in range(2):
    threading.Thread(target=work, daemon=True).start()
begun.wait()
print("said", file=sys.stderr)
leave(1)
"""


def test_a_query_under_way_changes_no_exit_code() -> None:
    done = subprocess.run([sys.executable, "-c", AT_WORK], cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "said\n")
