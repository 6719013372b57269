package validate

// Taken is what a repair took up, so that the next comparison can tell whether it has lasted.
type Taken struct {
	failed int64
	given  bool // more rows differed than can be counted
	ids    map[[16]byte]bool
}

// Taken is what a repair of what was found takes up.
func (r *Result) Taken() Taken {
	t := Taken{failed: r.Failed, given: r.Given != ""}
	if t.given && r.repair != nil {
		t.ids = map[[16]byte]bool{}
		for _, x := range r.repair.fixes {
			t.ids[x.id] = true
		}
	}
	return t
}

// Lasts reports whether a repair has made less differ. Where more rows differ than can be counted, that is whether few of those it took up, which
// are never more than a few in a hundred of all, are among those that are taken up now.
func (r *Result) Lasts(before Taken) bool {
	if r.Given == "" || !before.given || r.repair == nil {
		return r.Given == "" && (before.given || r.Failed < before.failed)
	}
	again := 0
	for _, x := range r.repair.fixes {
		if before.ids[x.id] {
			again++
		}
	}
	return again*100 <= len(r.repair.fixes)
}
