"""The pages in a real browser: what a reader sees, clicks and types, and that nothing is asked for.

They need chromium on the PATH and `pip install -e '.[browser]'`.
"""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest
from golden_files import GOLDEN
from paged_sweeps import HOSTILE, add_run, make_hostile, make_mixed, page_of
from synthetic import write
from synthetic_sweeps import MOVED, compared, seeded, sweep

from runner.analysis.results import collate
from runner.page.comparison_page import make_comparison_page
from runner.report.compared_page import describe_change

pytestmark = [pytest.mark.browser, pytest.mark.process]

WIDTHS = (360, 800, 1400)
SCHEMES = ("light", "dark")
MANY = 210
LOOSE = 30
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The pages, each in a file."""
    top = tmp_path_factory.mktemp("pages")
    mixed, hostile = make_mixed(top / "mixed"), make_hostile(top / "hostile")
    ours = sweep(top / "a", seeded(MOVED, 1), seeded(MOVED, 2))
    theirs = sweep(top / "b", seeded(MOVED + 1, 1), seeded(MOVED, 2))
    many = top / "many"
    for job in range(MANY):
        write(many, job, configuration=f"{job:012x}", overrides={"model": f"m{job}"})
    loose = top / "loose"
    for job in range(LOOSE + 1):
        add_run(loose, job, job % LOOSE, strategy="unset", seeds={}, wall_s=1.0 + job)
    pages = {
        "loose": page_of(loose),
        "many": page_of(many),
        "mixed": page_of(mixed),
        "hostile": page_of(hostile, against=describe_change(compared(mixed, hostile))),
        "comparison": make_comparison_page(describe_change(compared(ours, theirs))),
        "hostile_comparison": make_comparison_page(describe_change(compared(mixed, hostile))),
    }
    for name, text in pages.items():
        (top / f"{name}.html").write_text(text, "utf-8")
    return top


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert path, f"none of {', '.join(BROWSERS)} is on the PATH; see CONTRIBUTING.md"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opening(browser, files):
    """Open a page; at the end, nothing was asked for and nothing was complained of."""
    contexts, troubles = [], []

    def opened(name, fragment="", width=1000, **settings):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, accept_downloads=True, **settings
        )
        contexts.append(context)
        page = context.new_page()
        address = (files / f"{name}.html").as_uri()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append("a dialog"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:,", "blob:"))
                else troubles.append(request.url)
            ),
        )
        page.goto(address + fragment)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


def seeds(page):
    return page.locator("table.main tbody td.key:nth-child(2)").all_inner_texts()


def verdicts(page):
    return page.locator("table.main tbody .verdict").all_inner_texts()


def chooser(page, column):
    return page.locator(f"select[data-filter='{column}']")


def fragment(page):
    return page.evaluate("location.hash")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["mixed", "comparison"])
def test_a_page_fits_every_width_and_scheme(opening, name, width, scheme, tmp_path):
    page = opening(name, "#open=0,1,2,3", width, color_scheme=scheme)
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in colour.strip("rgb()").split(",")) / 3
    assert (brightness > 128) is (scheme == "light")
    picture = tmp_path / "page.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["mixed", "loose", "hostile", "comparison", "hostile_comparison"])
def test_axe_finds_no_violation(opening, name, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opening(name, "#open=0,1,2,3", color_scheme=scheme, bypass_csp=True)
    page.wait_for_timeout(100)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_click_on_a_heading_sorts_up_then_down_then_not(opening):
    page = opening("mixed")
    before = verdicts(page)
    heading = page.get_by_role("button", name="verdict", exact=True)
    heading.click()
    assert verdicts(page) == sorted(before)
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    heading.click()
    assert verdicts(page) == sorted(before, reverse=True)
    assert "sort=verdict%3Adesc" in fragment(page)
    heading.click()
    assert verdicts(page) == before


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_numbers_are_sorted_as_numbers_and_missing_ones_come_last(opening, files, direction):
    page = opening("mixed", f"#sort=max_abs_diff:{direction}")
    table = collate(files / "mixed").table
    wanted = table.sort_values("max_abs_diff", ascending=direction == "asc", kind="stable")
    assert seeds(page) == list(wanted["seed"])
    assert verdicts(page)[-1] == "failed"


def test_filters_leave_the_rows_that_have_the_value(opening):
    page = opening("mixed")
    chooser(page, "seed").select_option("fixed")
    assert seeds(page) == ["fixed", "fixed"]
    chooser(page, "verdict").select_option("failed")
    assert verdicts(page) == ["failed"]
    assert page.get_by_text("1 of 4 configurations", exact=True).is_visible()
    assert "where.seed=fixed" in fragment(page)
    assert "where.verdict=failed" in fragment(page)
    chooser(page, "verdict").select_option("")
    chooser(page, "seed").select_option("")
    assert len(seeds(page)) == 4


def test_a_link_brings_back_sorting_filters_and_what_was_open(opening):
    page = opening("mixed", "#sort=seed:desc&where.model=mlp&open=1,2")
    assert seeds(page) == ["unset", "random", "fixed"]
    assert chooser(page, "model").input_value() == "mlp"
    shown = page.locator("article").evaluate_all("all => all.map(each => each.dataset.opened)")
    assert shown == ["1", "2"]


def test_a_link_with_nonsense_shows_the_page_all_the_same(opening):
    page = opening("mixed", "#sort=nothing:up&where.none=x&open=99,-1,abc&x=<b>")
    assert len(seeds(page)) == 4
    assert page.locator("article").count() == 0


def test_details_open_and_close(opening):
    page = opening("mixed", "#open=")
    button = page.get_by_role("button", name="Details of seed=random model=mlp")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    article = page.locator("article")
    assert "1 replay with recorded seeds" in article.locator(".sentence").inner_text()
    assert article.locator("svg.dots").count() == 2
    assert article.locator("svg.dots").first.locator("circle.dot").count() == 4
    assert article.locator("svg.dots").first.locator("circle.ring").count() == 1
    page.get_by_role("button", name="Close seed=random model=mlp").click()
    assert page.locator("article").count() == 0


def test_two_cells_of_one_column_are_compared(opening):
    page = opening("mixed", "#open=1")

    def cell(run, stage):
        return page.locator(f"button.cell[aria-label^='{run}, {stage}:']")

    cell("run 0", "init/dense/kernel").click()
    cell("run 1", "init/dense/kernel").click()
    answer = page.locator(".answer")
    assert "init/dense/kernel differs" in answer.inner_text()
    assert "4 differ; the first is init/dense/kernel" in answer.inner_text()
    assert "share of inputs whose predicted label differs: " in answer.inner_text()
    assert "python -m runner diff" in answer.locator("code").inner_text()
    cell("run 0", "data").click()
    cell("run 1", "data").click()
    assert "data is the same in run 0 and run 1" in answer.inner_text()
    cell("run 0", "data").click()
    cell("run 1", "split").click()
    assert "two different stages" in answer.inner_text()


def test_the_strip_shows_that_a_replay_repeats_its_run(opening):
    page = opening("mixed", "#open=1")
    rows = page.locator("table.strip tbody tr").all_inner_texts()
    letters = {row.split("\t")[0]: row.split("\t")[1:] for row in rows}
    assert letters["run 2, replayed"] == letters["run 2"]
    assert letters["run 1"] != letters["run 2"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_cells_of_a_column_have_equal_colours_exactly_where_letters_are_equal(opening, scheme):
    page = opening("loose", "#open=0", color_scheme=scheme)
    found = page.locator("table.strip td:last-child .cell").evaluate_all(
        "all => all.map(each => [each.textContent, getComputedStyle(each).backgroundColor])"
    )
    letters, colours = zip(*found, strict=True)
    assert len(letters) == LOOSE + 1
    assert len(set(letters)) == len(set(colours)) == len(set(zip(letters, colours, strict=True)))
    assert len(set(letters)) == LOOSE


def test_the_map_of_pairs_has_numbers_or_says_the_same(opening):
    page = opening("mixed", "#open=0,1")
    same, driven = page.locator("table.pairs").all()
    assert set("".join(same.locator("tbody td").all_inner_texts())) == {"="}
    texts = [text for text in driven.locator("tbody td").all_inner_texts() if text]
    assert len(texts) == 12
    assert all(text.endswith("%") for text in texts)


def test_everything_can_be_done_with_the_keyboard(opening):
    page = opening("mixed", "#open=")

    def tab_to(selector):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"cannot reach {selector}")

    tab_to("button[data-column='seed']")
    page.keyboard.press("Enter")
    assert seeds(page) == ["fixed", "fixed", "random", "unset"]
    assert page.evaluate("document.activeElement.dataset.column") == "seed"
    tab_to("tr:nth-child(3) .open-row")
    page.keyboard.press("Space")
    assert page.locator("article").count() == 1
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    tab_to("table.strip .cell")
    page.keyboard.press("Enter")
    for key in ("ArrowDown", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    assert "data is the same in run 0 and run 1" in page.locator(".answer").inner_text()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_the_csv_is_the_table_that_is_shown(opening, files):
    page = opening("mixed", "#where.model=mlp")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as CSV").click()
    text = Path(waiting.value.path()).read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    table = collate(files / "mixed").table
    wanted = table[table["model"] == "mlp"]
    assert list(rows[0]) == list(table.columns)
    assert [row["verdict"] for row in rows] == list(wanted["verdict"])
    for row, mean in zip(rows, wanted["accuracy_mean"], strict=True):
        assert float(row["accuracy_mean"]) == mean


def test_the_command_is_copied(opening, browser):
    page = opening("mixed", "#open=1", permissions=["clipboard-read", "clipboard-write"])
    cells = page.locator("table.strip .cell")
    cells.nth(0).click()
    cells.nth(7).click()
    page.locator(".answer").get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert "runner diff" in page.evaluate("navigator.clipboard.readText()")


def test_hostile_texts_are_shown_as_texts_and_do_nothing(opening):
    """A dialog, a request or a new element would fail; see `opening`."""
    page = opening("hostile", "#open=0,1,2,3,4,5,6")
    page.wait_for_timeout(300)
    assert page.locator("article").count() == len(HOSTILE)
    shown = page.inner_text("body")
    for text in HOSTILE[:-1]:
        assert text in shown
    assert page.locator("img, iframe, object, embed, form, script[src]").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    assert "<img src=x onerror=alert(1)>" in opening("hostile_comparison").inner_text("body")


def test_what_is_printed_has_the_table_and_what_is_open_without_buttons(opening, tmp_path):
    page = opening("mixed", "#open=1", width=700)  # as wide as A4 without its margins
    page.emulate_media(media="print")
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert page.locator("table.main").is_visible()
    assert page.locator("article svg.dots").first.is_visible()
    for selector in (".filters", ".open-row", ".command button"):
        assert page.locator(f"{selector}:visible").count() == 0
    assert page.pdf()[:5] == b"%PDF-"


def test_without_scripts_the_verdicts_are_there_and_the_table_is_said_to_need_them(opening):
    page = opening("mixed", java_script_enabled=False)
    shown = page.inner_text("body")
    assert "In 1 of 4 configurations every run gave the same output" in shown
    assert "uncontrolled" in shown
    assert "need JavaScript" in shown


def test_of_many_rows_the_first_are_shown_until_all_are_asked_for(opening):
    page = opening("many")
    assert page.locator("table.main tbody tr").count() == 200
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as CSV").click()
    assert len(Path(waiting.value.path()).read_text("utf-8").splitlines()) == 1 + MANY
    page.get_by_role("button", name=f"Show all {MANY} rows; the first 200 are shown").click()
    assert page.locator("table.main tbody tr").count() == MANY
    assert not page.locator("button.rest").is_visible()


def test_a_comparison_opens_what_differs(opening):
    page = opening("comparison")
    first = page.locator("details.changed").first
    assert first.get_attribute("open") is not None
    assert "outputs differ" in first.inner_text()
    assert "ULPs" in first.inner_text()


@pytest.mark.parametrize("width", [1000, 1400])
def test_the_columns_of_the_default_sweep_need_no_scrolling(browser, tmp_path, width):
    place = tmp_path / "grid"
    shutil.copytree(GOLDEN / "format_2" / "outputs" / "grid", place)
    (tmp_path / "page.html").write_text(page_of(place), "utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector("table.main")
    table = "document.querySelector('table.main').parentElement"
    needed, given = page.evaluate(f"[{table}.scrollWidth, {table}.clientWidth]")
    context.close()
    assert needed <= given
