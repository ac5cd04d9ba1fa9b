"""`journey render` as a person types it, on a small company of plain csv files: its files, failures, interrupts."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import papermill
import pytest

from helpers.load import ROOT
from helpers.names import KPI_COLUMNS, MOMENT_COLUMNS
from helpers.render import warm
from helpers.tests.hello import write_pages

KEY = re.compile(r"\.ipynb$|manifest\.json$|\.lock$")  # what holds seconds


pytestmark = pytest.mark.usefixtures("kept_results")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """200 customers, four of them on an island, and 400 orders."""
    folder = tmp_path_factory.mktemp("data") / "Little & <Co>"
    folder.mkdir()
    regions = ["island"] * 4 + ["a/b"] * 60 + ["north"] * 100 + ["south"] * 36
    people = [f"c{i},2026-01-{1 + i % 28:02d},{region}" for i, region in enumerate(regions)]
    orders = [f"o{i},c{i * 7 % 200},2026-0{1 + i % 9}-{1 + i % 28:02d} 10:00:00,{10 + i % 17}" for i in range(400)]
    (folder / "customers.csv").write_text("customer_id,acquired_at,region\n" + "\n".join(people) + "\n")
    (folder / "orders.csv").write_text("order_id,customer_id,at,revenue\n" + "\n".join(orders) + "\n")
    return folder


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return write_pages(tmp_path_factory.mktemp("pages"))


def heeding() -> None:
    """A process started from one that ignores Ctrl-C (a job in the background) would ignore it too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="module")
def render(company, pages, tmp_path_factory):
    """Run `journey render` on the company; gives the finished process."""
    environment = {**os.environ, "JOURNEY_CACHE": str(tmp_path_factory.mktemp("cache"))}

    def run(out: Path, *words: str, start: bool = False, notebooks: Path = pages):
        line = [sys.executable, "-m", "helpers.cli", "render", str(company), "--out", str(out), "--notebooks", str(notebooks), *words]
        options = {"cwd": ROOT, "env": environment, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(line, **options, preexec_fn=heeding) if start else subprocess.run(line, **options, timeout=120)

    return run


@pytest.fixture(scope="module")
def rendered(render, tmp_path_factory):
    """Both fixture pages for everybody and by region."""
    out = tmp_path_factory.mktemp("reports")
    return render(out, "--by", "region", "--period", "2026-Q2"), out / places(out)


def places(out: Path) -> str:
    """The one company's folder."""
    return next(path.name for path in out.iterdir() if path.is_dir())


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a run that must not differ between two."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and not KEY.search(path.name)}


def test_a_failed_page_stops_no_other(rendered):
    process, folder = rendered
    assert process.returncode == 1
    assert re.search(r"3 reports done, 3 failed in \d+ s\. Open .*index\.html", process.stdout)
    assert "2_broken, period 2026-Q2, segment all failed (under “The part that breaks”): ValueError: the orders have no cost" in process.stderr
    assert "%|" not in process.stderr  # no progress bar where nobody watches
    assert (folder / "2026-Q2/all/1_hello.html").exists() and not (folder / "2026-Q2/all/2_broken.html").exists()
    kept = nbformat.read(folder / "2026-Q2/all/2_broken.ipynb", 4)
    assert any(output.output_type == "error" for cell in kept.cells for output in cell.get("outputs", ()))


def test_small_segments_are_refused_and_folders_are_safe(rendered):
    process, folder = rendered
    assert "region=island gets no report of its own: it has fewer than 10 people." in process.stderr
    assert "region=south gets no report of its own: with it shown, the small segments could be had by subtraction." in process.stderr
    names = sorted(path.name for path in (folder / "2026-Q2").iterdir())
    assert names[0] == "all" and names[2] == "region=north" and re.fullmatch(r"region=a-b-[0-9a-f]{8}", names[1])
    assert folder.name.startswith("Little-&-Co-") and not list(folder.glob(".unfinished*"))


def test_the_files_of_a_report(rendered):
    _, folder = rendered
    place = folder / "2026-Q2/region=north"
    assert {path.name for path in place.iterdir()} == {"1_hello.html", "1_hello.ipynb", "2_broken.ipynb", "kpis.csv", "moments.csv", "figures"}
    assert {path.name for path in (place / "figures").iterdir()} == {"1_hello-orders.png", "1_hello-orders.csv", "1_hello-scorecard.csv"}
    with (place / "kpis.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == KPI_COLUMNS and [row["value"] for row in rows] == ["", "0.3"] and rows[0]["segment"] == "region=north"
    moments = (place / "moments.csv").read_text().splitlines()
    assert moments[0] == ",".join(MOMENT_COLUMNS) and moments[1].startswith("'=shop,purchase,,12,4.25")
    assert not re.search(r"\d{4}-\d\d-\d\dT|papermill\"", (place / "1_hello.ipynb").read_text())


def test_the_manifest(rendered):
    _, folder = rendered
    made = json.loads((folder / "manifest.json").read_text())
    assert made["run"]["status"] == "failed" and made["run"]["parameters"]["by"] == ["region"] and made["run"]["seconds"] > 0
    assert len(made["failures"]) == 3 and made["failures"][0]["heading"] == "The part that breaks"
    assert len(made["reports"]) == 6 and made["seed"] and "pandas" in made["versions"] and re.fullmatch(r"[0-9a-f]{8,64}", made["data"]["fingerprint"])
    north = next(one for one in made["reports"] if one["segment"] == "region=north" and one["page"] == "1_hello")
    assert (north["people"], north["verdict"], north["score"], north["status"]) == (100, "on_target", 7.5, "done")
    assert north["headline"].startswith("Orders grew in region=north <script>")
    from hashlib import sha256

    for name, mark in north["files"].items():
        assert sha256((folder / north["folder"] / name).read_bytes()).hexdigest() == mark, name


def test_two_runs_write_the_same_bytes(rendered, render, tmp_path):
    render(tmp_path, "--by", "region", "--period", "2026-Q2", "--jobs", "1")
    one, two = files(rendered[1]), files(tmp_path / places(tmp_path))
    assert one.keys() == two.keys() and [name for name in one if one[name] != two[name]] == []


def test_a_page_rendered_alone_joins_the_others(render, tmp_path):
    assert render(tmp_path, "--page", "hello").returncode == 0
    folder = tmp_path / places(tmp_path)
    assert (folder / "all/all/kpis.csv").read_text().count("\n") == 3
    assert render(tmp_path, "--page", "broken").returncode == 1
    assert (folder / "all/all/kpis.csv").read_text().count("\n") == 3  # hello's rows stay: same data, settings, code
    made = json.loads((folder / "manifest.json").read_text())
    assert [(one["page"], one["status"], one["current"]) for one in made["reports"]] == [("1_hello", "done", True), ("2_broken", "failed", True)]
    assert render(tmp_path, "--page", "broken", "--min-cell", "20").returncode == 1
    assert (folder / "all/all/kpis.csv").read_text().count("\n") == 1  # other settings: its rows no longer belong there
    assert "1 report is from an earlier run" in (folder / "index.html").read_text()


@pytest.mark.parametrize(("words", "told"), [
    (("--by", "regoin"), "--by regoin: there is no such column; it is one of region. Type --by region"),
    (("--segment", "region=island"), "it has fewer than 10 people"),
])
def test_refused_before_anything_is_written(render, tmp_path, words, told):
    process = render(tmp_path, *words)
    assert (process.returncode, process.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert told in process.stderr and "Traceback" not in process.stderr


def slow(folder: Path) -> Path:
    """Two pages: one that is done at once, one that sleeps."""
    for name, line in (("1_quick", "print(data)"), ("2_slow", "import time; time.sleep(60)")):
        cells = [nbformat.v4.new_markdown_cell(f"# {name}"), nbformat.v4.new_code_cell('data: str = ""', metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell(line)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}), folder / f"{name}.ipynb")
    return folder


def wait_for(folder: Path, pattern: str, process: subprocess.Popen) -> None:
    """Wait until a file is there, while the process runs, at most a minute."""
    until = time.monotonic() + 60
    while not list(folder.glob(pattern)) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_no_half_file(render, tmp_path, sign):
    (tmp_path / "pages").mkdir()
    process = render(tmp_path / "out", "--jobs", "2", start=True, notebooks=slow(tmp_path / "pages"))
    wait_for(tmp_path, "out/*/.unfinished-*/*/*.html", process)
    time.sleep(1)  # the page is written; let its result arrive
    children = [int(line) for line in subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout.split()]
    process.send_signal(sign)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 130 and "1 report done, stopped with 1 to go" in out
    assert children and not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    folder = tmp_path / "out" / places(tmp_path / "out")
    assert not list(folder.glob(".unfinished-*")) and (folder / "all/all/1_quick.html").exists()
    assert json.loads((folder / "manifest.json").read_text())["run"]["status"] == "cancelled"
    assert "stopped before it was done" in (folder / "index.html").read_text()


def test_two_runs_do_not_write_to_one_place(render, tmp_path):
    (tmp_path / "pages").mkdir()
    first = render(tmp_path / "out", start=True, notebooks=slow(tmp_path / "pages"))
    wait_for(tmp_path, "out/*/.unfinished-*", first)
    second = render(tmp_path / "out", "--page", "quick", notebooks=tmp_path / "pages")
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=120)
    assert second.returncode == 2 and "another run is writing to" in second.stderr


def test_a_page_whose_process_dies_is_a_failed_page(render, tmp_path):
    (tmp_path / "pages").mkdir()
    pages = slow(tmp_path / "pages")
    for path in pages.glob("2_*"):
        path.write_text(path.read_text().replace("import time; time.sleep(60)", "import os; os.kill(os.getpid(), 9)"))
    process = render(tmp_path / "out", notebooks=pages)
    assert process.returncode == 1 and "1 report done, 1 failed" in process.stdout
    assert "2_slow, period all, segment all failed: its process was ended by SIGKILL" in process.stderr
    assert list((tmp_path / "out").glob("*/all/all/2_slow.ipynb"))


def test_outputs_are_those_of_a_kernel(pages, tmp_path):
    made = {}
    for engine in (warm.NAME, None):
        path = tmp_path / f"{engine}.ipynb"
        if engine:  # in a process of its own, as in a run: a shell in this one would outlive the test
            line = f"import papermill, helpers.render.warm; papermill.execute_notebook({str(pages / '1_hello.ipynb')!r}, {str(path)!r}, {{'segment': 'a=b'}}, engine_name={engine!r}, progress_bar=False)"
            subprocess.run([sys.executable, "-c", line], check=True, cwd=ROOT)
        else:
            papermill.execute_notebook(str(pages / "1_hello.ipynb"), str(path), {"segment": "a=b"}, progress_bar=False, shutdown_kernel="immediate", cwd=ROOT)
        made[engine] = [(cell.get("execution_count"), cell.get("outputs")) for cell in nbformat.read(path, 4).cells]
    assert made[warm.NAME] == made[None]
