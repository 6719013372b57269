package postgres

import (
	"regexp"
	"strings"
)

var (
	alteredTable = regexp.MustCompile(`(?is)\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?:` + identPattern + `\s*\.\s*)?` + identPattern + `\s*\*?\s([^;]*)`)
	nextAction   = regexp.MustCompile(`(?is),\s*(?:alter|add|drop|set|reset|validate|rename|replica)\b`)
	usingClause  = regexp.MustCompile(`(?is)^\s*(?:alter\s)?\s*(?:column\s+)?` + identPattern + `\s+(?:set\s+data\s+)?type\b(.*?)\busing\b(.*)$`)
	castOf       = regexp.MustCompile(`(?is)^[\s(]*` + identPattern + `[\s)]*(?:::\s*([^':|+*/-]+))?$`)
	castAs       = regexp.MustCompile(`(?is)^[\s(]*cast\s*\(\s*` + identPattern + `\s+as\s+([^':|+*/-]+)\)[\s)]*$`)
	collation    = regexp.MustCompile(`(?is)\bcollate\b.*`)
)

// madeOf finds a column of a table whose values a statement makes by an expression (ALTER COLUMN … TYPE … USING …) that is more than the
// cast that the target makes too. The log tells nothing of rows that are there, nor the audit of an expression within a function.
func madeOf(table, sql string) (column, expression string) {
	for _, m := range alteredTable.FindAllStringSubmatch(sql, -1) {
		if identOf(m[2]) != table {
			continue
		}
		for _, action := range nextAction.Split(m[3], -1) {
			u := usingClause.FindStringSubmatch(action)
			if u != nil && !plainCast(identOf(u[1]), collation.ReplaceAllString(u[2], ""), strings.TrimSpace(u[3])) {
				return identOf(u[1]), strings.TrimSpace(u[3])
			}
		}
	}
	return "", ""
}

// plainCast reports whether an expression is a column itself, or its cast to the type that it gets.
func plainCast(column, to, expression string) bool {
	m := castOf.FindStringSubmatch(expression)
	if m == nil {
		m = castAs.FindStringSubmatch(expression)
	}
	return m != nil && identOf(m[1]) == column && (m[2] == "" || spelledAlike(m[2]) == spelledAlike(to))
}

// typeAliases are the server's other names of types.
var typeAliases = map[string]string{
	"int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean", "decimal": "numeric", "float8": "double precision", "float4": "real",
	"timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone", "varchar": "character varying", "char": "character",
}

// spelledAlike brings the spellings of a type together.
func spelledAlike(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if opened := strings.Count(name, "("); strings.Count(name, ")") > opened {
		name = strings.TrimRight(name, " )") + strings.Repeat(")", opened) // those around the expression
	}
	name = strings.Join(strings.Fields(strings.TrimPrefix(name, "pg_catalog.")), " ")
	base, rest, sized := strings.Cut(name, "(")
	if other, ok := typeAliases[strings.TrimSpace(base)]; ok {
		base = other
	}
	if !sized {
		return strings.TrimSpace(base)
	}
	return strings.TrimSpace(base) + "(" + strings.ReplaceAll(rest, " ", "")
}
