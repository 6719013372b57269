package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/gofrs/flock"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// pace is how claims on a bucket are timed. A bucket has no locks, but it can be asked to write an object only if there is none, or
// only if it is still the one that was read. So a name is held by an object that its holder writes anew every renew. Whoever has
// seen it unchanged for the lease, by his own clock, may take it over; the holder gives up some time before. On the holder's own
// machine there is a quicker way to tell that he is gone: a file that he keeps locked.
type pace struct{ lease, renew, watch time.Duration }

// safe is how long after the beginning of a renewal its holder counts on it.
func (p pace) safe() time.Duration { return p.lease * 11 / 15 }

var usualPace = pace{lease: 15 * time.Second, renew: 4 * time.Second, watch: time.Second}

// claim is what the object says.
type claim struct {
	Holder string `json:"holder"`
	// Witness is the name of a file that he keeps locked in the folder for temporary files of his machine.
	Witness string `json:"witness,omitempty"`
	Renewed int64  `json:"renewed"` // how often
}

// lease is a name that is held.
type lease struct {
	bucket  *bucket
	key     string
	claim   claim
	witness *flock.Flock
	tag     string
	since   atomic.Pointer[time.Time] // when the last renewal was begun
	lost    atomic.Bool
	fault   rescue.Fault // of the renewals, after which the name is lost
	stop    context.CancelFunc
	done    chan struct{}
}

// errTaken says that another holds the name.
var errTaken = errors.New("another holds the name")

// Lock implements Locker. A store that does not know conditions holds nothing back: the lock is one in name alone.
func (b *bucket) Lock(ctx context.Context, key string) (*Lock, error) {
	l := &lease{bucket: b, key: key, claim: claim{Holder: rand.Text()}, done: make(chan struct{})}
	l.lockWitness()
	err := l.take(ctx)
	if err != nil {
		l.forgetWitness(true)
		if errors.Is(err, errTaken) {
			return nil, nil
		}
		return nil, err
	}
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	go l.fault.Guard(func() { l.renew(renewing) })()
	return &Lock{release: l.release, left: l.left, fault: l.fault.Err}, nil
}

// lockWitness makes the file; where it cannot be made there is none.
func (l *lease) lockWitness() {
	c := claim{Witness: "whimbrel-" + strings.ToLower(l.claim.Holder) + ".lock"}
	f := flock.New(c.path())
	if held, err := f.TryLock(); err == nil && held {
		l.witness, l.claim.Witness = f, c.Witness
	}
}

func (l *lease) forgetWitness(remove bool) {
	if l.witness == nil {
		return
	}
	if remove {
		_ = os.Remove(l.claim.path())
	}
	_ = l.witness.Unlock()
}

// take writes the object, waiting until it is certain whether another holds it.
func (l *lease) take(ctx context.Context) error {
	for {
		mine, err := l.put(ctx, &s3.PutObjectInput{IfNoneMatch: aws.String("*")})
		if mine || err != nil {
			return err
		}
		there, tag, err := l.read(ctx)
		switch {
		case connector.ClassOf(err) == connector.Missing:
			continue
		case err != nil:
			return err
		case there.Holder == l.claim.Holder: // ours, whose answer was lost: others may have watched it for as long as that took
			if mine, err = l.put(ctx, &s3.PutObjectInput{IfMatch: &tag}); mine || err != nil {
				return err
			}
			continue
		}
		switch there.seen() {
		case alive:
			return errTaken
		case unseen:
			if err := l.watch(ctx, tag); err != nil {
				return err
			}
		}
		if mine, err = l.put(ctx, &s3.PutObjectInput{IfMatch: &tag}); mine || err != nil {
			if mine && there.hasWitness() {
				_ = os.Remove(there.path())
			}
			return err
		}
	}
}

var witnessName = regexp.MustCompile(`^whimbrel-[a-z2-7]{20,40}\.lock$`)

func (c claim) path() string { return filepath.Join(os.TempDir(), c.Witness) }

func (c claim) hasWitness() bool { return witnessName.MatchString(c.Witness) }

// seen is what this machine knows of a holder.
type seen uint8

const (
	unseen seen = iota // he is on another machine, or nobody knows
	alive
	gone
)

func (c claim) seen() seen {
	if !c.hasWitness() {
		return unseen
	}
	if _, err := os.Stat(c.path()); err != nil {
		return unseen
	}
	f := flock.New(c.path())
	free, err := f.TryLock()
	switch {
	case err != nil:
		return unseen
	case !free:
		return alive
	}
	_ = f.Unlock()
	return gone
}

// watch waits until the object has not changed for the lease. When it changes, its holder is alive.
func (l *lease) watch(ctx context.Context, tag string) error {
	for until := time.Now().Add(l.bucket.pace.lease); time.Now().Before(until); {
		select {
		case <-time.After(l.bucket.pace.watch):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		_, now, err := l.read(ctx)
		switch {
		case connector.ClassOf(err) == connector.Missing:
			return nil // given back: the next write decides
		case err != nil:
			return err
		case now != tag:
			return errTaken
		}
	}
	return nil
}

// put writes the object under a condition, and reports whether that held.
func (l *lease) put(ctx context.Context, in *s3.PutObjectInput) (bool, error) {
	b := l.bucket
	l.claim.Renewed++
	since := time.Now()
	text, err := json.Marshal(l.claim)
	if err != nil {
		return false, wrap("write object "+l.key, err)
	}
	in.Bucket, in.Key, in.Body, in.ExpectedBucketOwner = &b.Bucket, b.key(l.key), strings.NewReader(string(text)), b.owner()
	in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryption(b.Encryption), some(b.KMSKey)
	out, err := b.client.PutObject(ctx, in)
	if is(err, "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey") {
		return false, nil
	}
	if err != nil {
		return false, wrap("write object "+l.key, err)
	}
	l.tag = aws.ToString(out.ETag)
	l.since.Store(&since)
	return true, nil
}

func (l *lease) read(ctx context.Context) (c claim, tag string, err error) {
	b := l.bucket
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: b.key(l.key), ExpectedBucketOwner: b.owner()})
	if err != nil {
		return c, "", wrap("read object "+l.key, err)
	}
	defer func() { _ = out.Body.Close() }()
	const most = 1 << 20
	text, err := io.ReadAll(io.LimitReader(out.Body, most))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	return c, aws.ToString(out.ETag), wrap("read object "+l.key, err)
}

// renew shows again and again that the holder is there.
func (l *lease) renew(ctx context.Context) {
	defer close(l.done)
	for ctx.Err() == nil && !l.lost.Load() {
		select {
		case <-time.After(l.bucket.pace.renew):
			l.renewOnce(ctx)
		case <-ctx.Done():
		}
	}
}

func (l *lease) renewOnce(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, l.bucket.pace.renew)
	defer stop()
	tag := l.tag
	mine, err := l.put(ctx, &s3.PutObjectInput{IfMatch: &tag})
	if err == nil && !mine {
		var there claim
		there, tag, err = l.read(ctx)
		if err == nil && there.Holder == l.claim.Holder { // a renewal whose answer was lost
			l.tag = tag
			return
		}
		if err == nil || connector.ClassOf(err) == connector.Missing {
			l.lost.Store(true)
		}
	}
}

// left is for how long the name is certainly held; nothing, when another may have taken it. A process that was stopped, or whose store has not
// answered, finds that here before anything else tells it. A machine that slept has only its clock to tell.
func (l *lease) left() time.Duration {
	since := *l.since.Load()
	now := time.Now()
	gone := max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
	if left := l.bucket.pace.safe() - gone; left > 0 && !l.lost.Load() && l.fault.Err() == nil {
		return left
	}
	return 0
}

// release gives the name back, once it is certain that it is still his: what he deletes else may be another's claim. What cannot be deleted now,
// others on this machine know to be given back by the file.
func (l *lease) release() {
	l.stop()
	<-l.done
	ctx, stop := context.WithTimeout(context.Background(), abandonWithin)
	defer stop()
	if l.left() == 0 && !l.lost.Load() {
		l.renewOnce(ctx)
	}
	given := l.lost.Load()
	if !given && l.left() > 0 {
		given = l.bucket.Delete(ctx, []string{l.key}) == nil
	}
	l.forgetWitness(given)
}
