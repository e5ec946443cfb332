#pragma once

#include <string_view>

namespace cairn::scan {

/// The look of the HTML report: sober on screen, complete on A4 paper.
inline constexpr std::string_view kReportStyle = R"css(
:root { --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --found: #8a1c1c; --gap: #8a5a00;
        --good: #1f5f34; }
* { box-sizing: border-box; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1.5rem; color: var(--ink);
       background: #fff; font: 15px/1.5 "Liberation Sans", Arial, Helvetica, sans-serif; }
header { border-bottom: 3px solid var(--ink); margin-bottom: 1rem; }
.maker { margin: 0; letter-spacing: .2em; text-transform: uppercase; font-size: .8rem;
         color: var(--soft); }
h1 { margin: .1rem 0 .6rem; font-size: 1.55rem; line-height: 1.25; }
h2 { margin: 2rem 0 .6rem; font-size: 1.2rem; border-bottom: 1px solid var(--line);
     padding-bottom: .2rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
         border-bottom: 1px solid var(--line); }
thead th { border-bottom: 2px solid var(--ink); font-size: .85rem; }
.facts { width: auto; }
.facts th { font-weight: 600; color: var(--soft); padding-left: 0; white-space: nowrap; }
.facts th, .facts td { border: 0; padding-top: .1rem; padding-bottom: .1rem; }
.counts { width: auto; min-width: 50%; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font: .85em/1.45 "Liberation Mono", "DejaVu Sans Mono", monospace;
       overflow-wrap: anywhere; }
.path { font-weight: 600; }
.detail { margin: .2rem 0 0; color: var(--soft); font-size: .85rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; margin: .6rem 0 1rem; }
.figure { border: 1px solid var(--line); border-left: 5px solid var(--soft);
          padding: .5rem 1rem; min-width: 11rem; }
.figure strong { display: block; font-size: 1.7rem; line-height: 1.2; }
.figure span { color: var(--soft); }
.figure.found { border-left-color: var(--found); }
.figure.found strong { color: var(--found); }
.figure.gap { border-left-color: var(--gap); }
.figure.gap strong { color: var(--gap); }
.verdict.good strong { color: var(--good); }
.verdict.gap strong, tr.gap td:first-child { color: var(--gap); }
.findings td:nth-child(2) { width: 50%; }
@page { size: A4; margin: 18mm 15mm; }
@media print {
  body { margin: 0; max-width: none; padding: 0; font-size: 9.5pt; }
  thead { display: table-header-group; }
  tr, .figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
)css";

}  // namespace cairn::scan
