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
<title>Assessment of a migration to {{.Target}}</title>
` + pageHead + `</head>
<body>
<h1>Assessment before a migration</h1>
<dl>
<dt>From</dt><dd><code>{{.Source}}</code></dd>
<dt>To</dt><dd><code>{{.Target}}</code></dd>
<dt>Kind</dt><dd>{{.Type}}</dd>
<dt>Looked at</dt><dd>{{.Started.UTC.Format "2006-01-02 15:04:05"}} UTC</dd>
</dl>
<p class="verdict {{.Status}}"><strong>{{if eq .Status "passed"}}Ready. Nothing stands in the way.{{else if eq .Status "warning"}}Ready, with things to know.{{else if eq .Status "failed"}}Not ready.{{else}}Not everything could be checked.{{end}}</strong>
<span>Checks: {{.Failed}} failed, {{.Warnings}} with warnings, {{.Passed}} passed, {{.Skipped}} skipped{{if .Errors}}, {{.Errors}} could not be made{{end}}.</span></p>
<ul class="tiles">
<li><b>{{len .Moves.Tables}}</b>tables</li><li><b>{{rows .Moves.Rows}}</b>rows, about</li><li><b>{{size .Moves.Bytes}}</b>of data, about</li>{{with .Time}}<li><b>{{.Short}}</b>to read them, at least</li>{{end}}<li><b>{{len .Changes}}</b>things that change</li><li><b>{{len .Stays}}</b>that do not move</li>
</ul>
{{define "findings"}}<tr><th>What</th><th>Why</th><th>What mends it</th></tr>{{end}}
{{if .Failed}}<h2>To be done before it starts</h2>
<div class="wide"><table>{{template "findings"}}
{{range .Assessments}}{{range .Findings}}{{if eq .Status "failed"}}<tr><td>{{.Object}}</td><td>{{.Reason}}</td><td>{{with .Mend}}<code class="block">{{.}}</code>{{end}}</td></tr>
{{end}}{{end}}{{end}}</table></div>{{end}}
{{if .Warnings}}<h2>To be known, or better mended</h2>
<div class="wide"><table>{{template "findings"}}
{{range .Assessments}}{{range .Findings}}{{if eq .Status "warning"}}<tr><td>{{.Object}}</td><td>{{.Reason}}</td><td>{{with .Mend}}<code class="block">{{.}}</code>{{end}}</td></tr>
{{end}}{{end}}{{end}}</table></div>{{end}}
<h2>What moves</h2>
<p>Tables: {{len .Moves.Tables}}, with about {{rows .Moves.Rows}} rows ({{size .Moves.Bytes}}). Views: {{.Moves.Views}}. Sequences: {{.Moves.Sequences}}. Other objects: {{.Moves.Objects}}. Rows and sizes are the source's own estimates.</p>
<div class="wide"><table>
<tr><th>Table</th><th>On the target</th><th class="n">Rows</th><th class="n">Size</th></tr>
{{range .Moves.Tables}}<tr><td>{{.Source}}</td><td>{{.Target}}{{if .There}} (there already){{end}}</td><td class="n">{{rows .Rows}}</td><td class="n">{{size .Bytes}}</td></tr>
{{end}}</table></div>
{{if .Time}}<h2>How long it takes</h2>
<p>Reading takes {{.Time.Words}}. This is from a sample: {{rows .Time.Rows}} rows of {{.Time.Table}} were read in {{printf "%.1f" .Time.Sampled}} seconds. Writing was not
measured, as nothing is changed on the target; it may take longer than reading, above all where indexes are built.</p>{{else if .Untimed}}<h2>How long it takes</h2>
<p>It could not be estimated: {{.Untimed}}</p>{{end}}
<h2>What changes</h2>
{{if .Changes}}<ul>{{range .ChangeLines}}<li>{{.}}</li>
{{end}}</ul>{{else}}<p>Nothing.</p>{{end}}
<h2>What does not move</h2>
{{if .Stays}}<ul>{{range .StayLines}}<li>{{.}}</li>
{{end}}</ul>{{else}}<p>Nothing stays behind of what was selected.</p>{{end}}
<h2>Everything that was checked</h2>
<div class="wide"><table>
<tr><th>Result</th><th>What holds when it passes</th></tr>
{{range .Assessments}}<tr><td class="w"><span class="chip {{.Status}}">{{.Status}}</span></td><td>{{.About}}<small><code>{{.Name}}</code>{{if .Reason}} — {{.Reason}}{{end}}</small></td></tr>
{{end}}</table></div>
</body>
</html>
`
