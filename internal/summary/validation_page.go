package summary

import (
	"html/template"
	"io"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// ValidationPage writes the report of a validation as a page that stands alone: the verdict, the tables, then the rows that differ.
func ValidationPage(out io.Writer, v *task.Validation, failure error) error {
	page, err := template.New("validation").Funcs(template.FuncMap{
		"count": progress.Count, "kind": kindInWords, "sums": sumsOf,
		"repaired": func(tables []validatedForm) bool {
			return slices.ContainsFunc(tables, func(t validatedForm) bool { return t.Repaired != nil })
		},
		"skipped": func(tables []validatedForm) bool {
			return slices.ContainsFunc(tables, func(t validatedForm) bool { return len(t.NotCompared) > 0 })
		},
	}).Parse(validationPage)
	if err != nil {
		return err
	}
	return page.Execute(out, validationJSON(v, failure))
}

func kindInWords(kind string) string {
	switch validate.Kind(kind) {
	case validate.RecordDiff:
		return "different"
	case validate.MissingSource:
		return "only in the target"
	case validate.MissingTarget:
		return "only in the source"
	}
	return kind
}

// validationSums are those of all tables.
type validationSums struct {
	Tables, Rows, Different, MissingSource, MissingTarget int64
	Repaired                                              bool
	Written, Removed                                      int64
}

func sumsOf(tables []validatedForm) (s validationSums) {
	for _, t := range tables {
		s.Tables++
		s.Rows += t.SourceRows
		s.Different += t.Different
		s.MissingSource += t.MissingSource
		s.MissingTarget += t.MissingTarget
		if t.Repaired != nil {
			s.Repaired = true
			s.Written += t.Repaired.Written
			s.Removed += t.Repaired.Removed
		}
	}
	return s
}

const validationPage = `<!DOCTYPE html>
<html lang="en">
<head>
<title>Validation of {{.Target}}</title>
` + pageHead + `</head>
<body>
<h1>Validation: is the target what the source is?</h1>
<dl>
<dt>Source</dt><dd><code>{{.Source}}</code></dd>
<dt>Target</dt><dd><code>{{.Target}}</code></dd>
<dt>Compared</dt><dd>{{.Started.UTC.Format "2006-01-02 15:04:05"}} to {{.Ended.UTC.Format "15:04:05"}} UTC</dd>
</dl>
{{if .Error}}<p class="verdict bad"><strong>Not finished</strong><span>{{.Error}}</span></p>
{{else if .Equal}}<p class="verdict good"><strong>Equal</strong><span>All rows that were compared are the same on both sides.</span></p>
{{else}}<p class="verdict bad"><strong>Not equal</strong><span>The tables below say which rows differ, or why a table could not be compared.</span></p>{{end}}
{{with sums .Tables}}<ul class="tiles">
<li><b>{{count .Tables}}</b>tables</li><li><b>{{count .Rows}}</b>rows compared</li><li><b>{{count .Different}}</b>different</li><li><b>{{count .MissingTarget}}</b>only in the source</li><li><b>{{count .MissingSource}}</b>only in the target</li>{{if .Repaired}}<li><b>{{count .Written}}</b>written by the repair</li><li><b>{{count .Removed}}</b>removed by it</li>{{end}}
</ul>{{end}}
<h2>Tables</h2>
<div class="wide"><table>
<tr><th>Table</th><th>State</th><th class="n">Source rows</th><th class="n">Target rows</th><th class="n">Different</th><th class="n">Only in the source</th><th class="n">Only in the target</th></tr>
{{range .Tables}}<tr><td>{{.Source}}{{if ne .Source .Target}} → {{.Target}}{{end}}<small>{{.Method}}{{if .Method}}, {{end}}{{printf "%.1f" .Seconds}} s</small></td><td><span class="chip {{if eq .State "Validated"}}good{{else}}bad{{end}}">{{.State}}</span>{{with .Reason}}<small>{{.}}</small>{{end}}{{with .Given}}<small>{{.}}</small>{{end}}</td><td class="n">{{count .SourceRows}}</td><td class="n">{{count .TargetRows}}</td><td class="n">{{count .Different}}</td><td class="n">{{count .MissingTarget}}</td><td class="n">{{count .MissingSource}}</td></tr>
{{end}}</table></div>
{{range .Tables}}{{if .Failures}}
<h2>Rows of {{.Target}} that differ</h2>
<div class="wide"><table>
<tr><th>What</th><th>Key{{if .Key}} ({{range $i, $name := .Key}}{{if $i}}, {{end}}{{$name}}{{end}}){{end}}</th><th>Column</th><th>In the source</th><th>In the target</th></tr>
{{range .Failures}}{{$f := .}}{{if .Columns}}{{range $i, $c := .Columns}}<tr><td class="w">{{if not $i}}{{kind $f.Kind}}{{end}}</td><td>{{if not $i}}{{range $k, $v := $f.Key}}{{if $k}}, {{end}}<code>{{$v}}</code>{{end}}{{end}}</td><td>{{$c.Column}}</td><td><code>{{$c.Source}}</code></td><td><code>{{$c.Target}}</code></td></tr>
{{end}}{{else}}<tr><td class="w">{{kind .Kind}}</td><td>{{range $k, $v := .Key}}{{if $k}}, {{end}}<code>{{$v}}</code>{{end}}</td><td colspan="3">{{.Why}}</td></tr>
{{end}}{{end}}</table></div>{{end}}{{end}}
{{if repaired .Tables}}<h2>What the repair did</h2>
<div class="wide"><table>
<tr><th>Table</th><th class="n">Rows written</th><th class="n">Rows removed</th><th>Not repaired</th></tr>
{{range .Tables}}{{$table := .}}{{with .Repaired}}<tr><td>{{$table.Target}}</td><td class="n">{{count .Written}}</td><td class="n">{{count .Removed}}</td><td>{{range .Refused}}{{range .Key}}<code>{{.}}</code> {{end}}<small>{{.Why}}</small>{{end}}</td></tr>
{{end}}{{end}}</table></div>{{end}}
{{if skipped .Tables}}<h2>What was not compared</h2>
<ul>{{range .Tables}}{{$table := .}}{{range .NotCompared}}<li><code>{{$table.Target}}.{{.Column}}</code>: {{.Why}}</li>
{{end}}{{end}}</ul>{{end}}
</body>
</html>
`
