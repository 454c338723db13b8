package telegram

import (
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
)

// What is wrong with an account is found by reading alone, and said with what to do.
func TestCheck(t *testing.T) {
	const ours, theirs = "https://desk.example/hook/tg/", "https://else.example/bot-key-77"
	set := func(url string) func(*rig) {
		return func(r *rig) {
			if err := r.open(Config{}).bot.call(r.Context(), "setWebhook", map[string]string{"url": url}, nil); err != nil {
				r.Fatal(err)
			}
		}
	}
	for name, tc := range map[string]struct {
		conf Config
		do   func(*rig)
		want string // empty: nothing is wrong
	}{
		"polls":        {Config{}, func(*rig) {}, ""},
		"desk":         {Config{Group: group}, func(*rig) {}, ""},
		"hooked":       {Config{Webhook: ours}, set(ours), ""},
		"token":        {Config{}, func(r *rig) { r.fake.Fail("getMe", 401, "Unauthorized") }, "; write the token that @BotFather shows"},
		"not hooked":   {Config{Webhook: ours}, func(*rig) {}, "the webhook is not set, so nothing arrives; start frontdesk"},
		"theirs":       {Config{Webhook: ours}, set(theirs), "another address than ours"},
		"theirs, poll": {Config{}, set(theirs), "another address than ours"},
		"not in group": {Config{Group: group}, func(r *rig) { r.fake.Leave(fake.Bot) }, "the bot is not in the staff's group; add it"},
		"no group":     {Config{Group: group - 1}, func(*rig) {}, "; add the bot to the staff's group as an administrator, and compare group"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, fake.Options{Group: group, Forum: true})
			tc.do(r)
			ch := r.open(tc.conf)
			err := ch.Check(t.Context())
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "key-77") {
				t.Errorf("it tells another's address: %v", err)
			}
			for _, method := range []string{"sendMessage", "deleteWebhook", "getUpdates"} {
				if len(r.fake.Calls(method)) > 0 {
					t.Errorf("it did %s", method)
				}
			}
		})
	}
}
