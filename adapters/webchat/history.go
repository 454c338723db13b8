package webchat

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// How many records are read at once.
const (
	firstPage = 40  // when a window opens, and for each look further back
	nextPage  = 100 // when it catches up
)

// A history reads the record for guests and draws it.
type history struct {
	channel string
	prefix  string // of addresses
	views   core.Views
	rooms   *rooms
	ring    ring
	now     func() time.Time
}

// A view is a piece of the record as a guest may see it.
type view struct {
	Lines []line
	Seq   int64 // the cursor after it
	More  bool  // read on from Seq; for an older page: there is more before it
	Held  bool  // a message that is still on its way holds the rest back
}

// after reads what follows cursor. A cursor of 0 means the newest page.
func (h history) after(ctx context.Context, g guest, cursor int64) (view, error) {
	q := core.PastQuery{After: cursor, Max: nextPage, Peer: true}
	if cursor == 0 {
		q.Max = firstPage
	}
	recs, more, err := h.records(ctx, g, q)
	if err != nil {
		return view{}, err
	}
	v := view{Seq: cursor, More: more}
	for _, r := range recs {
		if !r.In && r.State == core.ProgressPending && !h.rooms.shown(r) {
			v.Held, v.More = true, more && cursor == 0
			break
		}
		v.Seq = r.Seq
		v.add(h, r.Record)
	}
	return v, nil
}

// before reads the page before cursor.
func (h history) before(ctx context.Context, g guest, cursor int64) (view, error) {
	recs, more, err := h.records(ctx, g, core.PastQuery{Before: cursor, Max: firstPage, Peer: true})
	if err != nil {
		return view{}, err
	}
	v := view{More: more}
	for _, r := range recs {
		if r.In || r.State != core.ProgressPending || h.rooms.shown(r) {
			v.add(h, r.Record)
		}
	}
	return v, nil
}

// A record knows whose it is.
type record struct {
	core.Record
	peer string
}

// records reads the records of all the guest's peers as one, in order; Seq
// orders all records of a store. More says that the far end was not reached.
func (h history) records(ctx context.Context, g guest, q core.PastQuery) (out []record, more bool, err error) {
	low, high := int64(0), int64(math.MaxInt64)
	for _, peer := range g.peers() {
		q.Key = core.Key{Channel: h.channel, Peer: peer}
		recs, err := h.views.Past(ctx, q)
		if err != nil {
			return nil, false, err
		}
		if n := len(recs); n >= q.Max && n > 0 {
			more = true
			if q.After > 0 {
				high = min(high, recs[n-1].Seq)
			} else {
				low = max(low, recs[0].Seq)
			}
		}
		for _, r := range recs {
			if r.Message != nil {
				out = append(out, record{r, peer})
			}
		}
	}
	out = slices.DeleteFunc(out, func(r record) bool { return r.Seq < low || r.Seq > high })
	slices.SortFunc(out, func(a, b record) int { return cmp.Compare(a.Seq, b.Seq) })
	return out, more, nil
}

// add appends r as a line, unless the visitor is not to see it.
func (v *view) add(h history, r core.Record) {
	m := r.Message
	if !r.In && (r.State == core.ProgressDropped || r.State == core.ProgressFailed) {
		return
	}
	parts := h.draw(m.Parts)
	if len(parts) == 0 {
		return
	}
	b, err := json.Marshal(parts)
	if err != nil {
		return // strings and numbers only: cannot be
	}
	l := line{Seq: r.Seq, ID: m.ID, At: m.At.UnixMilli(), Replaces: m.Replaces, Parts: b}
	if m.At.IsZero() {
		l.At = r.At.UnixMilli()
	}
	if r.In {
		l.From.Kind = string(core.ByPeer)
		l.Mine = m.Ref[strings.LastIndexByte(m.Ref, '/')+1:]
	} else {
		l.From = from{Kind: string(cmp.Or(m.By.Kind, core.ByBot)), Name: m.By.Name}
	}
	v.Lines = append(v.Lines, l)
}

// A part as the widget draws it.
type part struct {
	Kind    string        `json:"kind"` // text, media, choice, card, pick
	Body    string        `json:"body,omitempty"`
	Title   string        `json:"title,omitempty"`
	URL     string        `json:"url,omitempty"`
	Image   string        `json:"image,omitempty"`
	Type    string        `json:"type,omitempty"`
	Size    int64         `json:"size,omitempty"`
	Until   int64         `json:"until,omitempty"` // Unix milliseconds: URL is good until then
	Options []core.Option `json:"options,omitempty"`
}

// draw leaves out what a visitor does not see.
func (h history) draw(ps core.Parts) (out []part) {
	for _, p := range ps {
		switch p := p.(type) {
		case core.Text:
			out = append(out, part{Kind: "text", Body: p.Body})
		case core.Pick:
			out = append(out, part{Kind: "pick", Body: cmp.Or(p.Label, p.Option)})
		case core.Choice:
			out = append(out, part{Kind: "choice", Body: p.Prompt, Options: p.Options})
		case core.Card:
			out = append(out, part{Kind: "card", Title: p.Title, Body: p.Body, URL: web(p.URL), Image: web(p.Image)})
		case core.Media:
			out = append(out, h.drawMedia(p))
		}
	}
	return out
}

func (h history) drawMedia(m core.Media) part {
	p := part{Kind: "media", Type: m.Type, Title: m.Name, Size: m.Size, Body: m.Words, URL: web(m.URL)}
	if m.Handle != "" {
		// Whole minutes, so that a picture keeps its address for a while and is
		// not fetched again with every reload.
		until := h.now().Add(linkLife).Truncate(10 * time.Minute)
		p.URL, p.Until = h.link(m.Handle, until), until.UnixMilli()
	}
	return p
}

// link is an address under which a blob can be fetched until then.
func (h history) link(handle string, until time.Time) string {
	q := url.Values{"k": {h.ring.seal(forLink, permit{handle, until.Unix()})}}
	return h.prefix + "v1/file?" + q.Encode()
}

// A permit lets somebody fetch a blob.
type permit struct {
	Handle string `json:"h"`
	Until  int64  `json:"x"`
}

// web lets only web addresses through.
func web(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return ""
	}
	return s
}
