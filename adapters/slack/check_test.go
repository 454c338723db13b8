package slack

import (
	"slices"
	"strings"
	"testing"
)

// What is wrong with an app is found by asking, without entering a channel, and
// said with what to do.
func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		do   func(*rig)
		want string // empty: nothing is wrong
	}{
		"whole":     {func(*rig) {}, ""},
		"token":     {func(d *rig) { d.w.Refuse("auth.test", "invalid_auth") }, "; install the app again and write its Bot User OAuth Token"},
		"app token": {func(d *rig) { d.w.Refuse("apps.connections.open", "invalid_auth") }, "; make an app-level token with connections:write"},
		"scopes":    {func(d *rig) { d.w.Scopes = "chat:write,commands,files:read" }, "lacks the scopes chat:write.customize, channels:history"},
		"no room":   {func(d *rig) { d.w.Refuse("conversations.info", "channel_not_found") }, "; check channel, or say /invite @app in it"},
		"archived":  {func(d *rig) { d.w.Archive(true) }, "the desk's channel is archived; unarchive it"},
		"throttled": {func(d *rig) { d.w.Refuse("auth.test", "429") }, "; nothing has to be changed"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newRig(t)
			before := len(d.w.Calls())
			tc.do(d)
			err := d.ch.Check(t.Context())
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			for _, c := range d.w.Calls()[before:] {
				if !slices.Contains([]string{"auth.test", "apps.connections.open", "conversations.info"}, c.Method) {
					t.Errorf("it did %s", c.Method)
				}
			}
		})
	}
}
