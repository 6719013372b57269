package change

// CopyFrom makes the vector equal to src, keeping its own buffers.
func (v *Vector) CopyFrom(src *Vector) {
	v.Layout = src.Layout
	v.Ints = append(v.Ints[:0], src.Ints...)
	v.Floats = append(v.Floats[:0], src.Floats...)
	v.Ends = append(v.Ends[:0], src.Ends...)
	v.Data = append(v.Data[:0], src.Data...)
	v.nulls = append(v.nulls[:0], src.nulls...)
	v.absent = append(v.absent[:0], src.absent...)
	v.hasNull, v.rows = src.hasNull, src.rows
}
