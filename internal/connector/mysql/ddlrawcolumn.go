package mysql

import (
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// rawColumn is a column as a statement defines it, as far as its rows depend on it. It is read here where the parser does not know
// a character set, a type or an attribute: the first words tell the type, and of the others those that matter are picked.
type rawColumn struct {
	named              string
	native             string
	charset, collation string
	notNull            bool
	primary, unique    bool
	auto               bool
	generated          string
	stored             bool
	def                *string
	onUpdate           string
	comment            string
}

func (d *rawColumn) columnName() string { return d.named }

// readDefinition reads a column's name and definition up to FIRST, AFTER or the end.
func readDefinition(r *ddlReader) (*rawColumn, bool) {
	d := &rawColumn{}
	var ok bool
	if d.named, ok = r.name(); !ok {
		return nil, false
	}
	if !d.readType(r) {
		return nil, false
	}
	for !r.done() && !r.peek().isOneOf("FIRST", "AFTER") {
		d.readAttribute(r)
	}
	return d, true
}

// typeNames are other words for types. What stands behind "=" is the character set that the word implies.
var typeNames = map[string]string{
	"integer": "int", "int1": "tinyint", "int2": "smallint", "int3": "mediumint", "middleint": "mediumint", "int4": "int", "int8": "bigint",
	"dec": "decimal", "fixed": "decimal", "numeric": "decimal", "number": "decimal", "float4": "float", "float8": "double", "real": "double",
	"bool": "tinyint(1)", "boolean": "tinyint(1)", "character": "char", "varcharacter": "varchar", "varchar2": "varchar",
	"nchar": "char=utf8mb3", "nvarchar": "varchar=utf8mb3", "clob": "longtext", "raw": "varbinary", "xmltype": "longtext",
	"long": "mediumtext",
}

func (d *rawColumn) readType(r *ddlReader) bool {
	if r.peek().kind != bareToken {
		return false
	}
	kind := strings.ToLower(r.next().text)
	if kind == "national" {
		kind = "n" + strings.Replace(strings.ToLower(r.next().text), "character", "char", 1)
	}
	kind, d.charset, _ = strings.Cut(aliased(kind), "=")
	switch {
	case kind == "double":
		r.take("PRECISION")
	case kind == "char" && r.take("VARYING"):
		kind = "varchar"
	case kind == "mediumtext" && r.take("VARBINARY"):
		kind = "mediumblob"
	case kind == "mediumtext":
		r.takeOne("VARCHAR", "CHAR", "VARCHARACTER", "CHARACTER")
		r.take("VARYING")
	case kind == "serial":
		kind, d.notNull, d.auto, d.unique = "bigint unsigned", true, true, true
	}
	arguments, sized := r.parenthesized()
	d.native = kind
	if sized {
		d.native = sizedType(kind, arguments)
	}
	return true
}

func aliased(kind string) string {
	if to, ok := typeNames[kind]; ok {
		return to
	}
	return kind
}

// sizedType is a type with its arguments; TEXT(n) and BLOB(n) are the smallest that hold so much.
func sizedType(kind string, arguments []ddlToken) string {
	text := strings.ReplaceAll(joined(arguments), " ", "")
	switch kind {
	case "enum", "set":
		items := listed(arguments)
		members := make([]string, len(items))
		for i, item := range items {
			members[i] = stringValue(joined(item))
		}
		return elements(kind, members)
	case "float":
		if bits, err := strconv.Atoi(text); err == nil {
			if bits > 24 {
				return "double"
			}
			return "float"
		}
	case "text", "blob":
		n, err := strconv.ParseUint(text, 10, 64)
		if kind == "text" {
			n *= 4
		}
		switch {
		case err != nil:
			return kind
		case n < 1<<8:
			return "tiny" + kind
		case n < 1<<16:
			return kind
		case n < 1<<24:
			return "medium" + kind
		}
		return "long" + kind
	}
	return kind + "(" + text + ")"
}

// stringValue is the text that a literal stands for.
func stringValue(literal string) string {
	if len(literal) < 2 || literal[0] != '\'' {
		return literal
	}
	var b strings.Builder
	for s := literal[1 : len(literal)-1]; s != ""; s = s[1:] {
		if (s[0] == '\\' || s[0] == '\'') && len(s) > 1 {
			s = s[1:]
		}
		b.WriteByte(s[0])
	}
	return b.String()
}

// readAttribute reads one attribute, and goes past what does not matter.
func (d *rawColumn) readAttribute(r *ddlReader) {
	switch {
	case r.take("UNSIGNED"), r.take("ZEROFILL"):
		if !strings.HasSuffix(d.native, " unsigned") {
			d.native += " unsigned"
		}
	case r.take("ASCII"):
		d.charset = "latin1"
	case r.take("UNICODE"):
		d.charset = "ucs2"
	case r.take("BYTE"):
		d.charset = "binary"
	case r.take("CHARACTER", "SET"), r.take("CHAR", "SET"), r.take("CHARSET"):
		d.charset = characterName(r)
	case r.take("COLLATE"):
		d.collation = characterName(r)
	case r.take("NOT", "NULL"):
		d.notNull = true
	case r.take("AUTO_INCREMENT"):
		d.auto = true
	case r.take("PRIMARY"):
		d.primary, d.notNull = true, true
		r.take("KEY")
	case r.take("UNIQUE"):
		d.unique = true
		r.take("KEY")
	case r.take("COMMENT"):
		d.comment = stringValue(r.next().text)
	case r.take("DEFAULT"):
		d.readDefault(r)
	case r.take("ON", "UPDATE"):
		if r.peek().isOneOf("CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP") {
			d.onUpdate = readValue(r)
		}
	case r.take("AS"):
		d.readGenerated(r)
	case r.take("STORED"), r.take("PERSISTENT"):
		d.stored = true
	case r.take("CONSTRAINT"):
		if !r.peek().is("CHECK") {
			r.next()
		}
	default:
		r.next()
		r.parenthesized()
		if r.take("=") {
			r.next()
		}
	}
}

// characterName reads the name of a character set or collation, which may be quoted.
func characterName(r *ddlReader) string {
	t := r.next()
	if t.kind == stringToken || t.kind == nameToken {
		return strings.ToLower(undouble(t.text))
	}
	return strings.ToLower(t.text)
}

func (d *rawColumn) readGenerated(r *ddlReader) {
	switch {
	case r.take("ROW", "START"):
		d.generated, d.stored = "ROW START", true
	case r.take("ROW", "END"):
		d.generated, d.stored = "ROW END", true
	default:
		inside, _ := r.parenthesized()
		d.generated = joined(inside)
	}
}

func (d *rawColumn) readDefault(r *ddlReader) {
	d.def = defaultText(readValue(r))
}

// defaultText is a default; NULL is none.
func defaultText(sql string) *string {
	if strings.EqualFold(sql, "NULL") {
		return nil
	}
	return &sql
}

// readValue reads a literal, a function call, or an expression in parentheses.
func readValue(r *ddlReader) string {
	from := r.at
	if _, ok := r.parenthesized(); ok {
		return joined(r.tokens[from:r.at])
	}
	if r.take("NEXT", "VALUE", "FOR") {
		_, _, _ = r.qualified()
		return joined(r.tokens[from:r.at])
	}
	r.takeOne("-", "+")
	first := r.next()
	if first.kind == bareToken && (first.text[0] == '_' || r.peek().kind == stringToken) { // _utf8 'x', x'41', DATE '2000-01-01'
		if r.peek().isOneOf("x", "b", "n") {
			r.next()
		}
		r.next()
	}
	for r.peek().is(".") {
		r.next()
		r.next()
	}
	r.parenthesized()
	return joined(r.tokens[from:min(r.at, len(r.tokens))])
}

// column implements definer.
func (d *rawColumn) column(a *alteration) *catalog.Column {
	native, charset := d.native, d.charset
	if charset == "binary" {
		native, charset = binaryName(native), ""
	}
	c := &catalog.Column{Name: d.named, NativeType: native, NotNull: d.notNull, Generated: d.generated, Stored: d.stored, Default: d.def, Comment: d.comment}
	c.BaseType, c.Type = typemap.FromNative(catalog.MySQL, native)
	if a.inCharacters(c) {
		a.setCharset(c, charset)
		a.setCollation(c, d.collation)
	}
	if d.onUpdate != "" {
		c.Native = "ON UPDATE " + d.onUpdate
	}
	if d.auto {
		c.Identity.Kind = catalog.IdentityByDefault
	}
	if d.primary {
		a.table.PrimaryKey = &catalog.Key{Columns: []string{c.Name}}
	}
	if d.unique {
		a.table.Uniques = append(a.table.Uniques, &catalog.Key{Columns: []string{c.Name}})
	}
	return c
}
