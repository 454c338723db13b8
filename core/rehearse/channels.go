package rehearse

import (
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// rules are what a kind of channel lets us say, as its adapter has them. Kinds
// whose adapter is not built yet are here by their platform's rules.
type rules struct {
	limits core.Limits
	banner bool // shows a line about the wait that costs nothing
}

const window = 48 * time.Hour

// rulesOf are the rules by the kind of channel, which is also its name in a
// scenario.
var rulesOf = map[string]*rules{
	"wechat": {limits: core.Limits{Text: 2048, Unit: core.Bytes, OneReply: true, Allowances: []core.Allowance{
		{After: core.CauseMessage, Count: 5, Within: window}, {After: core.CauseEvent, Count: 3, Within: time.Minute},
	}}},
	"kf": {limits: core.Limits{Text: 2048, Unit: core.Bytes, Allowances: []core.Allowance{{After: core.CauseMessage, Count: 5, Within: window}}}},
	"weibo": {limits: core.Limits{Text: 299, Unit: core.Runes, OneReply: true, Allowances: []core.Allowance{
		{After: core.CauseMessage, Count: 90, Within: window}, {After: core.CauseEvent, Count: 90, Within: window},
	}}},
	"web":   {limits: core.Limits{Options: 40, Names: true, Idempotent: true}, banner: true},
	"app":   {limits: core.Limits{Options: 40, Names: true, Idempotent: true}, banner: true},
	"email": {limits: core.Limits{Together: true, Idempotent: true}},
}
