"""How the page looks: one column on a phone, black on white on paper."""

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 66rem; color: #1b1f24; background: #fff;
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1.05rem; margin: 0 0 .25rem; }
h4 { font-size: 1rem; margin: 1rem 0 .25rem; }
p { margin: .25rem 0 .5rem; }
header { border-left: .5rem solid #8a94a6; padding: .25rem 0 .25rem 1rem; }
header.pass { border-color: #1a7f37; } header.fail { border-color: #c2410c; }
header.inconclusive { border-color: #8a6100; }
.badge { display: inline-block; min-width: 3.2rem; padding: 0 .5rem; border-radius: .3rem;
  text-align: center; font-size: .85rem; border: 1px solid currentColor; }
.badge.pass { color: #1a7f37; } .badge.fail { color: #fff; background: #c2410c; }
.badge.inconclusive { color: #8a6100; } .badge.not-applicable { color: #5b6472; }
.check { border: 1px solid #d7dce3; border-radius: .5rem; padding: .75rem 1rem;
  margin: 0 0 1rem; }
.note { color: #5b6472; font-size: .9rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; }
.pair { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: flex-start; }
figure { margin: .5rem 0; max-width: 100%; flex: 0 1 340px; }
figcaption { font-weight: 600; font-size: .9rem; }
svg { max-width: 100%; height: auto; display: block; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr));
  gap: .4rem 1rem; margin: .5rem 0; flex: 1 1 16rem; }
dt { color: #5b6472; font-size: .8rem; } dd { margin: 0; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums;
  margin: .25rem 0 .5rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem .75rem .2rem 0;
  border-bottom: 1px solid #d7dce3; }
data, .badge { white-space: nowrap; }
.wide td, .wide th { overflow-wrap: break-word; padding-right: .5rem; }
.wide td:first-child { min-width: 8rem; }
th { color: #5b6472; font-weight: 600; }
pre { white-space: pre-wrap; font-size: .75rem; max-height: 16rem; overflow: auto;
  background: #f4f6f8; padding: .5rem; }
summary { color: #5b6472; font-size: .85rem; }
code { font-size: .9em; }
@media (max-width: 40rem) {
  table.wide thead { display: none; }
  table.wide, table.wide tbody, table.wide tr, table.wide td { display: block; width: 100%; }
  table.wide tr { border-bottom: 1px solid #d7dce3; padding: .4rem 0; }
  table.wide td { border: 0; padding: 0 0 0 8rem; min-height: 1.5em; position: relative; }
  table.wide td:empty { display: none; }
  table.wide td::before { content: attr(data-name); position: absolute; left: 0;
    width: 7.5rem; color: #5b6472; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  details, .screen { display: none; }
  figure, tr, dl { break-inside: avoid; }
  .wide { font-size: 7.5pt; } .wide td:first-child { min-width: 4rem; }
  a { color: inherit; text-decoration: none; }
  h2, h3, h4 { break-after: avoid; }
  .badge.fail { color: #000; background: none; border-width: 2px; }
}
"""
