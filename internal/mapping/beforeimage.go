package mapping

import "github.com/whimbreldb/whimbrel/internal/document"

// BeforeImage is what add-before-image-columns says.
type BeforeImage struct {
	Prefix, Suffix string
	Columns        string // pk-only, non-lob, all
}

func beforeImage(r *document.Reader) *BeforeImage {
	n := r.Take("before-image-def")
	if n == nil {
		r.Missing("before-image-def", `an object such as {"column-prefix": "BI_", "column-filter": "pk-only"}`)
		return nil
	}
	br, ok := n.Read(r.Subject, r.Problems)
	if !ok {
		return nil
	}
	defer br.Done()
	b := &BeforeImage{Prefix: "BI_", Columns: "pk-only"}
	if br.Take("column-prefix") != nil {
		b.Prefix, _ = br.Text("column-prefix")
	}
	b.Suffix, _ = br.Text("column-suffix")
	if br.Take("column-filter") != nil {
		b.Columns = word(br, "column-filter", "pk-only", "non-lob", "all")
	}
	if b.Prefix == "" && b.Suffix == "" {
		br.Failf(n, "column-prefix and column-suffix are both empty; give one, so that the new columns have names of their own")
	}
	return b
}
