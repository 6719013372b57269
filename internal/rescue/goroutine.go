package rescue

import "sync/atomic"

// Else is f for a goroutine that nobody waits for: its panic is handed to tell.
func Else(f func(), tell func(error)) func() {
	return func() {
		if err := Run(func() error { f(); return nil }); err != nil {
			tell(err)
		}
	}
}

// Fault keeps the panic of a goroutine that works beside others, for those who rely on its work. The zero value has none.
type Fault struct{ err atomic.Pointer[error] }

// Guard is f, whose panic is kept.
func (k *Fault) Guard(f func()) func() {
	return Else(f, func(err error) { k.err.CompareAndSwap(nil, &err) })
}

// Err is the first panic there was.
func (k *Fault) Err() error {
	if err := k.err.Load(); err != nil {
		return *err
	}
	return nil
}
