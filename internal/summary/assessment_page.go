package summary

import (
	"html/template"
	"io"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/progress"
)

// AssessmentPage writes what the checks have found as a page that stands alone: first what is to be done, then what moves,
// what changes and what does not, then every check.
func AssessmentPage(out io.Writer, r *assess.Report) error {
	page, err := template.New("assessment").Funcs(template.FuncMap{
		"rows": estimated,
		"size": func(n int64) string {
			if n < 0 {
				return "unknown"
			}
			return progress.Size(float64(n))
		},
	}).Parse(assessmentPage)
	if err != nil {
		return err
	}
	return page.Execute(out, assessmentJSON(r))
}

const assessmentPage = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Assessment of a migration to {{.Target}}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border-bottom: 1px solid #d8dee4; padding: .3rem .6rem; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
code { font: 13px/1.4 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.passed { color: #176f2c; } .failed, .error, .cancelled { color: #b3261e; } .warning { color: #8a5a00; } .skipped { color: #59636e; }
</style>
</head>
<body>
<h1>Assessment before a migration</h1>
<p>From <code>{{.Source}}</code><br>to <code>{{.Target}}</code><br>Kind of migration: {{.Type}}<br>Looked at on {{.Started.UTC.Format "2006-01-02 15:04:05"}} UTC</p>
<p class="{{.Status}}"><strong>{{if eq .Status "passed"}}Ready. Nothing stands in the way.{{else if eq .Status "warning"}}Ready, with things to know.{{else if eq .Status "failed"}}Not ready.{{else}}Not everything could be checked.{{end}}</strong>
{{.Failed}} failed, {{.Warnings}} with warnings, {{.Passed}} passed, {{.Skipped}} skipped{{if .Errors}}, {{.Errors}} could not be made{{end}}.</p>
{{define "findings"}}<tr><th>What</th><th>Why</th><th>What mends it</th></tr>{{end}}
{{if .Failed}}<h2>To be done before it starts</h2>
<table>{{template "findings"}}
{{range .Assessments}}{{range .Findings}}{{if eq .Status "failed"}}<tr><td>{{.Object}}</td><td>{{.Reason}}</td><td><code>{{.Mend}}</code></td></tr>
{{end}}{{end}}{{end}}</table>{{end}}
{{if .Warnings}}<h2>To be known, or better mended</h2>
<table>{{template "findings"}}
{{range .Assessments}}{{range .Findings}}{{if eq .Status "warning"}}<tr><td>{{.Object}}</td><td>{{.Reason}}</td><td><code>{{.Mend}}</code></td></tr>
{{end}}{{end}}{{end}}</table>{{end}}
<h2>What moves</h2>
<p>{{len .Moves.Tables}} tables with about {{.Moves.Rows}} rows ({{size .Moves.Bytes}}), {{.Moves.Views}} views, {{.Moves.Sequences}} sequences, {{.Moves.Objects}} other objects. Rows and sizes are the source's own estimates.</p>
<table>
<tr><th>Table</th><th>On the target</th><th class="n">Rows</th><th class="n">Size</th></tr>
{{range .Moves.Tables}}<tr><td>{{.Source}}</td><td>{{.Target}}{{if .There}} (there already){{end}}</td><td class="n">{{rows .Rows}}</td><td class="n">{{size .Bytes}}</td></tr>
{{end}}</table>
{{if .Time}}<h2>How long it takes</h2>
<p>Reading takes {{.Time.Words}}. This is from a sample: {{.Time.Rows}} rows of {{.Time.Table}} were read in {{printf "%.1f" .Time.Sampled}} seconds. Writing was not
measured, as nothing is changed on the target; it may take longer than reading, above all where indexes are built.</p>{{else if .Untimed}}<h2>How long it takes</h2>
<p>It could not be estimated: {{.Untimed}}</p>{{end}}
<h2>What changes</h2>
{{if .Changes}}<ul>{{range .Changes}}<li>{{.Text}}</li>
{{end}}</ul>{{else}}<p>Nothing.</p>{{end}}
<h2>What does not move</h2>
{{if .Stays}}<ul>{{range .Stays}}<li>{{.Text}}</li>
{{end}}</ul>{{else}}<p>Nothing stays behind of what was selected.</p>{{end}}
<h2>Everything that was checked</h2>
<table>
<tr><th>Check</th><th>Name</th><th>Result</th></tr>
{{range .Assessments}}<tr><td>{{.About}}</td><td><code>{{.Name}}</code></td><td class="{{.Status}}">{{.Status}}{{if .Reason}}: {{.Reason}}{{end}}</td></tr>
{{end}}</table>
</body>
</html>
`
