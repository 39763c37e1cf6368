"""Templates are compiled for each language; what is rendered or compiled keeps no writer waiting."""

from functools import cached_property
from threading import Lock

from flask import request
from flask.templating import Environment
from flask_babel import force_locale, get_locale, gettext
from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from models import reading_only, stop_writing


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
