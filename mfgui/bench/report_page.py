"""The page of a report without its content: layout, colours, sorting. It needs no network."""

from __future__ import annotations

from string import Template

STYLE = """
:root { color-scheme: light dark; --paper: #fbfbfa; --ink: #1c1d1f; --quiet: #62666c;
  --line: #d9dbde; --stripe: #f1f2f3; --mark: #0b63b0; --box: #0b63b033; --good: #17703a;
  --bad: #a8341c; }
@media (prefers-color-scheme: dark) { :root { --paper: #17181a; --ink: #e6e7e9; --quiet: #9ba0a6;
  --line: #34373b; --stripe: #1f2124; --mark: #6fb3f2; --box: #6fb3f233; --good: #6cc98d;
  --bad: #f08a70; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 28px 28px 80px; max-width: 1280px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 8px; }
h3 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 4px 0 10px; max-width: 80ch; } .quiet, figcaption { color: var(--quiet); }
nav a { margin-right: 16px; } a { color: var(--mark); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0;
  background: var(--paper); }
td.text, th.text { text-align: left; white-space: normal; }
tbody tr:hover td { background: var(--stripe); }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid var(--mark); }
th[aria-sort=ascending] button::after { content: " \\25B4"; }
th[aria-sort=descending] button::after { content: " \\25BE"; }
.best { font-weight: 700; } small { color: var(--quiet); font-weight: 400; }
.plus { color: var(--good); } .minus { color: var(--bad); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(520px, 1fr)); gap: 20px; }
.plots figure { margin: 0; } svg { width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg text.best { font-weight: 700; }
svg .grid { stroke: var(--line); } svg .box { fill: var(--box); }
svg .median { stroke: var(--mark); stroke-width: 2; }
svg circle { fill: var(--mark); fill-opacity: .55; }
.pictures { display: flex; flex-wrap: wrap; gap: 14px; }
.pictures figure { margin: 0; width: 220px; }
.pictures img { display: block; max-width: 100%; border-radius: 3px; }
.pictures img.crop { width: 220px; margin-top: 4px; image-rendering: pixelated; }
.pictures .none { border: 1px dashed var(--line); border-radius: 3px; padding: 10px;
  min-height: 80px; overflow-wrap: anywhere; }
figcaption { font-size: 13px; overflow-wrap: anywhere; }
details { margin: 8px 0; } summary { cursor: pointer; }
code { font-size: 12px; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
@media print { body { max-width: none; } .scroll { overflow: visible; } }
"""

SCRIPT = """
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const first = head.dataset.first || "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = head.getAttribute("aria-sort") === first ? other : first;
    heads.forEach(h => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const key = row => row.cells[column].dataset.value;
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === "" || y === "") return (x === "") - (y === "");
      const d = Number(x) - Number(y);
      return sign * (Number.isNaN(d) ? x.localeCompare(y, undefined, {numeric: true}) : d);
    });
    table.tBodies[0].append(...rows);
  }));
}
"""

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>$style</style>
</head>
<body>
<h1>$title</h1>
<p class="quiet">$subtitle</p>
<nav>$links</nav>
$sections
<script>$script</script>
</body>
</html>
""")


def page(title: str, subtitle: str, sections: list[tuple[str, str, str]]) -> str:
    """The whole page.

    Parameters
    ----------
    title, subtitle : str
        As HTML.
    sections : list of (identity, heading, content)
        As HTML; those without content are left out.
    """
    there = [section for section in sections if section[2]]
    links = "".join(f'<a href="#{name}">{heading}</a>' for name, heading, _ in there)
    texts = [f'<section id="{n}"><h2>{heading}</h2>{text}</section>' for n, heading, text in there]
    return PAGE.substitute(
        title=title,
        subtitle=subtitle,
        links=links,
        sections="\n".join(texts),
        style=STYLE,
        script=SCRIPT,
    )
