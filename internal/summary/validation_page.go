package summary

import (
	"html/template"
	"io"

	"github.com/whimbreldb/whimbrel/internal/task"
)

// ValidationPage writes the report of a validation as a page that stands alone.
func ValidationPage(out io.Writer, v *task.Validation, failure error) error {
	page, err := template.New("validation").Parse(validationPage)
	if err != nil {
		return err
	}
	return page.Execute(out, validationJSON(v, failure))
}

const validationPage = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Validation of {{.Target}}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border-bottom: 1px solid #d8dee4; padding: .3rem .6rem; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
code { font: 13px/1.4 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.good { color: #176f2c; } .bad { color: #b3261e; }
</style>
</head>
<body>
<h1>Validation</h1>
<p>Source <code>{{.Source}}</code><br>Target <code>{{.Target}}</code><br>{{.Started.UTC.Format "2006-01-02 15:04:05"}} to {{.Ended.UTC.Format "2006-01-02 15:04:05"}} UTC</p>
{{if .Error}}<p class="bad"><strong>Not finished:</strong> {{.Error}}</p>
{{else if .Equal}}<p class="good"><strong>Equal.</strong> All rows that were compared are the same on both sides.</p>
{{else}}<p class="bad"><strong>Not equal.</strong></p>{{end}}
<table>
<tr><th>Table</th><th class="n">Source rows</th><th class="n">Target rows</th><th class="n">Different</th><th class="n">Only in the source</th><th class="n">Only in the target</th><th>State</th><th>How</th><th class="n">Seconds</th></tr>
{{range .Tables}}<tr><td>{{.Source}}{{if ne .Source .Target}} → {{.Target}}{{end}}</td><td class="n">{{.SourceRows}}</td><td class="n">{{.TargetRows}}</td><td class="n">{{.Different}}</td><td class="n">{{.MissingTarget}}</td><td class="n">{{.MissingSource}}</td><td class="{{if eq .State "Validated"}}good{{else}}bad{{end}}">{{.State}}{{if .Reason}}: {{.Reason}}{{end}}{{if .Given}} ({{.Given}}){{end}}</td><td>{{.Method}}</td><td class="n">{{printf "%.1f" .Seconds}}</td></tr>
{{end}}</table>
{{range .Tables}}{{if .Failures}}
<h2>{{.Target}}</h2>
<table>
<tr><th>What</th><th>Key{{range .Key}} <code>{{.}}</code>{{end}}</th><th>Columns that differ</th></tr>
{{range .Failures}}<tr><td>{{.Kind}}</td><td>{{range .Key}}<code>{{.}}</code> {{end}}</td><td>{{.Why}}{{range .Columns}}<code>{{.Column}}</code>: <code>{{.Source}}</code> in the source, <code>{{.Target}}</code> in the target<br>{{end}}</td></tr>
{{end}}</table>{{end}}{{end}}
{{range .Tables}}{{$table := .}}{{range .NotCompared}}<p>Not compared: <code>{{$table.Target}}.{{.Column}}</code>, {{.Why}}.</p>
{{end}}{{with .Repaired}}<p>Repaired <code>{{$table.Target}}</code>: {{.Written}} rows written, {{.Removed}} removed{{range .Refused}}; not taken by the target: {{range .Key}}<code>{{.}}</code> {{end}}{{.Why}}{{end}}.</p>
{{end}}{{end}}
</body>
</html>
`
