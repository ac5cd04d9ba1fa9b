"""`python -m helpers.render.pictures`: the README's screenshots, taken from the sample company's reports in a real browser."""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from helpers.load import ROOT
from helpers.render.command import add_arguments, run
from helpers.render.pdf import FLAGS, check

WIDTH, HEIGHT, COLOURS = 1280, 860, 128
SHOTS = {
    "report.png": ("2_touchpoints", ""),                 # the first screen of a page
    "journey_map.png": ("5_journey", "figure:has(img)"), # the first figure of a page
}


def take(reports: Path, folder: Path) -> list[Path]:
    """Screenshots of rendered reports (`<company>/all/all`), written to `folder`; their paths. Raises PdfError where there is no browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=check(), args=list(FLAGS))
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, offline=True).new_page()
        made = []
        for name, (report, part) in SHOTS.items():
            page.goto((reports / f"{report}.html").resolve().as_uri(), wait_until="load")
            shot = page.locator(part).first.locator("img").screenshot() if part else page.screenshot()
            made.append(_small(shot, folder / name))
        browser.close()
    return made


def _small(png: bytes, path: Path) -> Path:
    """A picture in few colours, the rare ones (a red, a green) among them: flat areas and letters lose nothing, the file shrinks to a quarter."""
    from PIL import Image

    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def main(arguments: list[str] | None = None) -> int:
    """Render the sample and take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m helpers.render.pictures", description=__doc__)
    parser.add_argument("--out", default=str(ROOT / "data/sample"), metavar="DIR", help="where the pictures go (default: data/sample)")
    out = Path(parser.parse_args(arguments).out)
    check()
    with tempfile.TemporaryDirectory() as folder:
        options = argparse.ArgumentParser()
        add_arguments(options)
        if code := run(options.parse_args(["data/sample", "--out", folder])):
            return code
        for path in take(Path(folder) / "sample/all/all", out):
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
