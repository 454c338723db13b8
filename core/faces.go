package core

import (
	"context"
	"net/http"
	"time"
)

// The faces below are for the program itself: what it asks of an adapter when it
// starts, or when an operator calls it. Those that the hub uses stand in core.go.

// A Workplace is a desk with pages of its own, which show more than what the
// desk is sent. The program tells it, once, before it is served.
type Workplace interface {
	Site
	// Channels tells what each customers' channel carries, by its name.
	Channels(limits map[string]Limits)
	// Titles tells what people call a topic; title may be called at any time and
	// answers as the scripts in force do.
	Titles(title func(lang, topic string) string)
	// Labels tells what people call a field of a ticket's form and its value; of
	// may be called at any time, too.
	Labels(of func(lang, name, value string) Field)
	// Templates tells which templates the customers of a channel may be sent, in
	// the order in which they are offered.
	Templates(of func(channel string) []Template)
}

// A Template is a form that a customers' platform shows as a message of its own,
// by a right of its own: WeChat's template messages go out though the window for
// answers has closed.
type Template struct {
	ID, Title string
	Channels  []string          // accounts that have it; empty means every one that takes forms
	Form      string            // Form.ID, as the adapter reads it: template:reply
	Values    map[string]string // of the form; {text} is what the agent wrote, {ticket}, {agent} and {customer} are filled in
}

// A Demonstrator has a page on which the channel can be tried without a site of
// one's own; Demo is nil if it was told to have none. The first of them, by name, is
// shown at /.
type Demonstrator interface {
	Adapter
	Demo() http.Handler
}

// A Founder is a desk that keeps accounts of its own. FirstLink returns the path
// at which the first one is made; needed is false when there already is one.
// Every call makes a new link, and older ones end as they would have.
type Founder interface {
	Adapter
	FirstLink(ctx context.Context) (path string, needed bool, err error)
}

// A Coder makes QR codes that open the account's chat and say where whoever
// scans them came from. life 0 means for ever. link is what the code contains,
// picture the address of its image.
type Coder interface {
	Adapter
	QRCode(ctx context.Context, scene string, life time.Duration) (link, picture string, err error)
}

// A Checker can tell whether its account works, without sending anything to
// anybody. The error says what to do.
type Checker interface {
	Adapter
	Check(ctx context.Context) error
}

// A Sampler can be made with nothing of the business's own. Sample reports that
// it was, and answers with the demo's data.
type Sampler interface {
	Adapter
	Sample() bool
}
