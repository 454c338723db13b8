package telegram

import (
	"testing"

	"github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
	"github.com/frontdesk-im/frontdesk/core/bus"
)

// All processes together send no more in a second than Telegram documents, 30.
// https://core.telegram.org/bots/faq#my-bot-is-hitting-limits
func TestSharedPace(t *testing.T) {
	r := newRig(t, fake.Options{})
	a, b := r.open(Config{}), r.open(Config{})
	shared, n := bus.New(), 0
	for ; n < 100; n++ {
		ch := a
		if n%2 == 1 {
			ch = b
		}
		if wait, err := shared.Take(t.Context(), "send/telegram", ch.Limits().Pace, 1); err != nil {
			t.Fatal(err)
		} else if wait > 0 {
			break
		}
	}
	if n < 25 || n > 30 {
		t.Errorf("%d are sent at once", n)
	}
}
