package core

import (
	"maps"
	"slices"
	"time"
)

// An Envelope is one message on its way between a peer and us.
type Envelope struct {
	ID      string    `json:"id,omitempty"`      // ours; set when it is filed or committed, stable across retries
	Seq     int64     `json:"seq,omitempty"`     // ours; grows with every record of the store, orders a conversation
	Channel string    `json:"channel,omitempty"` // name of the account it came by or goes by
	Peer    Peer      `json:"peer"`              // who is at the other end
	Thread  string    `json:"thread,omitempty"`  // platform's name for the thread, if it has threads
	Ref     string    `json:"ref,omitempty"`     // platform's name for the message; with Channel, unique
	At      time.Time `json:"at,omitzero"`       // when it was written, by the platform's clock
	Filed   time.Time `json:"filed,omitzero"`    // when we got or made it, by our clock
	By      Author    `json:"by,omitzero"`       // who speaks, on the way out: no bot may pass for a person
	Parts   Parts     `json:"parts"`
	Cause   Cause     `json:"cause,omitempty"` // what the peer did by it, where Limits has Allowances; empty opens none

	Quote     *Quote     `json:"quote,omitempty"`     // what it answers, if the platform says
	Forwarded *Forwarded `json:"forwarded,omitempty"` // whose words it passes on; nil if they are the peer's own
	Subject   string     `json:"subject,omitempty"`   // of a mail; of a push notification

	Ticket   string `json:"ticket,omitempty"`   // to a desk: the ticket whose thread it belongs in
	Via      *Via   `json:"via,omitempty"`      // to a peer: the agent's message that it carries on
	Replaces string `json:"replaces,omitempty"` // the message whose place it takes: going out, the ID of ours; coming in, the Ref of theirs
	Policy   string `json:"policy,omitempty"`   // the reassurance policy that wanted it; empty for all others
	Raw      []byte `json:"raw,omitempty"`      // the platform's document, kept where parts cannot say it all
	Greeting string `json:"-"`                  // of a turn that is being made: the greeting that its words begin with; it may stand behind them
}

// Unix is Envelope.At of a platform that says it in seconds since 1970: the zero
// time for what no message can have been written at.
func Unix(seconds int64) time.Time {
	if seconds <= 0 || seconds > latest {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

const latest = 1 << 33 // in the year 2242

// A Peer is a person or a bot on a platform.
type Peer struct {
	ID     string            `json:"id"` // platform's name for them
	Name   string            `json:"name,omitempty"`
	Lang   string            `json:"lang,omitempty"`   // BCP 47
	Person string            `json:"person,omitempty"` // verified: peers with the same Person are one human
	Facts  map[string]string `json:"facts,omitempty"`  // what the platform or the host page says of them
}

// What is known of a peer under these names is used by the program itself.
const (
	FactCalled = "called" // the name that an agent gave them
	FactPage   = "page"   // the address of the page that they are on, without what may carry secrets
	FactTitle  = "title"  // what that page is called
	FactZone   = "zone"   // the zone of their clock, like Europe/London
)

// VIP is what the platform or the host page says of an important customer; empty if
// neither says that they are one.
func (p Peer) VIP() string {
	for _, name := range []string{"vip", "VIP", "level", "vip_level"} {
		if v := p.Facts[name]; v != "" && v != "0" && v != "false" && v != "no" {
			if v == "true" || v == "yes" || v == "1" {
				return "VIP"
			}
			return v
		}
	}
	return ""
}

// Called is p under the name that an agent gives them; empty: their own.
func (p Peer) Called(name string) Peer {
	facts := maps.Clone(p.Facts)
	if facts == nil {
		facts = map[string]string{}
	}
	if facts[FactCalled] = name; name == "" {
		delete(facts, FactCalled)
	}
	p.Facts = facts
	return p
}

// An Author is who speaks.
type Author struct {
	Kind AuthorKind `json:"kind,omitempty"`
	ID   string     `json:"id,omitempty"` // of an agent
	Name string     `json:"name,omitempty"`
}

// A Quote is the earlier message that an envelope answers.
type Quote struct {
	Ref  string     `json:"ref,omitempty"` // platform's name for it
	Text string     `json:"text,omitempty"`
	By   AuthorKind `json:"by,omitempty"` // whose words they are: ByPeer the peer's own, empty if the platform does not say
	Name string     `json:"name,omitempty"`
}

// Forwarded says that the words of an envelope are somebody else's.
type Forwarded struct {
	From string    `json:"from,omitempty"` // a person, a group or an account, as the platform shows it
	At   time.Time `json:"at,omitzero"`    // when it was first written
}

// AuthorKind tells people from programs.
type AuthorKind string

const (
	ByPeer   AuthorKind = "peer"   // the customer
	ByBot    AuthorKind = "bot"    // a script
	ByAgent  AuthorKind = "agent"  // a member of staff
	BySystem AuthorKind = "system" // the program itself: notices, cards
)

// Via is where an agent's message stands at their desk.
type Via struct {
	Channel string `json:"channel"`
	Thread  string `json:"thread,omitempty"`
	Ref     string `json:"ref"`
	Agent   string `json:"agent,omitempty"` // Agent.ID
}

// A Part is one piece of a message: one of the types below.
type Part interface{ kind() string }

type (
	// Text is plain text. Markup belongs to adapters.
	Text struct {
		Body string `json:"body"`
	}
	// Media is a picture, a recording or a file. It is in Blobs under Handle,
	// or at a public URL, or the adapter it came by is a Fetcher.
	Media struct {
		Type   string `json:"type"` // MIME
		URL    string `json:"url,omitempty"`
		Handle string `json:"handle,omitempty"`
		Name   string `json:"name,omitempty"`
		Size   int64  `json:"size,omitempty"`
		Words  string `json:"words,omitempty"` // transcript of a recording, caption of a picture
	}
	// Place is a point on a map.
	Place struct {
		Lat  float64 `json:"lat"`
		Lon  float64 `json:"lon"`
		Name string  `json:"name,omitempty"`
	}
	// Card is a titled link; a push notification; an email with a subject; a
	// mini-program's page.
	Card struct {
		Title string `json:"title"`
		Body  string `json:"body,omitempty"`
		URL   string `json:"url,omitempty"`
		Image string `json:"image,omitempty"`
	}
	// Choice offers answers to pick from. Typed asks for an answer that is
	// written, not tapped, whatever the channel: Fit makes it a numbered list, as
	// it makes every Choice one where a tap opens less of the Allowances than a
	// message.
	Choice struct {
		Prompt  string   `json:"prompt"`
		Options []Option `json:"options"`
		Typed   bool     `json:"typed,omitempty"`
	}
	// Pick is a peer's answer to a Choice, or the press of a button.
	Pick struct {
		Option string `json:"option"`          // Option.ID
		Label  string `json:"label,omitempty"` // as it was shown, if the platform says
		Menu   bool   `json:"menu,omitempty"`  // of the account's own menu, which is always there: we have not shown it, and it does not grow old
	}
	// Form is named values: a form filled in, the arguments of a desk action,
	// the question to a business system and its answer.
	Form struct {
		ID     string            `json:"id"`
		Values map[string]string `json:"values,omitempty"`
	}
	// Case is a ticket as staff see it: the card that opens a thread at a desk
	// and is kept current.
	Case struct {
		Ticket  string   `json:"ticket"`
		State   string   `json:"state"`           // TicketState
		Topic   string   `json:"topic,omitempty"` // Ticket.Topic: a desk may have a place for each
		Title   string   `json:"title"`
		Fields  []Field  `json:"fields,omitempty"`
		Lines   []string `json:"lines,omitempty"`   // the last messages, oldest first
		Actions []Option `json:"actions,omitempty"` // what can be done now; pressed, each comes back as a Pick
	}
	// Joined says that the peer can now be written to.
	Joined struct {
		From string `json:"from,omitempty"` // what brought them: a QR code, a page
	}
	// Left says that the peer can no longer be written to.
	Left struct{}
	// Other is what the platform sent and we have no part for. Kind is the
	// platform's word for it; the document is in Envelope.Raw. Quiet says that
	// nobody spoke (a page was opened, a position reported): it is kept, and
	// nobody answers it.
	Other struct {
		Kind  string `json:"kind"`
		Quiet bool   `json:"quiet,omitempty"`
	}
)

// An Option is one answer in a Choice.
type Option struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Digit string `json:"digit,omitempty"` // by which it is answered in writing; empty: its place in the list
}

// A Field is one line of facts on a Case.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (Text) kind() string   { return "text" }
func (Media) kind() string  { return "media" }
func (Place) kind() string  { return "place" }
func (Card) kind() string   { return "card" }
func (Choice) kind() string { return "choice" }
func (Pick) kind() string   { return "pick" }
func (Form) kind() string   { return "form" }
func (Case) kind() string   { return "case" }
func (Joined) kind() string { return "joined" }
func (Left) kind() string   { return "left" }
func (Other) kind() string  { return "other" }

// Parts is written in JSON as a list of one-key objects: [{"text":{"body":"hi"}}].
type Parts []Part

// Text returns what the parts say in words, the lines of several parts joined;
// empty if they say nothing in words.
func (ps Parts) Text() string {
	s := ""
	for _, p := range ps {
		var t string
		switch p := p.(type) {
		case Text:
			t = p.Body
		case Media:
			t = p.Words
		case Pick:
			t = p.Label
		case Choice:
			t = p.Prompt
		case Card:
			t = p.Title
		}
		if t != "" && s != "" {
			s += "\n"
		}
		s += t
	}
	return s
}

// Marked is ps with mark before the first words in it; ps stays as it is.
func (ps Parts) Marked(mark string) Parts {
	if mark == "" {
		return ps
	}
	ps = slices.Clone(ps)
	for i, p := range ps {
		switch p := p.(type) {
		case Text:
			ps[i] = Text{Body: mark + p.Body}
			return ps
		case Choice:
			p.Prompt = mark + p.Prompt
			ps[i] = p
			return ps
		}
	}
	return ps
}

// A Receipt says what became of a message we sent.
type Receipt struct {
	Channel string
	Ref     string
	State   ReceiptState
	At      time.Time
	Why     string // for ReceiptBounced, in the platform's words
}

// ReceiptState is how far a message got.
type ReceiptState string

const (
	ReceiptDelivered ReceiptState = "delivered"
	ReceiptRead      ReceiptState = "read"
	ReceiptBounced   ReceiptState = "bounced"
)
