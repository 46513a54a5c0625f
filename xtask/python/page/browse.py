"""Uses the library's page in a browser, as a listener would: browse.py SONGWEAVE CHROMIUM [PICTURE].

Indexes songs that it makes, opens the page, searches, plays, joins songs to a playlist, saves it and finds it again.
"""

import math
import os
import struct
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

RATE = 16_000
SONGS = 14
SECONDS = 6


def write_song(path: Path, number: int) -> None:
    """A song that is like no other: a chord with a beat, each at a pitch and a tempo of its own."""
    pitch, beats = 110.0 * 2 ** (number / 12), 1.5 + 0.1 * number

    def sample(index: int) -> int:
        now = index / RATE
        beat = math.exp(-6.0 * (now * beats % 1.0))
        tones = math.sin(math.tau * pitch * now) + math.sin(math.tau * 1.5 * pitch * now)
        return int(32_767 * 0.2 * beat * tones)

    with wave.open(str(path), "wb") as song:
        song.setnchannels(1)
        song.setsampwidth(2)
        song.setframerate(RATE)
        song.writeframes(b"".join(struct.pack("<h", sample(index)) for index in range(SECONDS * RATE)))


def find(page: Page, title: str):
    """The row of a song that was searched for."""
    page.get_by_label("Find songs").fill(title)
    rows = page.locator("#songs > li")
    expect(rows).to_have_count(1)
    return rows.first


def until(page: Page, expression: str) -> None:
    """Waits until something is so. The page's own policy forbids the browser to watch an expression by itself."""
    for _ in range(400):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never so: {expression}")


def use(page: Page, address: str) -> None:
    """Everything that the page is for."""
    page.goto(address)
    expect(page.locator("#genres span").first).to_be_visible()

    # A song is found, chosen and has neighbours.
    find(page, "song 03").click()
    expect(page.locator("#title")).to_have_text("song 03")
    expect(page.locator("#suggestions > li")).to_have_count(12)

    # It plays and stops by a key, and what is asked for in the middle of the file comes from there.
    page.locator("#map").focus()
    page.keyboard.press(" ")
    until(page, "document.getElementById('player').currentTime > 0.3")
    page.keyboard.press(" ")
    assert page.evaluate("document.getElementById('player').paused")
    page.evaluate("document.getElementById('player').currentTime = 4")
    until(page, "document.getElementById('player').readyState >= 2")
    assert abs(page.evaluate("document.getElementById('player').duration") - SECONDS) < 0.1

    # Two songs, one by a key and one by its button, are joined by three others.
    page.keyboard.press("a")
    page.keyboard.press("/")
    expect(page.get_by_label("Find songs")).to_be_focused()
    find(page, "song 11").get_by_role("button").click()
    expect(page.locator("#playlist > li")).to_have_count(2)
    page.get_by_label("songs", exact=True).fill("5")
    page.get_by_role("button", name="Join the dots").click()
    playlist = page.locator("#playlist > li")
    expect(playlist).to_have_count(5)
    assert playlist.first.inner_text().startswith("×") and "song 03" in playlist.first.inner_text()
    assert "song 11" in playlist.last.inner_text()
    wanted = playlist.all_inner_texts()

    # It is there again after it was saved and the page opened anew.
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("name")
    page.get_by_label("Name of the playlist").fill("evening")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page.reload()
    expect(page.locator("#playlist > li")).to_have_count(0)
    saved = page.locator("#saved > li")
    expect(saved).to_have_count(1)
    saved.first.click()
    expect(page.locator("#playlist > li")).to_have_count(5)
    assert page.locator("#playlist > li").all_inner_texts() == wanted
    file = page.request.get(address + saved.first.get_by_role("link").get_attribute("href").lstrip("/")).text()
    assert file.startswith("#EXTM3U") and "song 03.wav" in file, file

    # It is dark where the user has it dark.
    paper = "getComputedStyle(document.body).backgroundColor"
    papers = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        papers.add(page.evaluate(paper))
    assert len(papers) == 2, papers


def main() -> None:
    program, chromium = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        music = Path(folder, "music")
        music.mkdir()
        for number in range(SONGS):
            write_song(music / f"song {number:02}.wav", number)
        store = ["--store", str(Path(folder, "library.sqlite"))]
        subprocess.run([program, *store, "index", str(music)], check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen([program, *store, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            address = server.stdout.readline().split(" at ")[1].split()[0]
            # Chromium cannot shut root into its sandbox.
            options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=options)
                page = browser.new_page(viewport={"width": 1400, "height": 900})
                page.set_default_timeout(20_000)
                wrong, hosts = [], set()
                page.on("pageerror", lambda error: wrong.append(str(error)))
                page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
                use(page, address)
                if len(sys.argv) > 3:
                    page.screenshot(path=sys.argv[3])
                browser.close()
        finally:
            server.kill()
            server.wait()
    # The one error is the playlist without a name, which is refused with a sentence.
    assert all("name" in error for error in wrong), wrong
    assert hosts == {address.split("/")[2]}, f"the page asked others: {hosts}"
    print("searched, played, joined, saved and found again")


main()
