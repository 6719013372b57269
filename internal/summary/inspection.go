package summary

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// Inspection prints what a database holds.
func Inspection(out io.Writer, i *task.Inspection, asJSON bool) error {
	if asJSON {
		return writeJSON(out, inspectionJSON(i))
	}
	p := &printer{out: progress.PlainWriter(out)}
	p.line("%s (%s %s)", i.Identity, i.Catalog.Engine, i.Catalog.Version)
	target := targetTypes(i)
	for _, s := range i.Catalog.Schemas {
		p.line("\nschema %s: %d tables, %d views, %d sequences, %d other objects", s.Name, len(s.Tables), len(s.Views), len(s.Sequences), len(s.Objects))
		for _, t := range s.Tables {
			p.inspectedTable(t, target)
		}
	}
	if i.Schema != nil {
		p.line("\nmoving to %s:", i.To)
		p.list("  ", i.Schema.Report)
		if len(i.Schema.Report) == 0 {
			p.line("  everything goes along as it is")
		}
	}
	return p.err
}

func (p *printer) inspectedTable(t *catalog.Table, target map[catalog.Name]map[string]string) {
	rows, size := estimate(t.EstimatedRows(), progress.Count), estimate(t.Bytes, func(n int64) string { return progress.Size(float64(n)) })
	p.line("\n  table %s: about %s rows, %s%s", t.Name, rows, size, keyText(t))
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, c := range t.Columns {
		null := "null"
		if c.NotNull {
			null = "not null"
		}
		line := fmt.Sprintf("    %s\t%s\t%s\t%s", c.Name, c.NativeType, c.Type, null)
		if to := target[t.Name][c.Name]; to != "" {
			line += "\t→ " + to
		}
		fmt.Fprintln(w, line)
	}
	if err := w.Flush(); p.err == nil {
		p.err = err
	}
}

func keyText(t *catalog.Table) string {
	if t.PrimaryKey == nil {
		return ", no primary key"
	}
	return ", primary key (" + strings.Join(t.PrimaryKey.Columns, ", ") + ")"
}

// targetTypes gives the native type each column gets on the target, by source table and column.
func targetTypes(i *task.Inspection) map[catalog.Name]map[string]string {
	if i.Schema == nil {
		return nil
	}
	out := map[catalog.Name]map[string]string{}
	for _, t := range i.Schema.Tables {
		types := map[string]string{}
		for k, c := range t.Plan.Columns {
			if c.Source != nil {
				types[c.Source.Name] = t.Columns[k].NativeType
			}
		}
		out[t.Plan.Source.Name] = types
	}
	return out
}

type inspectionForm struct {
	Identity string       `json:"identity"`
	Engine   string       `json:"engine"`
	Version  string       `json:"version"`
	Schemas  []schemaForm `json:"schemas"`
	To       string       `json:"to,omitempty"`
	Notes    []noteForm   `json:"notes,omitempty"`
}

type schemaForm struct {
	Name      string               `json:"name"`
	Tables    []inspectedTableForm `json:"tables"`
	Views     []string             `json:"views"`
	Sequences []string             `json:"sequences"`
}

type inspectedTableForm struct {
	Name       string       `json:"name"`
	Rows       int64        `json:"estimated_rows"`
	Bytes      int64        `json:"estimated_bytes"`
	PrimaryKey []string     `json:"primary_key"`
	Columns    []columnForm `json:"columns"`
}

type columnForm struct {
	Name       string `json:"name"`
	NativeType string `json:"native_type"`
	DMSType    string `json:"dms_type"`
	NotNull    bool   `json:"not_null"`
	TargetType string `json:"target_type,omitempty"`
}

func inspectionJSON(i *task.Inspection) inspectionForm {
	f := inspectionForm{Identity: i.Identity, Engine: i.Catalog.Engine, Version: i.Catalog.Version, Schemas: []schemaForm{}, To: i.To}
	if i.Schema != nil {
		f.Notes = notesJSON(i.Schema.Report)
	}
	target := targetTypes(i)
	for _, s := range i.Catalog.Schemas {
		sf := schemaForm{Name: s.Name, Tables: []inspectedTableForm{}, Views: []string{}, Sequences: []string{}}
		for _, t := range s.Tables {
			sf.Tables = append(sf.Tables, inspectedTableJSON(t, target))
		}
		for _, v := range s.Views {
			sf.Views = append(sf.Views, v.Name.Name)
		}
		for _, q := range s.Sequences {
			sf.Sequences = append(sf.Sequences, q.Name.Name)
		}
		f.Schemas = append(f.Schemas, sf)
	}
	return f
}

func inspectedTableJSON(t *catalog.Table, target map[catalog.Name]map[string]string) inspectedTableForm {
	f := inspectedTableForm{Name: t.Name.Name, Rows: t.EstimatedRows(), Bytes: t.Bytes, PrimaryKey: []string{}, Columns: []columnForm{}}
	if t.PrimaryKey != nil {
		f.PrimaryKey = t.PrimaryKey.Columns
	}
	for _, c := range t.Columns {
		f.Columns = append(f.Columns, columnForm{
			Name: c.Name, NativeType: c.NativeType, DMSType: c.Type.String(), NotNull: c.NotNull, TargetType: target[t.Name][c.Name],
		})
	}
	return f
}
