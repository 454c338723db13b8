package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/hub"
	"github.com/frontdesk-im/frontdesk/core/store"
)

func chatCommand() *cobra.Command {
	var s setup
	t := talk{}
	c := &cobra.Command{
		Use:   "chat",
		Short: "Talk to the scripts in the terminal, as a customer and as an agent",
		Long: `Talk to the scripts in the terminal. Nothing is kept and nobody else takes part.

  text        you write as the customer; a number picks from the last list
  @ text      you write as the agent, in the customer's thread: @ !认领, @ 您好, @ !结束 已解决
  @@ text     you write as the agent outside every thread: @@ !上班, @@ !队列
  end of input (Ctrl-D) ends the talk`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			t.in, t.out, t.errs = c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr()
			return t.run(c.Context(), s)
		},
	}
	c.Flags().StringVar(&s.Config, "config", "", "configuration file; without one: the built-in configuration")
	c.Flags().StringVar(&s.Flows, "flows", "", "folder of scripts, instead of the configuration's")
	c.Flags().StringVar(&t.lang, "lang", "", "what the customer's device speaks, like zh-CN or en; empty: unknown")
	c.Flags().StringVar(&t.file, "record", "", "keep the talk in this .chat file, as a test")
	c.Flags().BoolVarP(&t.verbose, "verbose", "v", false, "show why the bot said what it said")
	return c
}

const (
	talkChannel = "chat"
	talkDesk    = "staff"
	talkPeer    = "you"
	talkAgent   = "me"
	talkName    = "小林"
)

// A talk is one conversation in a terminal.
type talk struct {
	in        io.Reader
	out, errs io.Writer
	lang      string
	file      string // to record into; empty: nowhere
	verbose   bool

	store *store.Store
	hub   *hub.Hub
	rec   *record

	mu     sync.Mutex
	sent   int
	choice core.Choice // the last one shown
	thread string      // the customer's, at the desk
	seen   int64       // Seq of the last record explained
}

// run makes a hub on a store in a temporary folder, and talks to it.
func (t *talk) run(ctx context.Context, s setup) error {
	conf, err := s.load()
	if err != nil {
		return err
	}
	log := newLog(t.errs, config.Log{Level: "warn", Format: "text"})
	sc, err := openScripts(conf, log)
	if err != nil {
		return placed(err, conf.Flows.Dir)
	}
	dir, err := os.MkdirTemp("", "frontdesk-chat-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if t.store, err = store.Open(ctx, store.Options{Path: dir, Log: log}); err != nil {
		return err
	}
	defer func() { _ = t.store.Close() }()
	if err := t.connect(conf, sc, log, dir); err != nil {
		return err
	}
	zone, err := time.LoadLocation(conf.Zone)
	if err != nil {
		return err
	}
	t.rec = newRecord(time.Now(), zone)
	work, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- t.hub.Run(work) }()
	err = t.loop(ctx)
	stop()
	err = errors.Join(err, <-done)
	if t.file == "" {
		return err
	}
	return errors.Join(err, os.WriteFile(t.file, []byte(t.rec.String()), 0o644))
}

// connect makes the two ends in the terminal and the business systems.
func (t *talk) connect(conf *config.Config, sc *scripts, log *slog.Logger, dir string) error {
	a := &app{conf: conf, log: log, scripts: sc, made: map[string]core.Adapter{talkChannel: &customerEnd{t}}}
	rules := a.rules()
	rules.Desks = []desk.Desk{{Name: talkDesk, Crowd: -1}}
	t.hub = hub.New(hub.Config{
		Store: t.store, Book: sc.book.Load, Desk: rules, Line: lineRules(conf), Log: log, Poll: 100 * time.Millisecond,
	})
	blobs, err := store.OpenBlobs(dir)
	if err != nil {
		return err
	}
	err = errors.Join(t.hub.Connect(talkChannel, hub.Channel, &customerEnd{t}), t.hub.Connect(talkDesk, hub.Desk, &deskEnd{t}))
	for _, x := range accounts(conf) {
		if x.role != hub.System {
			continue
		}
		made, e := make1(x, core.Deps{
			Name: x.name, Inbox: t.hub, Views: t.store, Values: t.store, Blobs: blobs, Bus: bus.New(), HTTP: httpClient(),
			Log: log, Meter: newMeter(log), Now: time.Now,
		})
		if e == nil {
			e = t.hub.Connect(x.name, hub.System, made)
		}
		err = errors.Join(err, x.part.Explain(e))
	}
	return err
}

// loop hands on what is typed until the input ends.
func (t *talk) loop(ctx context.Context) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		sc := bufio.NewScanner(t.in)
		for sc.Scan() {
			select {
			case lines <- sc.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	if err := t.customer(ctx, core.Parts{core.Joined{From: "terminal"}}); err != nil {
		return err
	}
	for {
		if err := t.quiet(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			if err := t.typed(ctx, strings.TrimSpace(line)); err != nil {
				return err
			}
		}
	}
}

func (t *talk) typed(ctx context.Context, line string) error {
	if line == "" {
		return nil
	}
	if text, ok := strings.CutPrefix(line, "@@"); ok {
		return t.agent(ctx, "", strings.TrimSpace(text))
	}
	if text, ok := strings.CutPrefix(line, "@"); ok {
		t.mu.Lock()
		thread := t.thread
		t.mu.Unlock()
		if thread == "" {
			t.say("  (没有工单 / there is no ticket yet)\n")
			return nil
		}
		return t.agent(ctx, thread, strings.TrimSpace(text))
	}
	return t.customer(ctx, core.Parts{t.meant(line)})
}

// meant turns a number into a pick from the last list.
func (t *talk) meant(line string) core.Part {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(t.choice.Options) {
		o := t.choice.Options[n-1]
		return core.Pick{Option: o.ID, Label: o.Label}
	}
	return core.Text{Body: line}
}

func (t *talk) customer(ctx context.Context, ps core.Parts) error {
	t.rec.customer(time.Now(), ps[0])
	return t.hub.Receive(ctx, core.Envelope{
		Channel: talkChannel, Peer: core.Peer{ID: talkPeer, Name: "you", Lang: t.lang}, Ref: t.ref(), At: time.Now(), Parts: ps,
	})
}

func (t *talk) agent(ctx context.Context, thread, text string) error {
	t.rec.agent(time.Now(), thread, text)
	return t.hub.Receive(ctx, core.Envelope{
		Channel: talkDesk, Peer: core.Peer{ID: talkAgent, Name: talkName}, Thread: thread, Ref: t.ref(), At: time.Now(), Parts: core.Parts{core.Text{Body: text}},
	})
}

func (t *talk) ref() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
	return "line-" + strconv.Itoa(t.sent)
}

// longest is how long an answer is waited for before the next line is read.
const longest = 5 * time.Second

// quiet returns when everything that was said has been answered.
func (t *talk) quiet(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.Now().Add(longest)
	for still := 0; still < 2 && time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		st, err := t.store.Stats(ctx)
		if err != nil {
			return err
		}
		if still++; st.Unread > 0 || st.Outbox > 0 {
			still = 0
		}
	}
	if t.verbose {
		return t.explain(ctx)
	}
	return nil
}

// explain shows the events since it was last called.
func (t *talk) explain(ctx context.Context) error {
	rs, err := t.store.Past(ctx, core.PastQuery{Key: core.Key{Channel: talkChannel, Peer: talkPeer}, After: t.seen, Max: 200})
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return err
	}
	for _, r := range rs {
		t.seen = r.Seq
		if r.Event != nil {
			t.say("    · %s %s %v\n", r.Event.Kind, r.Event.Why, r.Event.Data)
		}
	}
	return nil
}

func (t *talk) say(format string, a ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, format, a...)
}

// customerEnd shows what the customer gets.
type customerEnd struct{ *talk }

func (customerEnd) Limits() core.Limits {
	return core.Limits{Options: 20, Cards: true, Places: true, Media: []string{""}, Idempotent: true, Names: true}
}

func (e customerEnd) Send(_ context.Context, env core.Envelope) (string, error) {
	who := map[core.AuthorKind]string{core.ByBot: "🤖", core.ByAgent: "👤", core.BySystem: "ℹ️ "}[env.By.Kind]
	for _, p := range env.Parts {
		if c, ok := p.(core.Choice); ok {
			e.mu.Lock()
			e.choice = c
			e.mu.Unlock()
		}
		e.rec.shown(time.Now(), env.By, p)
		e.say("%s %s\n", who, strings.ReplaceAll(plain(p), "\n", "\n   "))
	}
	return env.ID, nil
}

// plain is a part in words.
func plain(p core.Part) string {
	if c, ok := p.(core.Choice); ok {
		return c.Numbered()
	}
	var out []string
	for _, ps := range (core.Limits{}).Fit(core.Parts{p}) {
		out = append(out, ps.Text())
	}
	return strings.Join(out, "\n")
}

// deskEnd shows what the agent gets.
type deskEnd struct{ *talk }

func (deskEnd) Limits() core.Limits {
	return core.Limits{Threads: true, Cases: true, Options: 20, Media: []string{""}, Cards: true, Places: true, Forms: true, Idempotent: true, Names: true}
}

func (e deskEnd) Send(_ context.Context, env core.Envelope) (string, error) {
	ref := env.ID
	for _, p := range env.Parts {
		if c, ok := p.(core.Case); ok && env.Thread == "" {
			e.mu.Lock()
			e.thread, ref = c.Ticket, c.Ticket
			e.mu.Unlock()
		}
		e.say("      ┃ %s\n", strings.ReplaceAll(plain(p), "\n", "\n      ┃ "))
	}
	return ref, nil
}

// Mark implements core.Marker.
func (e deskEnd) Mark(_ context.Context, _ core.Via, m core.Mark, why string) error {
	e.say("      ┃ %s %s\n", map[core.Mark]string{core.Waiting: "⏳", core.Arrived: "✅", core.Failed: "⚠", core.Unsure: "⚠"}[m], why)
	return nil
}
