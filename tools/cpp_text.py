"""Splits C++ source text into code, string literals and comments, line numbers kept."""

import re

# In this order: a quote inside a comment is no string, a slash inside a string no comment. A quote
# between digits separates thousands.
TOKEN = re.compile(
    r"""
      (?P<comment>//[^\n]*|/\*.*?\*/)
    | (?P<raw>R"(?P<tag>[^\s()\\]{0,16})\((?P<body>.*?)\)(?P=tag)")
    | (?P<string>"(?:\\.|[^"\\\n])*")
    | (?P<digits>(?<![\w'])\d[\w.]*(?:'[\w.]+)*)
    | (?P<character>'(?:\\.[^'\n]*|[^'\\\n])')
    """,
    re.VERBOSE | re.DOTALL,
)


class CppText:
    """`code`: the text with comments blanked and literals emptied; `strings` and `comments`:
    (line number, text) pairs; `raw_lines`: numbers of lines that raw strings lie on."""

    def __init__(self, text):
        self.strings = []
        self.comments = []
        self.raw_lines = set()
        pieces = []
        end = 0
        line = 1
        for token in TOKEN.finditer(text):
            between = text[end : token.start()]
            pieces.append(between)
            line += between.count("\n")
            pieces.append(self._replacement(token, line))
            line += token[0].count("\n")
            end = token.end()
        pieces.append(text[end:])
        self.code = "".join(pieces)

    def _replacement(self, token, line):
        newlines = "\n" * token[0].count("\n")
        if token["comment"] is not None:
            self.comments.append((line, token[0]))
            return " " + newlines
        if token["raw"] is not None:
            self.strings.append((line, token["body"]))
            self.raw_lines.update(range(line, line + len(newlines) + 1))
            return '""' + newlines
        if token["string"] is not None:
            self.strings.append((line, token[0][1:-1]))
            return '""'
        return "' '" if token["character"] is not None else token[0]


def line_of(text, position):
    return text.count("\n", 0, position) + 1
