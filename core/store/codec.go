package store

import (
	"encoding/json"
	"fmt"
	"strings"
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

// wakes is w with the times that versions before 0.9 kept one by one: the bot's
// in the conversation, the desk's in its ticket.
func wakes(w core.Wakes, body, ticket string) (core.Wakes, error) {
	for _, old := range []struct {
		owner core.WakeOwner
		body  string
	}{{core.WakeBot, body}, {core.WakeDesk, ticket}} {
		if !strings.Contains(old.body, `"wake":"`) { // of the new ones none has it as a key, and a text in quotes has them escaped
			continue
		}
		var in struct {
			Wake time.Time `json:"wake"`
		}
		if err := json.Unmarshal([]byte(old.body), &in); err != nil {
			return w, err
		}
		if !in.Wake.IsZero() && w.At(old.owner).IsZero() {
			w = w.Set(old.owner, in.Wake)
		}
	}
	return w, nil
}
