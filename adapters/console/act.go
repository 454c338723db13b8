package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/desk/command"
)

// An act is what a member of staff did in the browser: words for the thread of
// a ticket, or an action of core/desk with its arguments.
type act struct {
	Ref    string            `json:"ref"`              // made by the browser; repeated when the answer was lost
	Ticket string            `json:"ticket,omitempty"` // empty for what concerns the whole desk
	Text   string            `json:"text,omitempty"`
	Media  []string          `json:"media,omitempty"` // handles
	Action string            `json:"action,omitempty"`
	Option string            `json:"option,omitempty"` // the button under a message of the desk that was pressed
	Values map[string]string `json:"values,omitempty"`
}

// The actions of core/desk that the pages know, with their arguments, about one
// ticket or about the whole desk.
var (
	ticketActions = map[string][]string{
		command.ActClaim: nil, command.ActTake: {"message"}, command.ActRelease: nil, command.ActResume: nil, command.ActReopen: nil, command.ActBot: nil,
		command.ActTransfer: {"to", "note"}, command.ActNote: {"text"}, command.ActPark: {"until", "note"},
		command.ActClose: {"outcome", "summary", "tags", "survey"}, command.ActPriority: {"class"}, command.ActTag: {"tags"}, command.ActName: {"name"},
		command.ActRetry: {"message"}, command.ActDrop: {"message"}, command.ActSend: {"message"}, command.ActMerge: {"message"}, command.ActKeep: {"message"}, command.ActUndo: {"message"},
		command.ActCorrect: {"message", "text"}, command.ActCanned: {"id"}, command.ActTemplate: {"id", "text", "message"}, command.ActSuggest: {"entry"}, command.ActBad: {"entry"},
		command.ActReassure: {"do", "scope", "why"}, command.ActCause: {"text"},
	}
	deskActions = map[string][]string{command.ActOn: nil, command.ActBreak: {"until"}, command.ActOff: {"force"}, command.ActReassure: {"do", "scope", "why"}, command.ActCause: {"text"}}
)

const (
	longestText  = 20000 // runes
	longestBody  = 256 << 10
	mostMedia    = 10
	longestValue = 20000
)

// parseAct reads an act strictly: what it returns can be filed.
func parseAct(b []byte) (act, error) {
	var a act
	if err := strict(b, &a); err != nil {
		return a, err
	}
	if !plainID(a.Ref, 8, 64) {
		return a, fmt.Errorf("%w: ref must be 8 to 64 letters, digits, - or _", core.ErrInvalid)
	}
	if a.Ticket != "" && !plainID(a.Ticket, 1, 64) {
		return a, fmt.Errorf("%w: no such ticket", core.ErrInvalid)
	}
	switch {
	case a.Option != "":
		return a, a.checkOption()
	case a.Action != "":
		return a, a.checkAction()
	}
	return a, a.checkWords()
}

func (a act) checkWords() error {
	switch {
	case a.Ticket == "":
		return fmt.Errorf("%w: words belong to a ticket", core.ErrInvalid)
	case len(a.Values) > 0:
		return fmt.Errorf("%w: values belong to an action", core.ErrInvalid)
	case strings.TrimSpace(a.Text) == "" && len(a.Media) == 0:
		return fmt.Errorf("%w: nothing to send", core.ErrInvalid)
	case utf8.RuneCountInString(a.Text) > longestText, len(a.Media) > mostMedia:
		return core.ErrTooLarge
	case slices.ContainsFunc(a.Media, func(h string) bool { return h == "" || len(h) > 300 }):
		return fmt.Errorf("%w: media without a handle", core.ErrInvalid)
	}
	return nil
}

// checkOption lets pass what core/desk puts under its messages, like "send:7".
func (a act) checkOption() error {
	if a.Action != "" || a.Text != "" || len(a.Media) > 0 || len(a.Values) > 0 || len(a.Option) > 200 || strings.ContainsFunc(a.Option, unicode.IsControl) {
		return fmt.Errorf("%w: a button is pressed by itself", core.ErrInvalid)
	}
	return nil
}

func (a act) checkAction() error {
	known := ticketActions
	if a.Ticket == "" {
		known = deskActions
	}
	names, ok := known[a.Action]
	if !ok || a.Text != "" || len(a.Media) > 0 {
		return fmt.Errorf("%w: no such action here", core.ErrInvalid)
	}
	for k, v := range a.Values {
		if !slices.Contains(names, k) {
			return fmt.Errorf("%w: the action has no such value", core.ErrInvalid)
		}
		if len(v) > longestValue*utf8.UTFMax || utf8.RuneCountInString(v) > longestValue {
			return core.ErrTooLarge
		}
	}
	return nil
}

// plainID reports whether s is min to max letters, digits, dashes and underscores.
func plainID(s string, min, max int) bool {
	if len(s) < min || len(s) > max {
		return false
	}
	for _, r := range s {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}

// readBody reads a body declared as JSON. The declaration cannot be made by a
// form on another site.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, problem{http.StatusUnsupportedMediaType, "bad_request"}
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, longestBody))
}

// strict decodes one JSON document of valid UTF-8 without unknown keys.
func strict(b []byte, v any) error {
	if !utf8.Valid(b) {
		return fmt.Errorf("%w: not UTF-8", core.ErrInvalid)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %v", core.ErrInvalid, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("%w: more than one document", core.ErrInvalid)
	}
	return nil
}

// acts take what staff do to the hub.
type acts struct {
	desk  deskName
	board *board
	live  *live
	inbox core.Inbox
	blobs core.Blobs
	now   func() time.Time
}

// serveAct files what somebody did. 202 means that it is on disk; what came of
// it is seen in the conversation.
func (d acts) serveAct(w http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	b, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	a, err := parseAct(b)
	if err != nil {
		return nil, err
	}
	if a.Ticket != "" {
		v, err := d.board.ticket(r.Context(), a.Ticket)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(v.Ticket.Shown, func(s core.Shown) bool { return s.Desk == string(d.desk) }) {
			return nil, problem{http.StatusConflict, "not_here"} // nobody would know what it is about
		}
	}
	env := core.Envelope{
		Channel: string(d.desk), Peer: who.account.peer(), Thread: a.Ticket, At: d.now(),
		Ref: who.account.ID + ":" + a.Ref, // so that nobody can use up another's
	}
	if env.Parts, err = d.parts(r.Context(), a); err != nil {
		return nil, err
	}
	if err := d.inbox.Receive(r.Context(), env); err != nil {
		return nil, err
	}
	d.board.stale()
	answer(w, http.StatusAccepted, map[string]string{"ref": env.Ref})
	return nil, nil
}

// parts is the act as a message.
func (d acts) parts(ctx context.Context, a act) (core.Parts, error) {
	switch {
	case a.Option != "":
		return core.Parts{core.Pick{Option: a.Option}}, nil
	case a.Action != "" && len(a.Values) == 0:
		return core.Parts{core.Pick{Option: a.Action}}, nil
	case a.Action != "":
		return core.Parts{core.Form{ID: a.Action, Values: a.Values}}, nil
	}
	var ps core.Parts
	if strings.TrimSpace(a.Text) != "" {
		ps = append(ps, core.Text{Body: a.Text})
	}
	for _, h := range a.Media {
		f, m, err := d.blobs.Open(ctx, h)
		if err != nil {
			return nil, err
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
		ps = append(ps, m)
	}
	return ps, nil
}

// serveTyping passes on that an agent is typing.
func (d acts) serveTyping(w http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	var in struct {
		Ticket string `json:"ticket"`
		Note   bool   `json:"note"` // colleagues see it, the customer does not
	}
	if err := readJSON(w, r, &in); err != nil {
		return nil, err
	}
	v, err := d.board.ticket(r.Context(), in.Ticket)
	if err != nil {
		return nil, err
	}
	if !in.Note && v.Ticket.State == core.TicketActive && v.Ticket.Agent == d.desk.agent(who.account.ID) {
		d.inbox.Typing(r.Context(), core.Envelope{Channel: string(d.desk), Peer: who.account.peer(), Thread: in.Ticket})
	}
	d.live.tell(r.Context(), hint{Kind: hintTyping, Ticket: in.Ticket, Name: who.account.Name, Ref: who.account.ID})
	w.WriteHeader(http.StatusNoContent)
	return nil, nil
}
