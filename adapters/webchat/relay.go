package webchat

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A hint is what the processes of a chat tell each other. All of it fits in
// the key of a core.Bus hint, so it may be lost: lines are read from the record
// anyway, a banner is set again with its next text.
type hint struct {
	Kind   kind         `json:"k"`
	From   string       `json:"f,omitempty"` // process
	Peer   string       `json:"p"`
	Seq    int64        `json:"s,omitempty"`
	ID     string       `json:"i,omitempty"`
	Banner *core.Banner `json:"b,omitempty"`
}

type kind string

const (
	hintShown  kind = "shown"  // the message ID, Seq is on its way to the visitor
	hintWrote  kind = "wrote"  // the visitor wrote
	hintTyping kind = "typing" // somebody types to the visitor
	hintWaits  kind = "waits"  // Banner
	hintAgain  kind = "again"  // which conversations the visitor sees has changed
)

// A relay passes hints to the windows that are open here and to the other
// processes.
type relay struct {
	topic   string
	process string   // ours, as the others know it
	bus     core.Bus // nil: there are no others
	rooms   *rooms
	banners *banners
	log     *slog.Logger
	now     func() time.Time
}

// pass does what h says here, and tells the others if there was something new
// in it.
func (r relay) pass(ctx context.Context, h hint) {
	if r.act(h) {
		r.tell(ctx, h)
	}
}

// tell passes h to the other processes.
func (r relay) tell(ctx context.Context, h hint) {
	if r.bus == nil {
		return
	}
	h.From = r.process
	b, err := json.Marshal(h)
	if err != nil {
		return
	}
	if err := r.bus.Wake(ctx, r.topic, string(b)); err != nil {
		r.log.Debug("webchat: a hint was lost", "topic", r.topic, "err", err)
	}
}

// act does what h says to the windows that are open in this process. It
// reports false if there was nothing new in it.
func (r relay) act(h hint) bool {
	switch h.Kind {
	case hintShown:
		for _, s := range r.rooms.in(h.Peer, func(in *room) { in.high, in.last = max(in.high, h.Seq), h.ID }) {
			s.wake()
		}
	case hintWrote:
		for _, s := range r.rooms.in(h.Peer, nil) {
			s.wake()
		}
	case hintTyping:
		now := r.now()
		for _, s := range r.rooms.in(h.Peer, func(in *room) { in.typed = now }) {
			s.typing()
		}
	case hintWaits:
		if h.Banner == nil || !r.banners.set(h.Peer, *h.Banner) {
			return false
		}
		for _, s := range r.rooms.in(h.Peer, nil) {
			s.banner(h.Banner)
		}
	case hintAgain:
		for _, s := range r.rooms.in(h.Peer, nil) {
			s.close(closeAgain, "read again")
		}
	}
	return true
}
