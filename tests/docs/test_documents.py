# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""The documents hold: links lead somewhere, and the code of the README and of docs/codecs.md compiles without a warning."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(os.environ["VIDEOSTREAM_ROOT"])
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md"),
                    *(ROOT / "models").rglob("*.md")])
SOURCES = sorted(p for top in ("include", "src", "apps", "examples", "tests")
                 for p in (ROOT / top).rglob("*") if p.suffix in (".h", ".hpp", ".c", ".cpp"))

# What the README's reader has to bring along, and a function to put the lines into.
CXX_FRAME = """#include <chrono>
#include <cstddef>
#include <span>
#include <utility>
{includes}
[[maybe_unused]] static void draw(std::span<std::byte>, std::span<std::byte>) {{}}
[[maybe_unused]] static void use(std::span<const std::byte>, const vsl::FrameInfo&) {{}}
int main() {{
{body}
}}
"""
C_FRAME = """#include <stddef.h>
{includes}
int main(void) {{
{body}
return 0;
}}
"""


def anchors(path):
    text = path.read_text()
    named = set(re.findall(r'<a id="([^"]+)">', text))
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        named.add(words)
    return named


def missing(base, link):
    """Why a link of a document does not lead anywhere, or None."""
    target, _, anchor = link.partition("#")
    path = (base / target).resolve() if target else None
    if path is not None and not path.exists():
        return f"{link}: no such file"
    if anchor and path is not None and anchor not in anchors(path):
        return f"{link}: no such section"
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(document):
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text())
    local = [link for link in links if "://" not in link]
    wrong = [missing(document.parent, document.name + link if link.startswith("#") else link)
             for link in local]
    assert [why for why in wrong if why] == []


def test_every_section_named_in_a_comment_exists():
    wrong = []
    for source in SOURCES:
        for link in re.findall(r"docs/[\w/.-]+\.md(?:#[\w-]+)?", source.read_text(errors="replace")):
            why = missing(ROOT, link)
            if why:
                wrong.append(f"{source.relative_to(ROOT)}: {why}")
    assert wrong == []


# What the blocks of docs/codecs.md are about, and have not made themselves.
CODECS_CXX_FRAME = """#include <chrono>
#include <optional>
#include <utility>
#include <videostream/client.hpp>
#include <videostream/host.hpp>
{includes}
int run(vsl::Client* client, vsl::Host* host);
int run([[maybe_unused]] vsl::Client* client, vsl::Host* host) {{
{body}
return 0;
}}
"""
CODECS_C_FRAME = """{includes}
int run(VSLFrame* source);
int run(VSLFrame* source) {{
{body}
return 0;
}}
"""


def blocks(language, page="README.md"):
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(),
                      re.MULTILINE | re.DOTALL)


def check_block(block, frame, compiler, suffix, tmp_path):
    includes = "\n".join(line for line in block.splitlines() if line.startswith("#include"))
    body = "\n".join(line for line in block.splitlines() if not line.startswith("#include"))
    source = tmp_path / f"page{suffix}"
    source.write_text(frame.format(includes=includes, body=body))
    flags = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{ROOT / 'include'}"]
    done = subprocess.run([*compiler, *flags, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", blocks("cpp"))
def test_cxx_of_the_readme_compiles(block, tmp_path):
    check_block(block, CXX_FRAME, ["c++", "-std=c++20"], ".cpp", tmp_path)


@pytest.mark.parametrize("block", blocks("c"))
def test_c_of_the_readme_compiles(block, tmp_path):
    check_block(block, C_FRAME, ["cc", "-std=c11"], ".c", tmp_path)


@pytest.mark.parametrize("block", blocks("cpp", "docs/codecs.md"))
def test_cxx_of_the_page_of_codecs_compiles(block, tmp_path):
    check_block(block, CODECS_CXX_FRAME, ["c++", "-std=c++20"], ".cpp", tmp_path)


@pytest.mark.parametrize("block", blocks("c", "docs/codecs.md"))
def test_c_of_the_page_of_codecs_compiles(block, tmp_path):
    check_block(block, CODECS_C_FRAME, ["cc", "-std=c11"], ".c", tmp_path)
