package change

// Batch is a run of rows of one table, held by column.
//
// A reader fills it (every column one value, then EndRow), a transform rearranges it, a writer drains it. It has one
// owner at a time: whoever receives it returns it to the Pool it came from.
type Batch struct {
	Columns []Vector
	rows    int
	maxRows int
}

// Reset empties the batch and gives it one column per layout, keeping all buffers.
func (b *Batch) Reset(layouts []Layout) {
	for len(b.Columns) < len(layouts) {
		b.Columns = append(b.Columns, Vector{})
	}
	b.Columns = b.Columns[:len(layouts)]
	for i, l := range layouts {
		b.Columns[i].Reset(l)
	}
	b.rows = 0
}

// Rows is the number of complete rows.
func (b *Batch) Rows() int { return b.rows }

// SetRows declares n rows complete, for one who fills whole vectors at a time.
func (b *Batch) SetRows(n int) { b.rows = n }

// EndRow declares that every column has received one more value.
func (b *Batch) EndRow() { b.rows++ }

// CancelRow takes back what has been appended since the last EndRow.
func (b *Batch) CancelRow() {
	for i := range b.Columns {
		b.Columns[i].Truncate(b.rows)
	}
}

// truncate keeps the first n rows.
func (b *Batch) truncate(n int) {
	b.rows = n
	b.CancelRow()
}

// Size is the number of bytes the batch takes in memory.
func (b *Batch) Size() int {
	n := 0
	for i := range b.Columns {
		n += b.Columns[i].Size()
	}
	return n
}

// Held is the number of bytes that the batch's buffers hold on to, those of columns it does not have at present too.
func (b *Batch) Held() int {
	n := 0
	columns := b.Columns[:cap(b.Columns)]
	for i := range columns {
		v := &columns[i]
		n += 8*(cap(v.Ints)+cap(v.Floats)+cap(v.Ends)) + cap(v.Data)
	}
	return n
}

// Payload is the number of bytes of the values alone.
func (b *Batch) Payload() int {
	n := 0
	for i := range b.Columns {
		n += b.Columns[i].Payload()
	}
	return n
}

// Full reports whether the batch has reached either bound of a batch: see MaxBatchRows and MaxBatchBytes.
func (b *Batch) Full() bool {
	return b.rows >= MaxBatchRows || b.maxRows > 0 && b.rows >= b.maxRows || (b.rows&15 == 0 && b.Size() >= MaxBatchBytes)
}

// Bounds of one batch. A batch ends at the first row that passes either one (bytes are looked at every sixteenth row
// by Full; a reader of large values should look after each).
const (
	MaxBatchRows  = 4096
	MaxBatchBytes = 1 << 20
)
