package telegram

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

func ticket() core.Envelope {
	return core.Envelope{ID: "e1", Channel: "test", By: core.Author{Kind: core.BySystem}, Ticket: "7",
		Parts: core.Parts{core.Case{Ticket: "7", State: "waiting", Title: "王** · 微信", Lines: []string{"碎了"}, Actions: []core.Option{{ID: "claim", Label: "认领"}}}}}
}

func words(thread, text string) core.Envelope {
	return core.Envelope{ID: "e-" + text, Thread: thread, By: core.Author{Kind: core.ByPeer, Name: "小王"}, Parts: core.Parts{core.Text{Body: text}}}
}

// run polls in the background until the test ends.
func run(t *testing.T, ch *Channel) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- ch.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// got waits for n envelopes.
func (f *fake) got(n int) []core.Envelope {
	f.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if es := f.inbox.Got(); len(es) >= n {
			return es
		}
		<-time.After(time.Millisecond)
	}
	f.t.Fatalf("only %d of %d arrived", len(f.inbox.Got()), n)
	return nil
}

func from(id int, name string) string {
	return fmt.Sprintf(`"from":{"id":%d,"first_name":%q},"chat":{"id":%d,"type":"supergroup","is_forum":true},"date":1767225600`, id, name, group)
}

// A ticket has a topic; what is said in it goes both ways; its card is kept current.
func TestTopics(t *testing.T) {
	f := newFake(t)
	ch := f.open(Config{Group: group})
	thread, err := ch.Send(t.Context(), ticket())
	if err != nil || f.topics[thread] != "#7 王** · 微信" {
		t.Fatalf("thread %q, topics %q, %v", thread, f.topics, err)
	}
	if _, err := ch.Send(t.Context(), words(thread, "在吗")); err != nil {
		t.Fatal(err)
	}
	if last := f.posts[len(f.posts)-1]; last != thread+": 小王: 在吗" {
		t.Errorf("posted %q", last)
	}
	if err := ch.Edit(t.Context(), thread, ticket()); err != nil || len(f.edits) != 1 || !strings.Contains(f.edits[0], "碎了") {
		t.Errorf("edits %q, %v", f.edits, err)
	}
	run(t, ch)
	f.push(`"message":{"message_id":900,"message_thread_id":%s,"is_topic_message":true,%s,"text":"您好"}`, thread, from(9, "小林"))
	f.push(`"callback_query":{"id":"c9","from":{"id":9,"first_name":"小林"},"data":"claim","message":{"message_id":901,"message_thread_id":%s,"is_topic_message":true,"chat":{"id":%d,"type":"supergroup"},"date":1767225600}}`, thread, group)
	f.push(`"message":{"message_id":902,"message_thread_id":%s,"is_topic_message":true,%s,"text":"/close@desk_bot 已补发"}`, thread, from(9, "小林"))
	f.push(`"message":{"message_id":903,"message_thread_id":%s,"is_topic_message":true,%s,"forum_topic_closed":{}}`, thread, from(9, "小林"))
	f.push(`"message":{"message_id":904,%s,"text":"hello all"}`, from(9, "小林"))
	f.push(`"message":{"message_id":905,"message_thread_id":%s,"is_topic_message":true,"from":{"id":1087968824,"is_bot":true},"chat":{"id":%d,"type":"supergroup"},"date":1,"text":"anonymous"}`, thread, group)
	f.push(`"message":{"message_id":906,%s,"text":"another group"}`, strings.Replace(from(9, "x"), fmt.Sprint(group), "-100999", 1))
	f.push(`"message":{"message_id":907,%s,"text":"end"}`, from(9, "小林"))
	es := f.got(6)
	var seen []string
	for _, e := range es {
		seen = append(seen, fmt.Sprintf("%s %s %v", e.Peer.Name, e.Thread, e.Parts[0]))
	}
	want := []string{"小林 " + thread + " {您好}", "小林 " + thread + " {claim }", "小林 " + thread + " {!close 已补发}", "小林 " + thread + " {close }", "小林  {hello all}", "小林  {end}"}
	if !slices.Equal(seen, want) {
		t.Errorf("got  %q\nwant %q", seen, want)
	}
}

// A topic that was made although its card was not sent is used, not made again.
func TestTopicOnce(t *testing.T) {
	f := newFake(t)
	ch := f.open(Config{Group: group})
	f.fail = refuse(500, "Internal Server Error", "")
	if _, err := ch.Send(t.Context(), ticket()); core.KindOf(err) != core.Transient {
		t.Fatalf("got %v", err)
	}
	f.fail = ""
	if _, err := ch.Send(t.Context(), ticket()); err != nil || len(f.topics) != 1 {
		t.Errorf("%d topics, %v", len(f.topics), err)
	}
}

// A topic that somebody deleted is named as gone, so that it is made again.
func TestTopicDeleted(t *testing.T) {
	f := newFake(t)
	ch := f.open(Config{Group: group})
	thread, err := ch.Send(t.Context(), ticket())
	if err != nil {
		t.Fatal(err)
	}
	delete(f.topics, thread)
	if _, err := ch.Send(t.Context(), words(thread, "x")); core.KindOf(err) != core.Gone {
		t.Errorf("got %v", err)
	}
}

// In a group without topics agents reply to any message of the ticket.
func TestReplies(t *testing.T) {
	f := newFake(t)
	f.forum = false
	ch := f.open(Config{Group: group})
	thread, err := ch.Send(t.Context(), ticket())
	if err != nil || !strings.HasPrefix(thread, "r") {
		t.Fatalf("thread %q, %v", thread, err)
	}
	ref, err := ch.Send(t.Context(), words(thread, "在吗"))
	if err != nil {
		t.Fatal(err)
	}
	_, id, _ := strings.Cut(ref, ".")
	run(t, ch)
	for i, to := range []string{id, thread[1:]} {
		f.push(`"message":{"message_id":%d,%s,"text":"您好","reply_to_message":{"message_id":%s,"chat":{"id":%d,"type":"supergroup"},"date":1}}`, 950+i, from(9, "小林"), to, group)
	}
	f.push(`"callback_query":{"id":"c9","from":{"id":9},"data":"claim","message":{"message_id":%s,"chat":{"id":%d,"type":"supergroup"},"date":1767225600}}`, thread[1:], group)
	for i, e := range f.got(3) {
		if e.Thread != thread {
			t.Errorf("%d: in %q, want %q", i, e.Thread, thread)
		}
	}
}

// An update that could not be filed is not confirmed: it comes again, and what
// was filed in the meantime has the same Ref.
func TestConfirmsOnlyWhatIsFiled(t *testing.T) {
	f := newFake(t)
	ch := f.open(Config{})
	f.push(`"message":{"message_id":5,"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1,"text":"a"}`)
	f.push(`"message":{"message_id":6,"from":{"id":8},"chat":{"id":8,"type":"private"},"date":1,"text":"b"}`)
	f.inbox.Err = errors.New("disk full")
	if err := ch.Run(t.Context()); err == nil {
		t.Fatal("Run went on")
	}
	if f.confirmed != 0 {
		t.Fatalf("%d updates were confirmed", f.confirmed)
	}
	f.inbox.Err = nil
	run(t, ch)
	f.got(2)
}

// The group's 20 posts a minute are never tried.
func TestPace(t *testing.T) {
	f := newFake(t)
	ch := f.open(Config{Group: group})
	thread, err := ch.Send(t.Context(), ticket())
	if err != nil {
		t.Fatal(err)
	}
	throttled := 0
	for i := range 60 {
		_, err := ch.Send(t.Context(), words(thread, fmt.Sprint(i)))
		if core.KindOf(err) == core.Throttled && err != nil {
			throttled++
			if strings.Contains(err.Error(), "429") {
				t.Fatal("Telegram had to say it")
			}
			f.pass(5 * time.Second)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if throttled == 0 {
		t.Error("sixty posts in a minute")
	}
}

// What became of an agent's message shows on it; a failure is said in words.
func TestMarks(t *testing.T) {
	f := newFake(t)
	ch := f.open(Config{Group: group})
	thread, err := ch.Send(t.Context(), ticket())
	if err != nil {
		t.Fatal(err)
	}
	at := core.Via{Thread: thread, Ref: fmt.Sprintf("m%d.900", group)}
	if err := errors.Join(ch.Mark(t.Context(), at, core.Waiting, ""), ch.Mark(t.Context(), at, core.Failed, "a word is banned")); err != nil {
		t.Fatal(err)
	}
	if len(f.reactions) != 2 || !strings.Contains(f.posts[len(f.posts)-1], "a word is banned") {
		t.Errorf("reactions %q, posts %q", f.reactions, f.posts)
	}
}

// A recording is copied in; a picture is sent from the copy.
func TestFilesBothWays(t *testing.T) {
	f := newFake(t)
	ch := f.open(Config{})
	run(t, ch)
	f.push(`"message":{"message_id":5,"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1,"voice":{"file_id":"v1","mime_type":"audio/ogg","file_size":3}}`)
	m, ok := f.got(1)[0].Parts[0].(core.Media)
	if !ok || m.Handle == "" || m.Type != "audio/ogg" {
		t.Fatalf("got %+v", m)
	}
	if _, err := ch.Send(t.Context(), core.Envelope{Peer: core.Peer{ID: "7"}, Parts: core.Parts{core.Media{Type: "image/png", Handle: m.Handle, Words: "see"}}}); err != nil {
		t.Fatal(err)
	}
	if last := f.posts[len(f.posts)-1]; last != "7: see" {
		t.Errorf("posted %q", last)
	}
}
