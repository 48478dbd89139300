"""A page's own HTML becomes Markdown; HTML that is the matter stays."""

import pytest

from filters.edits import markdown

PAGE = '<div class="markdown prose w-full break-words dark:prose-invert light">'
CODE = (
    '<pre><div class="bg-black mb-4 rounded-md"><div class="flex items-center text-xs"><span>python</span><button class="flex ml-auto">'  # noqa: E501
    '<svg stroke="currentColor"><path d="M1 1"></path></svg>Copy code</button></div><div class="p-4 overflow-y-auto">'
    '<code class="!whitespace-pre hljs language-python"><span class="hljs-keyword">if</span> a &lt; b:\n    <span class="hljs-built_in">print</span>('  # noqa: E501
    '<span class="hljs-string">"&lt;p&gt;"</span>)\n\n\n# `x`\n</code></div></div></pre>'
)
FENCE = '```python\nif a < b:\n    print("<p>")\n\n\n# `x`\n```'

KEPT = {
    "a question about a tag": ("What does <div> do, and why is there a </div> after it?", "It opens a block. `<div>text</div>` is one."),  # noqa: E501
    "an answer that shows HTML bare": ("Write an HTML list with two items.", "<ul>\n<li>One</li>\n<li>Two</li>\n</ul>"),
    "HTML in a fence": ("How do I mark a paragraph?", "Like this:\n\n```html\n<p>Hello</p>\n<div class=\"markdown prose\"><p>x</p></div>\n```"),  # noqa: E501
    "a question that holds the markup": ('<p class="x">Hi</p>\n\nMake it red.', '<p class="x" style="color:red">Hi</p>'),
    "JSX": ("Give me a component.", "<div>\n  {items.map(item => <p key={item.id}>{item.name}</p>)}\n</div>"),
    "XML and templating": ("Show the feed.", "<div><item><title>{{ post.title }}</title></item></div>"),
    "thinking tags": ("Two plus two?", "<think>\n<p>simple</p>\n</think>\nFour."),
    "generics, maths, placeholders, an address": (
        "Types?", "List<String> and Map<K, V>; a<b and b>c; dear <your name>; write to <a@b.c>; x <p and q> y</p>"),
    "somebody's own page": ("Build me a landing page", '<div id="main" onclick="go()"><p>Buy now</p></div>'),
    "inline tags in prose": ("Format?", "Press <kbd>Ctrl</kbd> and the <b>big</b> key.<br>Then wait."),
    "a page pasted to be scraped": (f"Get the text out of this: {PAGE}<p>x</p></div>", "Use a parser: the `div` has the class `markdown prose`."),  # noqa: E501
    "a table in HTML that is asked for": ("Generate code to show a table.", "<table>\n<tr><th>A</th></tr>\n</table>"),
}  # fmt: skip

CONVERTED = {
    "paragraphs": (f"{PAGE}<p>One.</p><p>Two <strong>bold</strong> and <em>soft</em>.</p></div>", "One.\n\nTwo **bold** and *soft*."),  # noqa: E501
    "code with its language": (f"{PAGE}<p>Run:</p>{CODE}<p>Done.</p></div>", f"Run:\n\n{FENCE}\n\nDone."),
    "lists in lists": (
        f"{PAGE}<ol><li><p>One</p></li><li><p>Two</p><ul><li>a</li><li>b</li></ul></li></ol></div>", "1. One\n\n2. Two\n\n   - a\n   - b"),  # noqa: E501
    "inline code and entities": (f"{PAGE}<p>Is <code>a &lt; b</code> &amp; so on?</p></div>", "Is `a < b` & so on?"),
    "a table": (
        f"{PAGE}<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table></div>",
        "| a | b |\n| --- | --- |\n| 1 | 2 |"),
    "headings, quotes, rules": (f"{PAGE}<h3>T</h3><blockquote><p>q</p></blockquote><hr><p>x</p></div>", "### T\n> q\n---\n\nx"),
    "a link": (f'{PAGE}<p>See <a href="https://x.org/a_b" target="_new">this</a>.</p></div>', "See [this](https://x.org/a_b)."),
    "plain tags, where nobody spoke of markup": ("<p>Tea is brewed.</p>\n<ol>\n<li>Boil</li>\n<li>Pour</li>\n</ol>", "Tea is brewed.\n\n1. Boil\n2. Pour"),  # noqa: E501
    "a wrapper in a wrapper": (f'<div class="min-h-[20px] flex flex-col">{PAGE}<p>Hi</p></div></div>', "Hi"),
    "a code block of the page amid Markdown": (f"Run **this**:\n\n{CODE}\n\nDone.", f"Run **this**:\n\n{FENCE}\n\nDone."),
    "maths": (
        f'{PAGE}<p>So <span class="math math-inline"><span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>x</mi></mrow>'  # noqa: E501
        '<annotation encoding="application/x-tex">x^2_i</annotation></semantics></math></span><span class="katex-html" aria-hidden="true">'  # noqa: E501
        "<span>x2</span></span></span></span> and \\(y\\).</p></div>", "So $x^2_i$ and \\(y\\)."),
    "HTML between fences": ("<p>First:</p>\n```python\nx = '<p>'\n```\n<p>Then rest.</p>", "First:\n\n```python\nx = '<p>'\n```\n\nThen rest."),  # noqa: E501
}  # fmt: skip


def repaired(asked, answer):
    return [text for text, _ in markdown.repair([{"role": "user", "content": asked}, {"role": "assistant", "content": answer}])]


@pytest.mark.parametrize("name", KEPT)
def test_stays(name):
    assert repaired(*KEPT[name]) == list(KEPT[name])


@pytest.mark.parametrize("name", CONVERTED)
def test_becomes_markdown(name):
    html, expected = CONVERTED[name]
    assert repaired("How do I make tea?", html)[1] == expected
    assert repaired("How do I make tea?", expected)[1] == expected


def test_a_question_from_the_page():
    asked = '<div class="min-h-[20px] whitespace-pre-wrap">two\n  lines &lt;3</div>'
    assert repaired(asked, "Yes.") == ["two\n  lines <3", "Yes."]


def test_plain_tags_without_a_question_stay():
    answer = "<p>Who asked?</p>"
    assert markdown.repair([{"role": "assistant", "content": answer}]) == [(answer, 0)]


def test_what_cannot_be_told_apart_stays():
    shown = "<p>&lt;p&gt;x&lt;/p&gt;</p>"  # would read as markup once decoded
    assert repaired("How do I make tea?", shown)[1] == shown


def test_code_in_a_list_keeps_its_indent_and_long_fences():
    html = f'{PAGE}<ol><li><p>Do</p><pre><code class="hljs language-md">a ``` b\n  x\n</code></pre></li></ol></div>'
    assert repaired("?", html)[1] == "1. Do\n\n   ````md\n   a ``` b\n     x\n   ````"


def test_deep_nesting_loses_nothing():
    html = "<div>" * 3000 + "<p>x</p>" + "</div>" * 3000
    assert "x" in repaired("How do I make tea?", html)[1]
