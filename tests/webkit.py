"""A real WebKit, the engine of every iPhone: Debian's MiniBrowser, driven by WebDriver on a screen that nobody sees."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import GIVE_UP_AFTER, ROW_LABELS, Site
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service


def find_webkit() -> dict[str, str] | None:
    """Where the three programs are that a visit takes, or None where one is missing."""
    minibrowsers = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    if not (minibrowsers and driver and screen):
        return None
    return {"browser": str(minibrowsers[-1]), "driver": driver, "screen": screen}


@contextmanager
def screen(program: str) -> Iterator[str]:
    """A display of our own; Xvfb says itself which number is free."""
    reads, writes = os.pipe()
    server = subprocess.Popen([program, "-displayfd", str(writes), "-nolisten", "tcp", "-screen", "0", "1280x900x24"],
                              pass_fds=(writes,), stderr=subprocess.DEVNULL)
    os.close(writes)
    try:
        with os.fdopen(reads) as number:
            yield f":{number.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def webkit(programs: dict[str, str], home: Path) -> Iterator[webdriver.WebKitGTK]:
    """A browser with the programs that find_webkit found; it keeps nothing but in `home`."""
    options = Options()
    options.binary_location = programs["browser"]
    options.add_argument("--automation")
    with screen(programs["screen"]) as display:
        service = Service(programs["driver"], env={**os.environ, "DISPLAY": display, "HOME": str(home)})
        driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


class WebKitVisitor:
    """Somebody with WebKit, who finds everything by its words, as browser.Visitor does with Chromium."""

    def __init__(self, driver: webdriver.WebKitGTK, site: Site, language: str = "da"):
        self.driver, self.site, self.language = driver, site, language
        self.wait = WebDriverWait(driver, GIVE_UP_AFTER, 0.05, [NoSuchElementException, StaleElementReferenceException])

    def open(self, path: str) -> None:
        self.driver.get(self.site.url + path)

    def say(self, sentence: str, **values) -> str:
        return self.site.words(sentence, self.language, **values)

    def sees(self, selector: str, text: str = "") -> WebElement:
        """What is there with these words, once it is."""
        def seen(driver) -> WebElement | None:
            return next((e for e in driver.find_elements(By.CSS_SELECTOR, selector) if text in e.text), None)

        try:
            return self.wait.until(seen)
        except TimeoutException:
            there = self.driver.find_element(By.TAG_NAME, "main").text
            raise AssertionError(f"{text!r} is not in {selector} of {self.driver.current_url}: {there}") from None

    def field(self, sentence: str, row: WebElement | None = None) -> WebElement:
        """A field by its label, in one row where many have it."""
        label = self._find(f"label[@class='form-label'][{_begins(self.say(sentence))}]", row)
        return self.driver.find_element(By.ID, label.get_attribute("for"))

    def group(self, sentence: str, within: WebElement | None = None) -> WebElement:
        """A question whose answers are ticked, or one row of several."""
        return self._find(f"fieldset[legend[{_begins(self.say(sentence))}]]", within)

    def row(self, question: str, number: int) -> WebElement:
        labels = " or ".join(_begins(self.say(label, number=number)) for label in ROW_LABELS)
        return self._find(f"fieldset[legend[{labels}]]", self.group(question))

    def write(self, label: str, text: str, row: WebElement | None = None) -> None:
        field = self.field(label, row)
        if field.get_attribute("type") in ("date", "time"):
            self._pick(field, text)
        else:
            field.clear()
            field.send_keys(text)

    def tick(self, question: str, *answers: str) -> None:
        for answer in answers:
            label = self._find(f"label[{_says(self.say(answer))}]", self.group(question))
            label.click()
            assert self.driver.find_element(By.ID, label.get_attribute("for")).is_selected()

    def confirm(self, sentence: str) -> None:
        self._find(f"label[{_says(self.say(sentence))}]").click()

    def choose(self, label: str, answer: str, row: WebElement | None = None) -> None:
        field = self.field(label, row)
        self._find(f"option[@value={_quoted(answer)} or {_says(answer)}]", field).click()

    def press(self, button: str) -> None:
        self._find(f"button[{_says(self.say(button))}]").click()

    def unfold(self, sentence: str) -> None:
        self._find(f"summary[contains(., {_quoted(self.say(sentence))})]").click()

    def answer(self, answers: dict, row: WebElement | None = None) -> None:
        """Question by question: words are written or chosen, a tuple ticked, a list fills rows."""
        for question, answer in answers.items():
            if isinstance(answer, tuple):
                self.tick(question, *answer)
            elif isinstance(answer, list):
                for folded in self.group(question).find_elements(By.CSS_SELECTOR, "details:not([open]) > summary"):
                    folded.click()
                for number, each in enumerate(answer, 1):
                    self.answer(each, self.row(question, number))
            elif self.field(question, row).tag_name == "select":
                self.choose(question, self.say(answer), row)
            else:
                self.write(question, answer, row)

    def _find(self, path: str, within: WebElement | None = None) -> WebElement:
        """The first of them that is shown: what does not matter to an answer is hidden. It stands in the middle of the
        window then: to what lies just below it, this driver does not scroll."""
        def seen(driver) -> WebElement | None:
            found = (within or driver).find_elements(By.XPATH, f".//{path}")
            return next((element for element in found if element.is_displayed()), None)

        found = self.wait.until(seen, path)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
        return found

    def _pick(self, field: WebElement, value: str) -> None:
        """As the wheel of a phone does it: nobody types a date there, and each language has its own order of keys."""
        self.driver.execute_script("arguments[0].value = arguments[1]; for (const kind of ['input', 'change'])"
                                   " arguments[0].dispatchEvent(new Event(kind, {bubbles: true}));", field, value)
        assert field.get_property("value") == value


def _quoted(words: str) -> str:
    assert '"' not in words, "XPath has no way to write that"
    return f'"{words}"'


def _says(words: str) -> str:
    return f"normalize-space()={_quoted(words)}"


def _begins(words: str) -> str:
    """A label's own words, without the remark that it is optional."""
    return f"normalize-space(text())={_quoted(words)}"
