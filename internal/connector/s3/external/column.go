package external

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/document"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// Bounds of the document's sizes.
const (
	mostLength    = 2147483647
	mostPrecision = 38
	mostScale     = 31
	mostDigits    = 9 // of a fraction of a second
	keptDigits    = 6
)

// kinds are the words of ColumnType beyond the names of package datatype.
var kinds = map[string]datatype.Kind{"BYTE": datatype.Bytes}

const kindNames = "BYTE, DATE, TIME, DATETIME, INT1, INT2, INT4, INT8, UINT1, UINT2, UINT4, UINT8, NUMERIC, REAL4, REAL8, STRING, WSTRING, BLOB, CLOB, NCLOB or BOOLEAN"

func readColumn(n *document.Node, table string, problems *document.Problems) (c *catalog.Column, f *Format, isKey bool) {
	r, ok := n.Read(table, problems)
	if !ok {
		return nil, nil, false
	}
	c = &catalog.Column{Name: required(r, "ColumnName")}
	r.Subject = table + ", column " + c.Name
	c.Type = readType(r)
	c.NotNull = !r.Flag("ColumnNullable", false)
	isKey = r.Flag("ColumnIsPk", false)
	if isKey {
		c.NotNull = true
	}
	if text, there := r.Text("ColumnDateFormat"); there && text != "" {
		var err error
		if f, err = ParseFormat(text, c.Type.Kind); err != nil {
			r.Failf(r.Peek("ColumnDateFormat"), "is %q: %s", text, err)
		}
	}
	r.Done()
	c.NativeType = typemap.ToLake(c.Type, typemap.Use{})
	c.BaseType = strings.ToLower(c.Type.Kind.String())
	return c, f, isKey
}

// readType reads a type and its sizes.
func readType(r *document.Reader) (t datatype.Type) {
	word, there := r.Text("ColumnType")
	if !there {
		r.Missing("ColumnType", kindNames)
	}
	var known bool
	if t.Kind, known = kinds[strings.ToUpper(word)]; !known {
		t.Kind, known = datatype.ParseKind(word)
	}
	if there && !known {
		r.Failf(r.Peek("ColumnType"), "is %q; want %s", word, kindNames)
	}
	before := r.Problems.Len()
	length, sized := r.Whole("ColumnLength", 0, mostLength)
	precision, precise := r.Whole("ColumnPrecision", 0, mostPrecision)
	scale, scaled := r.Whole("ColumnScale", 0, mostScale)
	wrong := r.Problems.Len() > before // a size that is wrong is not called missing as well
	switch t.Kind {
	case datatype.String, datatype.WString, datatype.Bytes:
		t.Length = int(length)
		if !wrong && (!sized || length == 0) {
			r.Missing("ColumnLength", "the length of a "+strings.ToUpper(word))
		}
	case datatype.Blob, datatype.Clob, datatype.NClob:
		t.Length = int(length)
	case datatype.Numeric:
		t.Precision, t.Scale = int(precision), int(scale)
		switch {
		case wrong:
		case !precise || precision == 0 || !scaled:
			r.Missing("ColumnPrecision", "ColumnPrecision from 1 to 38 and ColumnScale from 0 to 31 of a NUMERIC")
		case scale > precision:
			r.Failf(r.Peek("ColumnScale"), "is %d; want no more than the %d digits of ColumnPrecision", scale, precision)
		}
	case datatype.DateTime, datatype.Time:
		t.Scale = keptDigits // a fraction is kept unless the document asks for less of it
		if scaled {
			t.Scale = int(scale)
		}
		if scale > mostDigits {
			r.Failf(r.Peek("ColumnScale"), "is %d; want 0 to %d digits of a second", scale, mostDigits)
		}
	}
	return t
}
