package weibo

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/frontdesk-im/frontdesk/adapters/weibo/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// What Weibo gets for a message of every kind: in the answer to its own request,
// and later by the API.
func TestRendering(t *testing.T) {
	coretest.Rendering(t, func(t *testing.T, env core.Envelope) (got string) {
		synctest.Test(t, func(t *testing.T) {
			reg := fake.Demo()
			r := newRig(t, Config{UID: reg.UID, AppSecret: core.Secret(reg.AppSecret), Token: core.Secret(reg.Token)}, reg)
			env.Peer = core.Peer{ID: "2489518277"}
			for i, one := range coretest.Fitted(r.Limits(), env, coretest.BotMark) {
				one.ID = env.ID + "-" + strconv.Itoa(i)
				if _, err := r.compose(one); err != nil {
					got += fmt.Sprintf("refused: %v\n", err)
					continue
				}
				got += r.passively(t, one) + r.actively(t, one)
			}
		})
		return got
	})
}

// passively is the answer to a push of the customer, and what its data says when
// it is no longer percent-encoded.
func (r *rig) passively(t *testing.T, env core.Envelope) string {
	t.Helper()
	r.inbox.Heard = func(core.Envelope) { r.sent(t, env) }
	defer func() { r.inbox.Heard = nil }()
	target, _, body, err := r.platform.Request(env.Peer.ID, fake.Push{Type: "text", Text: env.ID, Data: map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	w := coretest.Serve(r.Account, "POST "+target, string(body))
	data, err := url.PathUnescape(w.Body.String())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("passive: %s\n  which is %s\n", w.Body, data)
}

// actively is what the API is asked for env once no request waits for it.
func (r *rig) actively(t *testing.T, env core.Envelope) string {
	t.Helper()
	if err := r.platform.Follow(t.Context(), env.Peer.ID); err != nil {
		t.Fatal(err)
	}
	had := len(r.platform.Calls())
	env.ID += "-later"
	r.sent(t, env)
	var b strings.Builder
	for _, c := range r.platform.Calls()[had:] {
		fmt.Fprintf(&b, "active: POST %s\n", c.Path)
		for _, k := range slices.Sorted(maps.Keys(c.Form)) {
			fmt.Fprintf(&b, "  %s=%s\n", k, c.Form.Get(k))
		}
	}
	return b.String()
}

func (r *rig) sent(t *testing.T, env core.Envelope) {
	if _, err := r.Send(t.Context(), env); err != nil {
		t.Error(err)
	}
}
