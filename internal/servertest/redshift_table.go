package servertest

import (
	"fmt"
	"strconv"
	"strings"
)

// lengthCheck begins the names of the constraints that hold a VARCHAR to its length in bytes.
const lengthCheck = "rs_length_"

// redshiftTypes are Redshift's types, with how PostgreSQL spells them.
var redshiftTypes = map[string]string{
	"smallint": "smallint", "int2": "smallint", "integer": "integer", "int": "integer", "int4": "integer", "bigint": "bigint", "int8": "bigint",
	"decimal": "numeric", "numeric": "numeric", "real": "real", "float4": "real", "double precision": "double precision", "float8": "double precision", "float": "double precision",
	"boolean": "boolean", "bool": "boolean", "char": "char", "character": "char", "nchar": "char", "bpchar": "char(256)",
	"varchar": "varchar", "character varying": "varchar", "nvarchar": "varchar", "text": "varchar(256)", "date": "date",
	"timestamp": "timestamp", "timestamp without time zone": "timestamp", "timestamptz": "timestamptz", "timestamp with time zone": "timestamptz",
	"time": "time", "timetz": "timetz", "super": "rs.super",
}

// redshiftColumn is a column of a CREATE TABLE.
type redshiftColumn struct {
	name, sql string
	key       bool
}

// readColumn reads name, type and attributes, and leaves those out that only Redshift has.
func readColumn(ts tokens) (c redshiftColumn, err error) {
	if len(ts) < 2 || ts[0].kind == 'p' || ts[0].kind == 's' {
		return c, refuse("42601", "syntax error at %q", ts.String())
	}
	c.name = ts[0].text
	i := 1
	var words []string
	for i < len(ts) && ts[i].kind == 'w' && len(words) < 4 {
		longer := strings.ToLower(strings.Join(append(words, ts[i].text), " "))
		if len(words) > 0 && !strings.Contains(" character varying double precision timestamp without time zone timestamp with time zone ", " "+longer) {
			break
		}
		words = append(words, strings.ToLower(ts[i].text))
		i++
	}
	name := strings.Join(words, " ")
	native, ok := redshiftTypes[name]
	if !ok {
		return c, refuse("42704", "type %q does not exist", name)
	}
	length := 0
	if ts.at(i, "(") {
		end := i
		for end < len(ts) && !ts[end].is(")") {
			end++
		}
		args := ts[i+1 : min(end, len(ts))].String()
		if err := checkSize(native, args, &length); err != nil {
			return c, err
		}
		native += "(" + args + ")"
		i = end + 1
	} else if native == "varchar" {
		native, length = "varchar(256)", 256
	} else if native == "numeric" {
		native = "numeric(18,0)"
	}
	c.sql = c.name + " " + native
	if err := c.attributes(ts[min(i, len(ts)):]); err != nil {
		return c, err
	}
	if length > 0 {
		bare := strings.ReplaceAll(strings.Trim(c.name, `"`), `""`, `"`)
		c.sql += fmt.Sprintf(` CONSTRAINT "%s%s" CHECK (octet_length(%s) <= %d)`, lengthCheck, strings.ReplaceAll(shortened(bare), `"`, `""`), c.name, length)
	}
	return c, nil
}

// shortened leaves room for what a name begins with.
func shortened(name string) string {
	if len(name) > 40 {
		return name[:40]
	}
	return name
}

func checkSize(native, args string, length *int) error {
	var sizes []int
	for a := range strings.SplitSeq(args, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(a))
		if err != nil {
			return refuse("42601", "syntax error at or near %q", a)
		}
		sizes = append(sizes, n)
	}
	switch native {
	case "varchar":
		if *length = sizes[0]; *length < 1 || *length > 65535 {
			return refuse("22023", "length for type varchar must be between 1 and 65535")
		}
	case "char":
		if sizes[0] < 1 || sizes[0] > 4096 {
			return refuse("22023", "length for type character must be between 1 and 4096")
		}
	case "numeric":
		if sizes[0] < 1 || sizes[0] > 38 || len(sizes) > 1 && (sizes[1] < 0 || sizes[1] > 37 || sizes[1] > sizes[0]) {
			return refuse("22023", "DECIMAL precision must be between 1 and 38, scale between 0 and 37")
		}
	default:
		return refuse("42601", "type %s takes no size", native)
	}
	return nil
}

// attributes reads what stands behind a type.
func (c *redshiftColumn) attributes(ts tokens) error {
	for i := 0; i < len(ts); i++ {
		switch {
		case ts.at(i, "not") && ts.at(i+1, "null"):
			c.sql += " NOT NULL"
			i++
		case ts.at(i, "null"):
		case ts.at(i, "default"):
			end := i + 1
			for end < len(ts) && !ts.at(end, "not", "encode", "distkey", "sortkey", "null", "primary") || end == i+1 {
				end++
			}
			c.sql += " " + ts[i:min(end, len(ts))].String()
			i = end - 1
		case ts.at(i, "primary") && ts.at(i+1, "key"):
			c.key = true
			i++
		case ts.at(i, "unique"), ts.at(i, "distkey"), ts.at(i, "sortkey"):
		case ts.at(i, "encode") && i+1 < len(ts):
			if !ts.at(i+1, "auto", "raw", "az64", "bytedict", "delta", "delta32k", "lzo", "mostly8", "mostly16", "mostly32", "runlength", "text255", "text32k", "zstd") {
				return refuse("42601", "unknown encoding %q", ts[i+1].text)
			}
			i++
		case ts.at(i, "identity") && ts.at(i+1, "("):
			c.sql += " GENERATED ALWAYS AS IDENTITY"
			for i < len(ts) && !ts.at(i, ")") {
				i++
			}
		default:
			return refuse("42601", "syntax error at or near %q", ts[i:].String())
		}
	}
	return nil
}

// createTable reads a CREATE TABLE by Redshift's grammar. Keys are told of and not enforced.
func (s *redshiftSession) createTable(st tokens) (sql string, after []string, err error) {
	open := 0
	for open < len(st) && !st[open].is("(", "as") {
		open++
	}
	if open == len(st) {
		return "", nil, refuse("42601", "syntax error at end of input")
	}
	if st[open].is("as") {
		return st.String(), nil, nil
	}
	parts, end := elements(st, open)
	var list, key []string
	for _, p := range parts {
		switch {
		case p.at(0, "primary") && p.at(1, "key") && p.at(2, "("):
			inner, _ := elements(p, 2)
			for _, column := range inner {
				key = append(key, column.String())
			}
		case p.at(0, "unique"), p.at(0, "foreign"), p.at(0, "constraint"):
		case p.at(0, "check"), p.at(0, "like"), p.at(0, "exclude"):
			return "", nil, unsupported("%s", p.String())
		default:
			c, err := readColumn(p)
			if err != nil {
				return "", nil, err
			}
			if c.key {
				key = append(key, c.name)
			}
			list = append(list, c.sql)
		}
	}
	if err := tableAttributes(st[end:]); err != nil {
		return "", nil, err
	}
	if len(list) == 0 || len(list) > 1600 {
		return "", nil, refuse("54011", "a table has between 1 and 1600 columns")
	}
	sql = st[:open].String() + " (" + strings.Join(list, ", ") + ")"
	if len(key) > 0 {
		after = append(after, keyNote(st[:open], key))
	}
	return sql, after, nil
}

// keyNote writes a key down where the catalog's look-ups find it.
func keyNote(head tokens, key []string) string {
	name := head[len(head)-1].text
	if len(head) > 2 && head[len(head)-2].is(".") {
		name = head[len(head)-3].text + "." + name
	}
	text := "'" + strings.ReplaceAll(name, "'", "''") + "'::regclass"
	var numbers []string
	for _, k := range key {
		bare := strings.ReplaceAll(strings.Trim(k, `"`), `""`, `"`)
		numbers = append(numbers, "(SELECT attnum FROM pg_attribute WHERE attrelid = "+text+" AND attname = '"+strings.ReplaceAll(bare, "'", "''")+"')")
	}
	return "DELETE FROM rs.pg_constraint WHERE conrelid = " + text + "; INSERT INTO rs.pg_constraint SELECT 'pkey', 'p', " + text + ", ARRAY[" + strings.Join(numbers, ", ") + "]::smallint[]"
}

// elements takes the list apart that begins with a bracket; end is behind it.
func elements(st tokens, open int) (parts []tokens, end int) {
	depth, from := 0, open+1
	for i := open; i < len(st); i++ {
		switch {
		case st[i].is("("):
			depth++
		case st[i].is(")"):
			if depth--; depth == 0 {
				return append(parts, st[from:i]), i + 1
			}
		case st[i].is(",") && depth == 1:
			parts, from = append(parts, st[from:i]), i+1
		}
	}
	return parts, len(st)
}

// tableAttributes reads DISTSTYLE, DISTKEY, SORTKEY and BACKUP.
func tableAttributes(ts tokens) error {
	for i := 0; i < len(ts); i++ {
		switch {
		case ts.at(i, "diststyle") && ts.at(i+1, "auto", "even", "key", "all"), ts.at(i, "backup") && ts.at(i+1, "yes", "no"), ts.at(i, "sortkey") && ts.at(i+1, "auto"), ts.at(i, "encode") && ts.at(i+1, "auto"):
			i++
		case ts.at(i, "compound") || ts.at(i, "interleaved"):
		case (ts.at(i, "distkey") || ts.at(i, "sortkey")) && ts.at(i+1, "("):
			_, end := elements(ts, i+1)
			i = end - 1
		default:
			return refuse("42601", "syntax error at or near %q", ts[i:].String())
		}
	}
	return nil
}
