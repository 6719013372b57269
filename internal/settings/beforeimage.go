package settings

// BeforeImageSettings adds the values before an update to records of streaming targets.
type BeforeImageSettings struct {
	EnableBeforeImage bool   `later:"change data capture into streaming targets"`
	FieldName         string `unused:"rests while EnableBeforeImage is false"`
	ColumnFilter      string `enum:"pk-only,non-lob,all" unused:"rests while EnableBeforeImage is false"`
}

func (b *BeforeImageSettings) defaults() { b.ColumnFilter = "pk-only" }

func (b *BeforeImageSettings) check(fail failure) {
	if b != nil && b.EnableBeforeImage && b.FieldName == "" {
		fail("BeforeImageSettings.FieldName", "is empty while EnableBeforeImage is true; want the name of the field")
	}
}
