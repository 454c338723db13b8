package coretest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Values is a core.Values in memory. Now, if set, is its clock for ttl.
type Values struct {
	Now func() time.Time

	mu sync.Mutex
	m  map[string]value
}

type value struct {
	s   string
	end time.Time
}

func (v *Values) now() time.Time {
	if v.Now != nil {
		return v.Now()
	}
	return time.Now()
}

// Get implements core.Values.
func (v *Values) Get(_ context.Context, key string) (string, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	x, ok := v.live(key)
	return x.s, ok, nil
}

func (v *Values) live(key string) (value, bool) {
	x, ok := v.m[key]
	if ok && !x.end.IsZero() && !v.now().Before(x.end) {
		delete(v.m, key)
		return value{}, false
	}
	return x, ok
}

// Put implements core.Values.
func (v *Values) Put(_ context.Context, key, s string, ttl time.Duration) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.put(key, s, ttl)
	return nil
}

func (v *Values) put(key, s string, ttl time.Duration) {
	if v.m == nil {
		v.m = map[string]value{}
	}
	x := value{s: s}
	if ttl > 0 {
		x.end = v.now().Add(ttl)
	}
	v.m[key] = x
}

// Add implements core.Values.
func (v *Values) Add(_ context.Context, key, s string, ttl time.Duration) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.live(key); ok {
		return false, nil
	}
	v.put(key, s, ttl)
	return true, nil
}

// Delete implements core.Values.
func (v *Values) Delete(_ context.Context, key string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.m, key)
	return nil
}

// List implements core.Values.
func (v *Values) List(_ context.Context, prefix string, most int) ([]core.Value, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []core.Value
	for k, x := range v.m {
		if strings.HasPrefix(k, prefix) && (x.end.IsZero() || v.now().Before(x.end)) {
			out = append(out, core.Value{Key: k, Value: x.s})
		}
	}
	slices.SortFunc(out, func(a, b core.Value) int { return strings.Compare(a.Key, b.Key) })
	return out[:min(most, len(out))], nil
}

// Blobs is a core.Blobs in memory.
type Blobs struct {
	mu sync.Mutex
	m  map[string]blob
}

type blob struct {
	core.Media
	body []byte
}

// Save implements core.Blobs.
func (b *Blobs) Save(_ context.Context, m core.Media, r io.Reader, most int64) (core.Media, error) {
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return m, err
	}
	if int64(len(body)) > most {
		return m, core.ErrTooLarge
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.m == nil {
		b.m = map[string]blob{}
	}
	m.Handle, m.Size = fmt.Sprintf("blob-%d", len(b.m)+1), int64(len(body))
	b.m[m.Handle] = blob{m, body}
	return m, nil
}

// Open implements core.Blobs.
func (b *Blobs) Open(_ context.Context, handle string) (io.ReadSeekCloser, core.Media, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x, ok := b.m[handle]
	if !ok {
		return nil, core.Media{}, core.ErrNotFound
	}
	return reader{bytes.NewReader(x.body)}, x.Media, nil
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

// Inbox is a core.Inbox that remembers. It is safe for concurrent use.
type Inbox struct {
	// Once has it file as the hub does: what is filed under a Ref already is
	// taken, and dropped.
	Once bool

	// Heard is told of every envelope that is filed, in a goroutine of its own.
	// Nil tells nobody.
	Heard func(core.Envelope)

	mu    sync.Mutex
	err   error
	got   []core.Envelope
	typed []core.Envelope
	told  []core.Receipt
}

// Fail makes every filing fail with err from now on; nil ends that.
func (i *Inbox) Fail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.err = err
}

// Receive implements core.Inbox.
func (i *Inbox) Receive(_ context.Context, e core.Envelope) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.err != nil {
		return i.err
	}
	if i.Once && slices.ContainsFunc(i.got, func(old core.Envelope) bool { return old.Ref == e.Ref }) {
		return nil
	}
	i.got = append(i.got, e)
	if i.Heard != nil {
		go i.Heard(e)
	}
	return nil
}

// Report implements core.Inbox.
func (i *Inbox) Report(_ context.Context, r core.Receipt) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.told = append(i.told, r)
	return i.err
}

// Typing implements core.Inbox.
func (i *Inbox) Typing(_ context.Context, e core.Envelope) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.typed = append(i.typed, e)
}

// Got returns what was received so far.
func (i *Inbox) Got() []core.Envelope {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]core.Envelope(nil), i.got...)
}

// Last returns what was received last; something must have been.
func (i *Inbox) Last() core.Envelope {
	got := i.Got()
	return got[len(got)-1]
}

// Told returns the receipts so far.
func (i *Inbox) Told() []core.Receipt {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]core.Receipt(nil), i.told...)
}

// Log is a log that remembers. It is safe for concurrent use.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Meter is a core.Meter that forgets.
type Meter struct{}

func (Meter) Count(string, float64, ...string)      {}
func (Meter) Set(string, float64, ...string)        {}
func (Meter) Time(string, time.Duration, ...string) {}
