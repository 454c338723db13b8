package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// kept is an envelope in the log's body: what does not stand in columns. A peer
// of whom nothing but the key's name is known is left out.
type kept struct {
	core.Envelope
	Peer *core.Peer `json:"peer,omitempty"`
}

// pack writes e for the log of conversation key.
func pack(key core.Key, e core.Envelope) (string, error) {
	k := kept{Envelope: e}
	k.ID, k.Seq, k.Channel, k.Ref, k.Filed = "", 0, "", "", time.Time{}
	if p := e.Peer; p.ID != key.Peer || p.Name != "" || p.Lang != "" || p.Person != "" || len(p.Facts) > 0 {
		k.Peer = &p
	}
	b, err := json.Marshal(k)
	return string(b), err
}

func unpack(key core.Key, body string) (core.Envelope, error) {
	k := kept{}
	if err := json.Unmarshal([]byte(body), &k); err != nil {
		return core.Envelope{}, fmt.Errorf("a record of %s does not read: %w", key, err)
	}
	if k.Envelope.Peer.ID = key.Peer; k.Peer != nil {
		k.Envelope.Peer = *k.Peer
	}
	return k.Envelope, nil
}

// caseTicket is the ticket whose card e carries, empty if it carries none.
func caseTicket(e core.Envelope) string {
	if len(e.Parts) == 0 {
		return ""
	}
	c, ok := e.Parts[0].(core.Case)
	if !ok {
		return ""
	}
	if e.Ticket != "" {
		return e.Ticket
	}
	return c.Ticket
}
