"""Signs that a text is a program in one of the languages that people run.

No list knows every program. These signs make a text `unknown`; that a text has none makes it
`safe` only under a name that says: data, or something to read (`names.py`).
"""

import re
from collections.abc import Iterator

MAX_PARSED = 1 << 18

_WORDS = (
    *("__import__", "__globals__", "__builtins__", "__subclasses__", "__reduce__", "eval("),
    *("exec(", "os.system", "subprocess", "popen(", "system(", "spawn(", "ctypes.", "dlopen"),
    *("marshal.loads", "pickle.load", "<?php", "<script", "<iframe", "javascript:", "<%"),
    *("vbscript:", "powershell", "cmd.exe", "cmd /c", "/bin/sh", "/bin/bash", "/dev/tcp/"),
    *("|sh", "| sh", "|bash", "| bash", "| sudo", "rm -rf", "rm -r ", "chmod +", "base64 -d"),
    *("curl -", "curl http", "wget -", "wget http", "<<eof", "2>&1", ">/dev/null", "> /dev/"),
    *("runtime.getruntime", "processbuilder", "child_process", "invoke-expression", "git+"),
    *("invoke-webrequest", "xp_cmdshell", "from program", "\\write18", "onerror=", "onload="),
    *("document.cookie", "console.log(", "require('", 'require("', "import(", "$ifs"),
    *("ld_preload", "%(os.", "#{", "<#assign", "freemarker", "@java."),
)
_WORDS_OUTSIDE_OF_PROSE = ("$(", "${", " && ", " || ", "`", "=>", "function(", "function (")

_COMMANDS = (
    "apt|apt-get|bash|brew|cat|cd|chmod|chown|conda|cp|crontab|curl|dd|del|docker|echo|eval|"
    "exec|export|find|gcc|git|ipython|java|kill|ln|ls|make|mkdir|mkfs|mv|nc|ncat|net|node|"
    "nohup|npm|npx|perl|php|pip|pip3|python|python3|reg|rm|rmdir|ruby|scp|sed|sh|source|ssh|"
    "start|sudo|systemctl|tar|tee|touch|unzip|wget|xargs|yum|zsh"
)
# Compiled when a text is looked at: a process that judges other files need not wait for it.
_LINE = (
    r"^[ \t]*(?:"
    r"(?P<python>import [\w.]+(?: as \w+)?(?: ?, ?[\w.]+)*[ \t]*(?:[;#].*)?$"
    r"|from [\w.]+ import\b|(?:async )?def \w+ ?\(|class \w+ ?[(:]|@[A-Za-z_][\w.]*(?:\(.*)?$"
    r"|(?:try|else|finally):[ \t]*(?:#|$|[\w.]+ ?\(|import\b|from\b)|except\b.*:$"
    r"|if __name__|raise \w+(?:\(|$)|with open\(|print\()"
    r"|(?P<call>[A-Za-z_][\w.]*\(.*\)[; \t]*$|[A-Za-z_][\w.\[\]'\"]* ?=(?!=) ?[\w.]+\(.*)"
    r"|(?P<script>(?:var|let|const) \w+ ?=|(?:export )?(?:async )?function\b.*[{(]"
    r"|local \w+ ?=|\w+ ?<- ?\S|use (?:strict|warnings);|my [$@%]\w|using namespace|#include"
    r"|package [\w.]+;|public (?:static|class|final)|int main|require ['\"]|library\()"
    r"|(?P<shell>(?:" + _COMMANDS + r")[ \t]+(?:[-/~$\"'<>|*]|\.{1,2}/|https?:|[\w.]+[/=]).*$"
    r"|(?:export|alias|set|setx|unset) \w+=|@echo off|rem |:\w+$|\[ -\w |if \[|fi$|done$"
    r"|[\w$.]+ ?\(\) ?\{|(?:chmod|chown|curl|mkfs|rm|sudo|wget) \S)"
    r"|(?P<cron>@(?:reboot|hourly|daily|weekly|monthly|yearly)\b"
    r"|(?=[\d/,\- \t]*\*)(?:[\d*/,-]+[ \t]+){4}[\d*/,-]+[ \t]+\S)"
    r"|(?P<recipe>(?:RUN|CMD|ENTRYPOINT|FROM|COPY|ADD) \S|Exec\w*=|-{1,2}(?:extra-)?index-url"
    r"|--find-links|-e \S|[\w.\[\],-]+ ?@ ?(?:git\+|https?:|file:))"
    r"|(?P<sql>(?i:drop|delete|insert|update|alter|grant|create|truncate|copy|attach|load|exec"
    r"|call|select)\b.*;[ \t]*$)"
    r")"
)
_MAKE = r"(?m)^[\w./%-]+ ?:(?!=)[^\n]*\n\t[ \t]*\S"
_SETTING = r"(?m)^[ \t]*(?:- )?[\w.-]+:[ \t].*$"
"""A line of YAML: what it takes over from another one, `${data.path}`, is filled in."""
_TREE = (
    r"(?m)^\t*\d+:(?:\[[\w .:<=+{},-]*\] yes=\d+,no=\d+(?:,missing=\d+)?|leaf=[-+.\de]+)"
    r"(?:,(?:gain|cover)=[-+.\de]+)*$"
)
"""A line of a tree of XGBoost, as it dumps one: rules of a makefile look like that."""
_FORMULA = r"(?i)(?:^|[,;\t\n\"])[=+@-][ \t]*(?:cmd\||dde\b|[a-z]{2,}\()"
_COMMAND = rf"[ \t]*(?:{_COMMANDS})[ \t]+\S"
_FENCED = r"(?ms)^ {0,3}(```+|~~~+).*?^ {0,3}\1[`~]*[ \t]*$"
_QUOTED = r"(`+)(?!`).+?(?<!`)\1(?!`)"
_KINDS = {
    "python": "Python",
    "call": "a program",
    "script": "a program",
    "shell": "commands of a shell",
    "cron": "a table of jobs",
    "recipe": "a recipe of what to run or fetch",
    "sql": "commands of a database",
}


def signs(text: str, *, prose: bool) -> Iterator[str]:
    """Say what makes the text look like a program; prose may quote one, as Markdown does."""
    if prose:
        text = re.sub(_QUOTED, "", re.sub(_FENCED, "", text))
    small = re.sub(r"(?m)^##\{$", "", text).lower()  # a part of a word in a vocabulary
    small = re.sub(_SETTING, lambda line: re.sub(r"\$\{[\w.]+\}", "", line[0]), small)
    for word in (*_WORDS, *(() if prose else _WORDS_OUTSIDE_OF_PROSE)):
        if word in small:
            yield f"it has {word.strip()!r} in it, as programs have"
            return
    found = re.search(_LINE, text, re.MULTILINE)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        yield f"line {line} looks like {_KINDS[found.lastgroup or 'call']}"
    elif re.search(_MAKE, re.sub(_TREE, "", text)):
        yield "it has rules as a makefile has"
    elif re.search(_FORMULA, text):
        yield "it has formulas, which a spreadsheet computes"
    elif len(text) <= MAX_PARSED and (_is_shell(text) or _is_python(text)):
        yield "it is a program"


def _is_shell(text: str) -> bool:
    """Tell whether each line that is not a comment begins with a command."""
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    return bool(lines) and all(re.match(_COMMAND, line) for line in lines)


def _is_python(text: str) -> bool:
    """Tell whether Python would take the text for a program that does anything."""
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        acting = (ast.Call, ast.Import, ast.ImportFrom, ast.Delete, ast.Raise, ast.Lambda)
        defining = (
            ast.FunctionDef,
            ast.AsyncFunctionDef,
            ast.ClassDef,
            ast.Attribute,
            ast.With,
        )
        return any(isinstance(node, (*acting, *defining)) for node in ast.walk(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
