package slack

import (
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core/bus"
)

// All processes together send a message a second for each channel of the desk, with
// a short burst: https://docs.slack.dev/apis/web-api/rate-limits
func TestSharedPace(t *testing.T) {
	d := newRig(t)
	for rooms, conf := range map[int]map[string]string{1: nil, 3: {"refund": "C0REFUND", "sales": "C0SALES"}} {
		d.rooms = conf
		d.restart("zh-CN")
		pace := d.ch.Limits().Pace
		if pace.Tokens != rooms || pace.Per != time.Second {
			t.Errorf("%d rooms: %+v", rooms, pace)
		}
		shared, n := bus.New(), 0
		for ; n < 1000; n++ {
			if wait, err := shared.Take(t.Context(), "send/slack", pace, 1); err != nil {
				t.Fatal(err)
			} else if wait > 0 {
				break
			}
		}
		if n < burst*rooms || n > burst*rooms+rooms {
			t.Errorf("%d rooms: %d are sent at once", rooms, n)
		}
	}
}
