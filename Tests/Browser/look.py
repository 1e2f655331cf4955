"""Shows every page at every width in both colour schemes, with the policy that the server sends; keeps pictures; prints
what is wrong with a page, a line each. Arguments: directory of pages, directory for pictures, the browser."""

import pathlib
import sys

from playwright.sync_api import sync_playwright

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

# The machine may be busy with other tests.
PATIENCE_MS = 180_000

# WCAG 2 AA: 4.5:1 for text, whatever its size.
CONTRAST = """() => {
  const parse = text => { const n = text.match(/[0-9.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const light = rgb => rgb.slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const wrong = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter(n => n.nodeType == 3).map(n => n.data.trim()).join(' ').trim();
    if (!text || !element.checkVisibility()) continue;
    let under = element;
    while (under && parse(getComputedStyle(under).backgroundColor)[3] == 0) under = under.parentElement;
    const a = light(parse(getComputedStyle(element).color));
    const b = light(parse(getComputedStyle(under || document.body).backgroundColor));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) wrong.push(`${ratio.toFixed(2)}:1 "${text.slice(0, 30)}"`);
  }
  return wrong;
}"""

# A finger needs 44 px.
SMALL = """() => [...document.querySelectorAll('a, button, input, select, summary')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44)
  .map(e => `${e.tagName} "${(e.innerText || e.name || '').slice(0, 20)}" ${e.getBoundingClientRect().height} px`)"""

FOCUS = "parseFloat(getComputedStyle(document.activeElement).outlineWidth) || 0"


def look(browser, pages, pictures, scheme, width, height):
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme,
        device_scale_factor=2 if width < 600 else 1)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()

    def say(what):
        print(f"{page.url} {width} {scheme}: {what}")

    def answer(route):
        path = route.request.url.split("://acqd.test", 1)[1]
        is_style = path == "/assets/acqd.css"
        file = pages / ("acqd.css" if is_style else path[1:] + ".html")
        kind = "text/css" if is_style else "text/html; charset=utf-8"
        headers = {"Content-Security-Policy": POLICY, "Content-Type": kind}
        route.fulfill(body=file.read_bytes(), headers=headers)

    page.on("console", lambda message: say(message.text))
    page.on("pageerror", say)
    page.route("http://acqd.test/**", answer)
    for file in sorted(pages.glob("*.html")):
        page.goto(f"http://acqd.test/{file.stem}")
        page.screenshot(path=pictures / f"{file.stem}-{width}-{scheme}.png", full_page=True)
        inside, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if inside > room:
            say(f"scrolls sideways: {inside} of {room} px")
        for wrong in page.evaluate(CONTRAST):
            say(f"contrast {wrong}")
        for wrong in page.evaluate(SMALL):
            say(f"small target {wrong}")
        page.keyboard.press("Tab")
        if page.evaluate(FOCUS) < 2:
            say("the focus cannot be seen")
    context.close()


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[3], args=["--no-sandbox"], timeout=PATIENCE_MS)
    for scheme in ["light", "dark"]:
        # A phone, a tablet, a window just wide enough for tables, and a screen.
        for width, height in [(360, 740), (800, 1100), (1100, 700), (1440, 900)]:
            look(browser, pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), scheme, width, height)
    browser.close()
