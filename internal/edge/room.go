package edge

import "sync"

// How many bytes of bodies the edge holds whose senders have not proved who they are. Anyone may fill the common part, each source a share of
// it; when it is full, those go on who name an access key that exists, in a part of their own, so that strangers do not starve them.
const (
	roomOfAll      = 128 << 20
	shareOfSource  = 16 << 20
	roomOfKnown    = 128 << 20
	shareOfKey     = 32 << 20
	firstPiece     = 16 << 10 // of a body, whose room is taken as it arrives
	maxWithoutSign = 128 << 10
)

// A room holds so many bytes, and of each holder at most a share.
type room[K comparable] struct {
	most, share int

	mu struct {
		sync.Mutex
		held    int
		holders map[K]int
	}
}

func newRoom[K comparable](most, share int) *room[K] {
	r := &room[K]{most: most, share: share}
	r.mu.holders = map[K]int{}
	return r
}

// take answers false when there is no room for n bytes more.
func (r *room[K]) take(holder K, n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.held+n > r.most || r.mu.holders[holder]+n > r.share {
		return false
	}
	r.mu.held += n
	r.mu.holders[holder] += n
	return true
}

func (r *room[K]) give(holder K, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.held -= n
	if r.mu.holders[holder] -= n; r.mu.holders[holder] <= 0 {
		delete(r.mu.holders, holder)
	}
}
