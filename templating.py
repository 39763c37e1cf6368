"""Templates are compiled for each language; what is rendered or compiled keeps no writer waiting."""

import sys
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from threading import Lock

from flask import request
from flask.templating import Environment
from flask_babel import force_locale, get_locale, gettext
from jinja2 import BytecodeCache, __version__ as jinja_version, nodes
from jinja2.bccache import Bucket
from jinja2.visitor import NodeTransformer

from models import reading_only, stop_writing

HERE = Path(__file__).parent
# What a compiled template may hold beside its own words: sentences of these, and what these make of a constant.
COMPILED_IN = ("translations/*/LC_MESSAGES/*.mo", "*.py", "forms/*.py", "requirements.lock")


class CompiledTemplates(BytecodeCache):
    """What has been compiled, on disk, so that the next process need not do it again.

    All of it lies in a folder that is named after what else was compiled in. With a new version, another one is made,
    and the old one goes. What cannot be read, is broken or only half written is compiled anew; what cannot be written
    is not kept. So nobody waits for anybody, and files are written in place.
    """

    def __init__(self, folder: Path):
        files = sorted(file for names in COMPILED_IN for file in HERE.glob(names))
        parts = [sys.version, jinja_version, *(f"{file} {sha256(file.read_bytes()).hexdigest()}" for file in files)]
        self.folder = folder / sha256("\n".join(parts).encode()).hexdigest()[:32]

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return f"{get_locale()}.{name.replace('/', '.')}"

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            found = (self.folder / bucket.key).read_bytes()
            code = found[sha256().digest_size:]
            if found == _sealed(code):
                bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            if not self.folder.exists():
                rmtree(self.folder.parent, ignore_errors=True)
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / bucket.key).write_bytes(_sealed(bucket.bytecode_to_string()))


def _sealed(code: bytes) -> bytes:
    """Behind its sum: Python may crash over code that is not whole. Jinja2 itself asks whether it is of the template's
    present words."""
    return sha256(code).digest() + code


class TranslateSentences(NodeTransformer):
    """Puts what a template says by _("...") into its code in one language, so that it is looked up once and not each
    time that somebody reads it."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        if not (isinstance(node.node, nodes.Name) and node.node.name == "_" and isinstance(node.args[0], nodes.Const)):
            return node
        sentence = nodes.MarkSafeIfAutoescape(nodes.Const(gettext(node.args[0].value)))
        values = nodes.Dict([nodes.Pair(nodes.Const(named.key), named.value) for named in node.kwargs])
        return nodes.Mod(sentence, values).set_lineno(node.lineno)


_compiling = Lock()


class TemplatesByLanguage(Environment):
    """Each template is compiled for each language in which it is read: "da/base.html", "en/base.html"."""

    def get_template(self, name, parent=None, globals=None):
        """A page is the end of a request. What a POST has not committed by then it does not keep, as in a preview, so
        nobody waits while it is compiled and rendered. Letters, which are texts, are written before the commit."""
        if request and not reading_only.get() and name.endswith(".html"):
            stop_writing()
        return super().get_template(f"{get_locale()}/{name}", parent, globals)

    @cached_property
    def _letters(self) -> list[str]:
        """Those that are still to be compiled."""
        return self.list_templates(["txt"])

    def compile_letters(self) -> None:
        """In all languages, before somebody takes the write lock for the first time: then it is not held meanwhile."""
        with _compiling:
            while self._letters:
                named, _, name = self._letters.pop().partition("/")
                with force_locale(named):
                    self.get_template(name)

    def _generate(self, source, *args, **kwargs):
        return super()._generate(TranslateSentences().visit(source).set_environment(self), *args, **kwargs)
