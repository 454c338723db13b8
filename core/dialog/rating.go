package dialog

import (
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// Rating reports whether what the customer writes next belongs to the survey:
// they have rated and were asked for words. A ticket is not opened again by it.
func (b *Book) Rating(c core.Conversation, now time.Time) bool {
	v := recall(c.Mind).Survey
	return v != nil && v.Stage == "words" && now.Sub(v.At) <= b.set.Survey
}
