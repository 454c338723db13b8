package telegram

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters/telegram/fake"
	"github.com/frontdesk-im/frontdesk/core"
)

// A ticket has a topic; what is said in it goes both ways; its card is kept current.
func TestTopics(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	topic := number(t, thread)
	if ts := r.fake.Topics(); len(ts) != 1 || ts[0].ID != topic || ts[0].Name != "#7 🟠 王** · 微信" {
		t.Fatalf("thread %q, topics %+v", thread, ts)
	}
	r.send(ch, words(thread, "在吗"))
	if in := r.fake.In(topic); len(in) != 2 || in[1].Text != "👤 小王: 在吗" || in[0].Buttons[0].Text != "认领" {
		t.Errorf("the topic has %+v", in)
	}
	r.run(ch)
	chat := r.fake.Group()
	r.fake.Write(lin, chat, fake.Draft{Topic: topic, Text: "您好"})
	if err := r.fake.Press(lin, chat, r.fake.In(topic)[0].ID, "认领"); err != nil {
		t.Fatal(err)
	}
	r.fake.Write(lin, chat, fake.Draft{Topic: topic, Text: "/close@desk_bot 已补发"})
	r.fake.CloseTopic(lin, topic)
	r.fake.ReopenTopic(lin, topic)
	r.fake.Write(lin, chat, fake.Draft{Text: "hello all"})
	r.fake.Write(fake.User{ID: 77, Bot: true}, chat, fake.Draft{Topic: topic, Text: "another bot"})
	r.fake.Push("message", map[string]any{"message_id": 1, "from": lin, "chat": map[string]any{"id": -100999, "type": "supergroup"}, "text": "another group"})
	r.fake.Write(lin, chat, fake.Draft{Text: "end"})
	var seen []string
	for _, e := range r.got(7) {
		seen = append(seen, fmt.Sprintf("%s %s %v", e.Peer.Name, e.Thread, e.Parts[0]))
	}
	want := []string{"小林 " + thread + " {您好}", "小林 " + thread + " {claim 认领 false}", "小林 " + thread + " {!close 已补发}",
		"小林 " + thread + " {close  false}", "小林 " + thread + " {reopen  false}", "小林  {hello all}", "小林  {end}"}
	if !slices.Equal(seen, want) {
		t.Errorf("got  %q\nwant %q", seen, want)
	}
	r.until("answer to the button", func() bool { return len(r.fake.Calls("answerCallbackQuery")) == 1 })
}

// The card is edited in its place; the topic's name shows the state, and it is
// closed with its ticket and opened with it.
func TestCard(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	topic := number(t, thread)
	for _, step := range []struct {
		state, title string
		closed       bool
	}{{"active", "🟢 王** · 微信", false}, {"active", "🟢 王** · 微信", false}, {"closed", "⚪ 王** · 微信", true}, {"active", "🟢 王** · 微信", false}} {
		if err := ch.Edit(t.Context(), thread, ticketIn(step.state, step.title, thread)); err != nil {
			t.Fatal(err)
		}
		got := r.fake.Topics()[0]
		if card := r.fake.In(topic)[0]; !strings.Contains(card.Text, step.title) || got.Name != "#7 "+step.title || got.Closed != step.closed {
			t.Errorf("%+v: card %q, topic %+v", step, card.Text, got)
		}
	}
	if in := r.fake.In(topic); len(in) != 1 {
		t.Errorf("the card was posted again: %+v", in)
	}
	if n := len(r.fake.Calls("editForumTopic")); n != 3 {
		t.Errorf("named %d times", n)
	}
}

// A topic that was made although its card was not sent is used, not made again.
func TestTopicOnce(t *testing.T) {
	r, ch := newDesk(t)
	r.fake.Fail("sendMessage", 500, "Internal Server Error")
	if _, err := ch.Send(t.Context(), ticket()); core.KindOf(err) != core.KindTransient {
		t.Fatalf("got %v", err)
	}
	if r.send(ch, ticket()); len(r.fake.Topics()) != 1 {
		t.Errorf("%d topics", len(r.fake.Topics()))
	}
}

// In a group without topics agents reply to any message of the ticket, also to
// each other's. What replies to nothing of a ticket's is said to the desk.
func TestReplies(t *testing.T) {
	r := newRig(t, fake.Options{Group: group})
	r.fake.Join(lin)
	ch := r.open(Config{Group: group})
	thread := r.send(ch, ticket())
	if !strings.HasPrefix(thread, replies) {
		t.Fatalf("thread %q", thread)
	}
	ref := r.send(ch, words(thread, "在吗"))
	card, relayed := r.message(thread), r.message(ref)
	if relayed.ReplyTo != card.ID {
		t.Errorf("%+v does not reply to the card", relayed)
	}
	r.run(ch)
	a := r.fake.Write(lin, group, fake.Draft{ReplyTo: card.ID, Text: "您好"})
	r.fake.Write(lin, group, fake.Draft{ReplyTo: relayed.ID, Text: "我看看"})
	r.got(2)
	r.fake.Write(lin, group, fake.Draft{ReplyTo: a, Text: "to a colleague's"})
	if err := r.fake.Press(lin, group, card.ID, "认领"); err != nil {
		t.Fatal(err)
	}
	digest := r.send(ch, core.Envelope{ID: "d", By: core.Author{Kind: core.BySystem}, Parts: core.Parts{core.Choice{Prompt: "3 wait", Options: []core.Option{{ID: "claim:9", Label: "认领 9"}}}}})
	if err := r.fake.Press(lin, group, r.message(digest).ID, "认领 9"); err != nil {
		t.Fatal(err)
	}
	r.fake.Write(lin, group, fake.Draft{ReplyTo: r.message(digest).ID, Text: "/claim 12"})
	want := []string{thread, thread, thread, thread, "", ""}
	for i, e := range r.got(6) {
		if e.Thread != want[i] {
			t.Errorf("%d: %v in %q, want %q", i, e.Parts[0], e.Thread, want[i])
		}
	}
}

// Topics that are switched off while tickets are opened are noticed.
func TestForumSwitchedOff(t *testing.T) {
	r, ch := newDesk(t)
	r.send(ch, ticket())
	r.fake.SetForum(false)
	next := ticket()
	next.ID = "e2"
	if _, err := ch.Send(t.Context(), next); core.KindOf(err) != core.KindTransient {
		t.Fatalf("got %v", err)
	}
	if thread := r.send(ch, next); !strings.HasPrefix(thread, replies) {
		t.Errorf("opened %q", thread)
	}
}

// Whose phone rings: the owner's for what a customer wrote, the agent's for what
// the program says to them.
func TestMentions(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	env := words(thread, "在吗")
	env.Peer = core.Peer{ID: "9", Name: "小林"}
	if m := r.message(r.send(ch, env)); m.Text != "👤 小王: 在吗" || !slices.Equal(m.Mentions, []int64{9}) {
		t.Errorf("a customer's words: %+v", m)
	}
	env.By = core.Author{Kind: core.BySystem}
	if m := r.message(r.send(ch, env)); m.Text != "@小林 在吗" || !slices.Equal(m.Mentions, []int64{9}) {
		t.Errorf("a notice: %+v", m)
	}
	env.By = core.Author{Kind: core.ByAgent, Name: "小陈"}
	env.Peer = core.Peer{}
	if m := r.message(r.send(ch, env)); m.Text != "💬 小陈: 在吗" || m.Mentions != nil {
		t.Errorf("a colleague's words: %+v", m)
	}
	// Said to the agent alone; in the group if they never started the bot.
	env = core.Envelope{ID: "x", By: core.Author{Kind: core.BySystem}, Peer: core.Peer{ID: "9", Name: "小林"}, Parts: core.Parts{text("上班")}}
	if m := r.message(r.send(ch, env)); m.Chat != group || m.Text != "@小林 上班" {
		t.Errorf("to an agent who never started the bot: %+v", m)
	}
	r.fake.Write(lin, lin.ID, fake.Draft{Text: "/start"})
	if m := r.message(r.send(ch, env)); m.Chat != lin.ID || m.Text != "上班" {
		t.Errorf("to an agent: %+v", m)
	}
}

// The longest text that Limits allow is taken, with the longest name before it.
func TestLongestText(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	env := words(thread, "")
	env.By.Name = strings.Repeat("😀", 200)
	for _, parts := range ch.Limits().Fit(core.Parts{text(strings.Repeat("字", 9000))}) {
		env.Parts = parts
		r.send(ch, env)
	}
	c := ticket()
	c.Parts = core.Parts{core.Case{Ticket: "7", Title: strings.Repeat("题", 5000), Lines: []string{strings.Repeat("行", 5000)}}}
	c.ID = "e2"
	r.send(ch, c)
}

// Only members of the group are staff, wherever they write and whatever button
// they press; an anonymous admin is told why nothing happens.
func TestStrangers(t *testing.T) {
	r, ch := newDesk(t)
	r.fake.Join(wang)
	thread := r.send(ch, ticket())
	topic := number(t, thread)
	r.run(ch)
	stranger := fake.User{ID: 66, First: "Eve"}
	r.fake.Write(stranger, 66, fake.Draft{Text: "/claim 7"})
	if err := r.fake.Press(stranger, group, r.fake.In(topic)[0].ID, "认领"); err != nil {
		t.Fatal(err)
	}
	r.fake.Write(lin, group, fake.Draft{Topic: topic, Text: "who am I?", Anonymous: true})
	r.fake.Write(lin, group, fake.Draft{Topic: topic, Text: "again", Anonymous: true})
	r.fake.Write(fake.User{ID: 777000, First: "Telegram"}, group, fake.Draft{Text: "from the channel", More: map[string]any{
		"sender_chat": map[string]any{"id": -1002, "type": "channel"}, "is_automatic_forward": true}})
	r.fake.Write(lin, lin.ID, fake.Draft{Text: "/on"})
	if e := r.got(1); len(e) != 1 || e[0].Peer.ID != "9" || e[0].Parts.Text() != "!on" {
		t.Errorf("got %+v", e)
	}
	r.settled(6)
	if n := len(r.fake.Calls("getChatMember")); n != 2 {
		t.Errorf("asked %d times about two people: %+v", n, r.fake.Calls("getChatMember"))
	}
	in := r.fake.In(topic)
	if len(in) != 2 || !strings.Contains(in[1].Text, "匿名") {
		t.Errorf("the anonymous admin was told %+v", in)
	}
	// Whoever leaves is no longer staff.
	r.fake.Leave(lin)
	if e := r.got(2)[1]; !slices.Contains(e.Parts, core.Part(core.Left{})) || e.Peer.ID != "9" || e.Thread != "" {
		t.Errorf("got %+v", e)
	}
	r.fake.Write(lin, lin.ID, fake.Draft{Text: "/claim 7"})
	r.fake.Write(wang, wang.ID, fake.Draft{Text: "end"})
	if e := r.got(3); len(e) != 3 || e[2].Parts.Text() != "end" {
		t.Errorf("got %+v", e)
	}
}

// In a group where the bot is no administrator, messages say who comes and goes.
func TestMembersBySaying(t *testing.T) {
	r := newRig(t, fake.Options{Group: group})
	ch := r.open(Config{Group: group})
	r.run(ch)
	chat := map[string]any{"id": group, "type": "group"}
	r.fake.Push("message", map[string]any{"message_id": 1, "from": lin, "chat": chat, "date": 1, "text": "not yet"})
	r.settled(1)
	r.fake.Join(lin)
	r.fake.Push("message", map[string]any{"message_id": 2, "from": wang, "chat": chat, "date": 1, "new_chat_members": []fake.User{lin}})
	r.fake.Push("message", map[string]any{"message_id": 3, "from": lin, "chat": chat, "date": 1, "text": "hello"})
	r.fake.Push("message", map[string]any{"message_id": 4, "from": wang, "chat": chat, "date": 1, "left_chat_member": lin})
	es := r.got(2)
	if es[0].Parts.Text() != "hello" || es[1].Peer.ID != "9" || es[1].Parts[0] != core.Part(core.Left{}) {
		t.Errorf("got %+v", es)
	}
}

// The log names the group that the bot was added to, for the configuration.
func TestAddedToGroup(t *testing.T) {
	r := newRig(t, fake.Options{})
	ch := r.open(Config{Group: -1})
	r.run(ch)
	r.fake.Push("my_chat_member", map[string]any{"chat": map[string]any{"id": -1007, "type": "supergroup"}, "from": lin, "date": 1, "new_chat_member": map[string]any{"user": fake.Bot, "status": "administrator"}})
	r.settled(1)
	if !strings.Contains(r.log.String(), "group=-1007") {
		t.Errorf("logged %s", r.log)
	}
}

// The group's 20 posts a minute are never tried.
func TestPace(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	throttled := 0
	for i := range 60 {
		_, err := ch.Send(t.Context(), words(thread, fmt.Sprint(i)))
		e, ok := errors.AsType[*core.SendError](err)
		switch {
		case err == nil:
		case !ok || e.Kind != core.KindThrottled || e.Code != "" || e.After <= 0:
			t.Fatal(err)
		default:
			throttled++
			r.clock.Pass(e.After)
		}
	}
	if throttled != 3 {
		t.Errorf("slowed down %d times, want 3", throttled)
	}
}

// A 429 is obeyed exactly: nothing is tried until its time is over, whatever asks.
func TestThrottled(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	r.fake.Throttle(group, 40*time.Second)
	_, err := ch.Send(t.Context(), words(thread, "a"))
	if e, ok := errors.AsType[*core.SendError](err); !ok || e.Kind != core.KindThrottled || e.After != 40*time.Second {
		t.Fatalf("got %v", err)
	}
	asked := len(r.fake.Calls(""))
	r.clock.Pass(39 * time.Second)
	_, again := ch.Send(t.Context(), words(thread, "a"))
	edit := ch.Edit(t.Context(), thread, ticket())
	mark := ch.Mark(t.Context(), core.Via{Thread: thread, Ref: fmt.Sprintf("m%d.1", group)}, core.MarkWaiting, "")
	typing := ch.Typing(t.Context(), core.Peer{}, thread)
	if e, ok := errors.AsType[*core.SendError](again); !ok || e.After != time.Second || core.KindOf(edit) != core.KindThrottled || mark == nil || typing != nil {
		t.Errorf("got %v, %v, %v, %v", again, edit, mark, typing)
	}
	if n := len(r.fake.Calls("")); n != asked {
		t.Errorf("asked %d times", n-asked)
	}
	r.clock.Pass(time.Second)
	r.send(ch, words(thread, "a"))
}

// What became of an agent's message shows on it; that nobody knows is said in words.
func TestMarks(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	id := r.fake.Write(lin, group, fake.Draft{Topic: number(t, thread), Text: "您好"})
	at := core.Via{Thread: thread, Ref: fmt.Sprintf("m%d.%d", group, id)}
	for mark, want := range map[core.Mark]string{core.MarkWaiting: "👀", core.MarkArrived: "👌", core.MarkFailed: "👎", core.MarkUnsure: "🤔"} {
		if err := ch.Mark(t.Context(), at, mark, "the line was cut"); err != nil {
			t.Fatal(err)
		}
		if m := r.message(fmt.Sprintf("%d.%d", group, id)); m.Reaction != want {
			t.Errorf("%s shows %q", mark, m.Reaction)
		}
	}
	in := r.fake.In(number(t, thread))
	if len(in) != 2 || !strings.Contains(in[1].Text, "the line was cut") || in[1].ReplyTo != id {
		t.Errorf("said %+v", in)
	}
	// A group may forbid reactions: the words come all the same.
	r.fake.Fail("setMessageReaction", 400, "Bad Request: REACTION_INVALID")
	if err := ch.Mark(t.Context(), at, core.MarkUnsure, "once more"); err == nil {
		t.Error("no error")
	}
	if in := r.fake.In(number(t, thread)); len(in) != 3 {
		t.Errorf("said %+v", in)
	}
}

// "Is typing" is shown in the topic, not more often than it lasts.
func TestTyping(t *testing.T) {
	r, ch := newDesk(t)
	thread := r.send(ch, ticket())
	for range 3 {
		if err := ch.Typing(t.Context(), core.Peer{ID: "x"}, thread); err != nil {
			t.Fatal(err)
		}
	}
	if cs := r.fake.Calls("sendChatAction"); len(cs) != 1 || cs[0].Params["message_thread_id"] != thread {
		t.Errorf("shown %+v", cs)
	}
	r.clock.Pass(5 * time.Second)
	if err := ch.Typing(t.Context(), core.Peer{ID: "x"}, thread); err != nil || len(r.fake.Calls("sendChatAction")) != 2 {
		t.Errorf("not shown again: %v", err)
	}
}
