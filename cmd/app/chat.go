package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/blobs"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/desk"
	"github.com/frontdesk-im/frontdesk/core/hub"
	"github.com/frontdesk-im/frontdesk/core/match/eval"
	"github.com/frontdesk-im/frontdesk/core/play"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// ChatOptions are what a talk in the terminal is held with.
type ChatOptions struct {
	Settings
	Lang    string // what the customer's device speaks; empty: unknown
	Record  string // a .chat file to keep the talk in; empty: none
	Verbose bool   // show why the bot said what it said
	Quick   bool   // understand as in the first seconds after a start
	At      string // what the clock shows when the talk begins; empty: the time of day

	In       io.Reader
	Out, Err io.Writer
}

// Chat lets whoever types talk to the scripts, on a hub and a store of their own
// that are gone afterwards.
func Chat(ctx context.Context, o ChatOptions) error {
	conf, err := o.Load()
	if err != nil {
		return err
	}
	log := newLog(o.Err, config.Log{Level: "warn", Format: "text"})
	sc, err := openScripts(conf, log)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(conf.Zone)
	if err != nil {
		return err
	}
	now, err := clock(o.At, zone)
	if err != nil {
		return err
	}
	model := eval.Plain
	if !o.Quick {
		fmt.Fprintln(o.Err, "正在训练，请稍候（--quick 不等）/ training, a moment please (--quick does not wait)")
		model = sc.refine(ctx)
	}
	fmt.Fprintln(o.Err, eval.Model(model))
	dir, err := os.MkdirTemp("", "frontdesk-chat-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	st, err := store.Open(ctx, store.Options{Path: dir, Log: log})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	kept, err := blobs.Open(filesOf(dir))
	if err != nil {
		return err
	}
	t := play.NewTalk(play.TalkOptions{In: o.In, Out: o.Out, Lang: o.Lang, Zone: zone, Now: now, Verbose: o.Verbose})
	a := &app{opt: Options{Settings: o.Settings}, conf: conf, log: log, store: st, blobs: kept, scripts: sc}
	if err := a.seat(t, now); err != nil {
		return err
	}
	work, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- a.hub.Run(work) }()
	err = t.Run(ctx, a.hub, st)
	stop()
	err = errors.Join(err, <-done)
	if o.Record == "" {
		return err
	}
	return errors.Join(err, os.WriteFile(o.Record, []byte(t.Record()), 0o644))
}

// clock is the time of day, or one that runs from at: "2026-11-28 22:30", or "22:30"
// of today.
func clock(at string, zone *time.Location) (func() time.Time, error) {
	if at == "" {
		return time.Now, nil
	}
	begun := time.Now()
	from, err := time.ParseInLocation("2006-01-02 15:04", at, zone)
	if err != nil {
		from, err = time.ParseInLocation("2006-01-02 15:04", begun.In(zone).Format("2006-01-02 ")+at, zone)
	}
	if err != nil {
		return nil, fmt.Errorf("--at %q is no time; write 2026-11-28 22:30 or 22:30 / 请写成 2026-11-28 22:30 或 22:30", at)
	}
	return func() time.Time { return from.Add(time.Since(begun)) }, nil
}

// seat makes a hub with the two ends of a talk and the business systems.
func (a *app) seat(t *play.Talk, now func() time.Time) error {
	a.made = map[string]core.Adapter{play.TalkChannel: t.Customer()}
	rules := a.rules()
	rules.Desks = []desk.Desk{{Name: play.TalkDesk, Crowd: -1}}
	a.hub = hub.New(hub.Config{
		Store: a.store, Bus: bus.New(), Books: a.scripts.of, Policies: a.scripts.policies, Desk: rules, Line: lineRules(a.conf), Log: a.log, Poll: 100 * time.Millisecond, Now: now,
	})
	err := errors.Join(a.hub.Connect(play.TalkChannel, core.RoleChannel, t.Customer()), a.hub.Connect(play.TalkDesk, core.RoleDesk, t.Desk()))
	made, e := systems(a.conf, a.opt.makers(), core.Deps{Inbox: a.hub, Views: a.store, Values: a.store, Blobs: a.blobs, Log: a.log, Now: now})
	for name, m := range made {
		e = errors.Join(e, a.hub.Connect(name, core.RoleSystem, m))
	}
	return errors.Join(err, e)
}

// systems makes the business systems of c, each with d and what it lacks.
func systems(c *config.Config, makers map[string]core.Maker, d core.Deps) (map[string]core.Adapter, error) {
	out := map[string]core.Adapter{}
	var errs []error
	d.Bus, d.HTTP, d.Meter = bus.New(), client(), newMeter(slog.New(slog.DiscardHandler))
	for _, x := range accounts(c, makers) {
		if x.role != core.RoleSystem {
			continue
		}
		d.Name = x.name
		made, err := x.make(d)
		if err != nil {
			errs = append(errs, x.part.Explain(err))
			continue
		}
		out[x.name] = made
	}
	return out, errors.Join(errs...)
}
