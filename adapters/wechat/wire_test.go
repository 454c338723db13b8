package wechat

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// What WeChat gets for a message of every kind: in the answer to its own request,
// and later by the API.
func TestRendering(t *testing.T) {
	coretest.Rendering(t, func(t *testing.T, env core.Envelope) (got string) {
		synctest.Test(t, func(t *testing.T) {
			conf, reg := config(), registered
			conf.Mode, reg.Plain = Plain, true
			conf.Agents = map[string]string{"desk/lin": "lin@shop"}
			r := newRig(t, conf, reg)
			r.stock(t)
			env.Peer = core.Peer{ID: "o1"}
			for i, one := range coretest.Fitted(r.Limits(), env, coretest.BotMark) {
				one.ID = env.ID + "-" + strconv.Itoa(i)
				got += r.passively(t, one) + r.actively(t, one)
			}
		})
		return got
	})
}

// stock puts into Blobs what the messages refer to.
func (r *rig) stock(t *testing.T) {
	t.Helper()
	for _, m := range []core.Media{{Name: "茶.png", Type: "image/png"}, {Name: "a.amr", Type: "audio/amr"}} {
		if _, err := r.blobs.Save(t.Context(), m, strings.NewReader("x"), 9); err != nil {
			t.Fatal(err)
		}
	}
}

// passively is the answer to a push of the customer, if env can be one.
func (r *rig) passively(t *testing.T, env core.Envelope) string {
	t.Helper()
	sent := make(chan error, 1)
	r.inbox.Heard = func(core.Envelope) {
		_, err := r.Send(t.Context(), env)
		sent <- err
	}
	defer func() { r.inbox.Heard = nil }()
	q, err := r.platform.Request(fake.Doc{
		{"ToUserName", registered.Origin}, {"FromUserName", env.Peer.ID}, {"CreateTime", strconv.FormatInt(time.Now().Unix(), 10)},
		{"MsgType", "text"}, {"Content", "?"}, {"MsgId", strconv.Itoa(len(r.inbox.Got()) + 1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.platform.Wrote(env.Peer.ID)
	w := coretest.Serve(r.Account, "POST "+q.URL.String(), string(q.Body))
	if err := <-sent; err != nil {
		t.Error(err)
	}
	return fmt.Sprintf("passive: %s\n", w.Body)
}

// actively is what the API is asked for env once no request waits for it.
func (r *rig) actively(t *testing.T, env core.Envelope) string {
	t.Helper()
	r.platform.Wrote(env.Peer.ID)
	had := len(r.platform.Calls(customPath))
	env.ID += "-later"
	if _, err := r.Send(t.Context(), env); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range r.platform.Calls(customPath)[had:] {
		fmt.Fprintf(&b, "active: POST %s\n%s\n", c.Path, c.Body)
	}
	return b.String()
}
