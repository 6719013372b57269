package summary

// pageHead are the parts of a page's head that all reports share: it stands alone, reads in light and dark, on paper and on a small screen.
const pageHead = `<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
:root {
	--ink: #1f2328; --quiet: #59636e; --paper: #ffffff; --soft: #f6f8fa; --line: #d1d9e0;
	--good: #116329; --good-soft: #e6f6ea; --bad: #a40e26; --bad-soft: #ffebe9; --warn: #7a4a00; --warn-soft: #fff5d6;
}
@media (prefers-color-scheme: dark) {
	:root {
		--ink: #e6edf3; --quiet: #9aa4af; --paper: #0f1318; --soft: #181e25; --line: #323a44;
		--good: #63d07f; --good-soft: #10291a; --bad: #ff8f86; --bad-soft: #341718; --warn: #e8b84f; --warn-soft: #2d230c;
	}
}
* { box-sizing: border-box; }
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
p { margin: .5rem 0; max-width: 60rem; }
code { font: .87em/1.45 ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0 0 1.25rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
.verdict { border-left: .3rem solid; border-radius: .25rem; padding: .75rem 1rem; margin: 0 0 1rem; max-width: none; }
.verdict strong { display: block; font-size: 1.1rem; }
.verdict span { color: var(--ink); }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; margin: 0 0 1rem; padding: 0; list-style: none; }
.tiles li { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; flex: 1 1 7rem; padding: .5rem .8rem; color: var(--quiet); }
.tiles b { color: var(--ink); display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; line-height: 1.3; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .75rem 0; width: 100%; }
th { border-bottom: 2px solid var(--line); color: var(--quiet); font-size: .87rem; font-weight: 600; }
td { border-bottom: 1px solid var(--line); }
th, td { padding: .4rem .7rem; text-align: left; vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; }
td.n, th.n { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
td.w { white-space: nowrap; }
td small { color: var(--quiet); display: block; font-size: .87rem; }
td code.block { background: var(--soft); border-radius: .25rem; display: block; padding: .25rem .5rem; }
.chip { border-radius: 1rem; display: inline-block; font-size: .87rem; padding: 0 .65rem; white-space: nowrap; }
.passed, .good { background: var(--good-soft); color: var(--good); }
.failed, .error, .cancelled, .bad { background: var(--bad-soft); color: var(--bad); }
.warning { background: var(--warn-soft); color: var(--warn); }
.skipped { background: var(--soft); color: var(--quiet); }
ul { padding-left: 1.25rem; } li { margin: .2rem 0; max-width: 60rem; }
@media print {
	body { font-size: 11px; max-width: none; padding: 0; }
	.wide { overflow: visible; } tr, .verdict { break-inside: avoid; } h2 { break-after: avoid; }
	.chip, .verdict, .tiles li { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
</style>
`
