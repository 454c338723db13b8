// Package app is the program: it puts the configuration, the adapters, the
// scripts, the store and the hub together, serves everything that is served, and
// stops in reverse order. Run is what frontdesk serve does; the other exported
// functions do what its other sub-commands do, with the same parts. It decides
// nothing about conversations: what is said and who serves whom is the business
// of core's pure packages.
//
// What fails at the start ends the start, with what to do, and nothing is left
// running. Later, only a listener or the hub that stops by itself ends the program;
// a handler that panics answers 500, scripts with faults leave the old ones in
// force, an account that its platform refuses shows in /readyz and the log.
package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters"
	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/bus"
	"github.com/frontdesk-im/frontdesk/core/bus/redis"
	"github.com/frontdesk-im/frontdesk/core/hub"
	"github.com/frontdesk-im/frontdesk/core/store"
)

// Settings are the configuration: where it stands, and what is used instead of
// what stands there.
type Settings struct {
	Config string                // path; empty: the built-in configuration
	Listen string                // instead of the configuration's, if not empty
	Data   string                // instead of the configuration's, if not empty
	Flows  string                // instead of the configuration's, if not empty
	Makers map[string]core.Maker // the adapters there are; nil: adapters.All
}

// Load reads the configuration and puts the settings in. Its error names every
// mistake with its place.
func (s Settings) Load() (*config.Config, error) {
	c := config.Default()
	if s.Config != "" {
		var err error
		if c, err = config.Load(s.Config, config.Options{Makers: s.makers()}); err != nil {
			return nil, err
		}
	}
	c.Listen = cmp.Or(s.Listen, c.Listen)
	c.Data = cmp.Or(s.Data, c.Data)
	c.Flows.Dir = cmp.Or(s.Flows, c.Flows.Dir)
	return c, nil
}

func (s Settings) makers() map[string]core.Maker {
	if s.Makers == nil {
		return adapters.All
	}
	return s.Makers
}

// Options are what a program is run with.
type Options struct {
	Settings
	Version string // as /readyz and the log say it
	Quick   bool   // the scripts are not trained further than a start needs

	Out    io.Writer            // the banner
	Err    io.Writer            // the log
	Reload <-chan struct{}      // each asks to load the scripts again; may be nil
	Up     func(address string) // called once requests are answered; may be nil
}

// An app is the running program. Its parts are started in the order of the
// fields and stopped in reverse.
type app struct {
	opt     Options
	conf    *config.Config
	log     *slog.Logger
	meter   *meter
	ln      []net.Listener
	store   *store.Store
	blobs   media
	bus     core.Bus
	scripts *scripts
	hub     *hub.Hub
	made    map[string]core.Adapter
	web     *web
	play    *playground    // nil unless asked for
	stops   []func() error // run last to first

	running  atomic.Bool
	draining atomic.Bool
	probe    probe
}

// Run runs the program until ctx is done and everything under way is finished.
// It stops in reverse of the order in which it started: no new requests, then
// what is under way, then the accounts, the store and the listeners. An error
// means that it could not start, or that something was cut off at the end.
// Several may run in one process, each on data of its own.
func Run(ctx context.Context, o Options) (err error) {
	conf, err := o.Load()
	if err != nil {
		return err
	}
	a := &app{opt: o, conf: conf, log: newLog(o.Err, conf.Log)}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.open(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // asked to stop before it was up, it has
		}
		return err
	}
	return a.run(ctx)
}

// open makes every part, but starts nothing that works by itself.
func (a *app) open(ctx context.Context) error {
	a.meter = newMeter(a.log)
	if err := a.listen(ctx); err != nil {
		return err
	}
	if err := aFolder(a.conf.Data); err != nil {
		return err
	}
	var err error
	if a.store, err = store.Open(ctx, store.Options{Path: a.conf.Data, URL: string(a.conf.Store), Log: a.log}); err != nil {
		return err
	}
	a.stops = append(a.stops, a.store.Close)
	if err := a.meter.reg.Register(newStats(a.store.Stats, a.store.Agents)); err != nil {
		return err
	}
	if a.blobs, err = openMedia(a.conf); err != nil {
		return err
	}
	if err := a.openBus(ctx); err != nil {
		return err
	}
	if a.scripts, err = awaited(ctx, func() (*scripts, error) { return openScripts(a.conf, a.log) }); err != nil {
		return err
	}
	if err := a.joinScripts(ctx); err != nil {
		return err
	}
	b := a.scripts.book.Load()
	for _, w := range slices.Concat(unheard(a.conf, b.TopicNames()), borrowed(a.conf, b.Book, samples(a.conf, a.opt.makers()))) {
		a.log.Warn(w.what, "fix", w.fix)
	}
	if err := a.openPlayground(ctx); err != nil {
		return err
	}
	if err := a.connect(ctx); err != nil {
		return err
	}
	return presets(ctx, a.store, a.conf.Staff.Agents)
}

// joinScripts has all processes on a shared database answer by the same scripts.
func (a *app) joinScripts(ctx context.Context) error {
	if a.conf.Store == "" || a.conf.Flows.Dir == "" {
		return nil
	}
	node, err := os.Hostname()
	if err != nil {
		node = "?"
	}
	p := &published{values: a.store, node: fmt.Sprintf("%s/%d/%s", node, os.Getpid(), rand.Text()[:6]), now: time.Now}
	a.stops = append(a.stops, func() error { return p.gone(context.WithoutCancel(ctx)) })
	if err := a.scripts.join(ctx, p); err != nil {
		return fmt.Errorf("the scripts that all processes have cannot be read: %w", err)
	}
	return nil
}

// openBus joins the other processes, if there are any.
func (a *app) openBus(ctx context.Context) error {
	if a.conf.Bus == "" {
		if a.conf.Store != "" {
			a.log.Info("the database may be shared, but without bus only one process may use it at a time")
		}
		a.bus = bus.New()
		return nil
	}
	b, err := redis.Open(ctx, redis.Options{URL: string(a.conf.Bus), Log: a.log})
	if err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	a.bus = b
	a.stops = append(a.stops, b.Close)
	return nil
}

// aFolder reports a file that stands where the data folder should.
func aFolder(dir string) error {
	if st, err := os.Stat(dir); err == nil && !st.IsDir() {
		return fmt.Errorf("%s is a file, and data is kept in a folder; name one with --data / 这是一个文件，请用 --data 给出文件夹", dir)
	}
	return nil
}

// listen comes first: an address that is taken is the likeliest mistake.
func (a *app) listen(ctx context.Context) error {
	var lc net.ListenConfig
	for _, addr := range []string{a.conf.Listen, a.conf.Metrics.Listen} {
		if addr == "" {
			continue
		}
		ln, err := lc.Listen(ctx, "tcp", addr)
		if err != nil {
			return fmt.Errorf("cannot listen on %s: %w; is frontdesk running already? choose another address with --listen", addr, errors.Unwrap(err))
		}
		a.ln = append(a.ln, ln)
		a.stops = append(a.stops, func() error {
			if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
				return err
			}
			return nil
		})
	}
	return nil
}

// connect makes the adapters and gives them to the hub and to the web server.
func (a *app) connect(ctx context.Context) error {
	a.web = newWeb(a.conf, a.log, a.meter, a.readiness)
	a.made = map[string]core.Adapter{}
	rules := a.rules()
	a.hub = hub.New(hub.Config{
		Store: a.store, Bus: a.bus, Books: a.scripts.of, Desk: rules, Line: lineRules(a.conf),
		Policies: a.scripts.policies, Kind: a.kind, Log: a.log, Meter: a.meter,
	})
	calls := client()
	strangers := a.strangers()
	var errs []error
	for _, x := range accounts(a.conf, a.opt.makers()) {
		d := core.Deps{
			Name: x.name, Lang: a.conf.Desks[x.name].Lang, Inbox: a.inbox(x.name), Views: a.store, Values: a.store, Blobs: a.blobs, Bus: a.bus, HTTP: calls,
			Log: a.log.With("channel", x.name), Meter: a.meter, Now: time.Now,
		}
		if x.role == core.RoleChannel {
			d.Blobs = strangers
		}
		made, err := x.make(d)
		if err == nil {
			err = a.hub.Connect(x.name, x.role, made)
		}
		if err == nil {
			err = a.web.mount(x.name, made)
		}
		if err != nil {
			errs = append(errs, x.part.Explain(err))
			continue
		}
		a.made[x.name] = made
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	rules.Desks = a.desks()
	a.introduce()
	if err := a.mountPlayground(); err != nil {
		return err
	}
	home := a.home()
	if home != nil {
		a.web.handle("/{$}", "home", home)
	}
	a.web.handle("/", "lost", lost{home})
	return nil
}

// kind is what policies call the kind of an account.
func (a *app) kind(channel string) string {
	switch t := a.conf.Channels[channel].Type; t {
	case "":
		return channel
	case "webchat":
		return "web"
	case "push":
		return "app"
	default:
		return t
	}
}

// introduce tells desks with pages what customers' channels carry, what topics
// are called and which templates may be sent.
func (a *app) introduce() {
	limits := map[string]core.Limits{}
	for n := range a.conf.Channels {
		limits[n] = a.made[n].Limits()
	}
	for _, m := range a.made {
		if w, ok := m.(core.Workplace); ok {
			w.Channels(limits)
			w.Titles(func(lang, topic string) string { return a.scripts.book.Load().Topic(lang, topic) })
			w.Labels(func(lang, name, value string) core.Field {
				b := a.scripts.book.Load()
				return core.Field{Name: b.Label(lang, name), Value: b.Chosen(lang, name, value)}
			})
			w.Templates(a.rules().TemplatesOf)
		}
	}
}

// home is the demo page of the first web chat that has one; nil if none has.
func (a *app) home() http.Handler {
	for _, n := range slices.Sorted(maps.Keys(a.conf.Channels)) {
		if d, ok := a.made[n].(core.Demonstrator); ok && d.Demo() != nil {
			return d.Demo()
		}
	}
	return nil
}

// run serves until ctx is done, then stops: no new requests, then what is under
// way, then everything else.
func (a *app) run(ctx context.Context) error {
	live, cut := context.WithCancel(context.WithoutCancel(ctx)) // of requests
	defer cut()
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx)) // of everything else
	defer stopWork()

	hubDone := make(chan error, 1)
	go func() { hubDone <- a.hub.Run(work) }()
	var bg sync.WaitGroup
	if every := a.conf.Flows.Poll; every > 0 && a.conf.Flows.Dir != "" {
		bg.Go(func() { a.scripts.watch(work, every) })
	}
	if !a.opt.Quick {
		bg.Go(func() { a.scripts.refine(work) })
	}
	if a.scripts.all != nil {
		bg.Go(func() { a.scripts.follow(work) })
	}
	bg.Go(func() { a.reloads(work, a.opt.Reload) })
	bg.Go(func() { a.tidy(work) })

	servers, failed := a.serve(live)
	a.running.Store(true)
	a.greet(ctx)
	if a.opt.Up != nil {
		a.opt.Up(a.ln[0].Addr().String())
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	case err = <-hubDone:
		hubDone <- nil
		if err == nil {
			err = errors.New("the hub stopped by itself")
		}
	}
	a.draining.Store(true)
	a.log.Info("stopping: no new requests; finishing what is under way", "most", a.conf.Limits.Stop)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.conf.Limits.Stop)
	defer cancel()
	err = errors.Join(err, a.drain(end, servers, cut))
	stopWork()
	select {
	case e := <-hubDone:
		err = errors.Join(err, e)
	case <-end.Done():
		err = errors.Join(err, errors.New("some turns or sends did not end in time; nothing is lost, they go on after the next start"))
	}
	bg.Wait()
	return err
}

// serve answers requests on every listener; a listener that fails is reported.
func (a *app) serve(live context.Context) ([]*http.Server, <-chan error) {
	failed := make(chan error, len(a.ln))
	var out []*http.Server
	for i, ln := range a.ln {
		var h http.Handler = a.web
		if i > 0 {
			mux := http.NewServeMux()
			mux.Handle("/metrics", a.web.figures())
			h = mux
		}
		srv := server(live, h, a.log)
		out = append(out, srv)
		go func() {
			if err := srv.Serve(a.gate(ln)); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
	}
	return out, failed
}

// gate counts connections by address where strangers come. As long as nobody has
// named the proxies, whoever calls from a private address may be one.
func (a *app) gate(ln net.Listener) net.Listener {
	return &turnstile{Listener: ln, most: a.conf.Limits.Connections, trust: func(ip netip.Addr) bool {
		return ip.IsLoopback() || a.web.trusts(ip) || len(a.web.proxies) == 0 && ip.IsPrivate()
	}}
}

// Requests under way when the program is stopped have so long: pages', which
// wait for news and ask again by themselves, and platforms' calls.
const (
	grace    = 500 * time.Millisecond
	patience = 5 * time.Second
)

// drain stops taking requests. Platforms' calls are answered; long polls and
// streams are cut off.
func (a *app) drain(end context.Context, servers []*http.Server, cut func()) error {
	var all sync.WaitGroup
	errs := make([]error, len(servers))
	for i, srv := range servers {
		all.Go(func() {
			if err := srv.Shutdown(end); err != nil {
				errs[i] = errors.Join(fmt.Errorf("some requests were cut off: %w", err), srv.Close())
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()

	late := time.After(min(patience, a.conf.Limits.Stop/4))
	select {
	case <-done:
	case <-late:
	case <-a.web.calls.none():
		select {
		case <-done:
		case <-time.After(grace):
		}
	}
	cut()
	<-done
	return errors.Join(errs...)
}

// close undoes open, in reverse.
func (a *app) close() error {
	var errs []error
	for _, stop := range slices.Backward(a.stops) {
		errs = append(errs, stop())
	}
	a.stops = nil
	return errors.Join(errs...)
}

// reloads loads the scripts again whenever it is asked to.
func (a *app) reloads(ctx context.Context, asked <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-asked:
			_ = a.scripts.reload(ctx) // it has logged the fault and keeps it for /readyz
		}
	}
}

// readiness says whether the program can take work.
func (a *app) readiness(ctx context.Context) readiness {
	r := readiness{Ready: true, Version: a.opt.Version, Accounts: a.hub.Health()}
	for name, trouble := range r.Accounts {
		r.Accounts[name] = Cover(trouble) // platforms' errors like to have the address called in them
	}
	r.Scripts = a.scripts.book.Load().Version
	if err := a.scripts.fault(); err != nil {
		r.Fault = places(err)
	}
	st, err := a.store.Stats(ctx)
	if err == nil {
		r.Unread, r.Outbox, r.Waiting = st.Unread, st.Outbox, st.Waiting
		err = a.probe.write(ctx, a.store)
	}
	switch {
	case a.draining.Load():
		r.Ready, r.Why = false, "stopping"
	case !a.running.Load():
		r.Ready, r.Why = false, "starting"
	case err != nil:
		r.Ready, r.Why = false, err.Error()
	}
	return r
}

// A probe finds out whether the store can be written, at most once a second.
type probe struct {
	mu   sync.Mutex
	last time.Time
	err  error
}

func (p *probe) write(ctx context.Context, v core.Values) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.last) >= time.Second || p.err != nil {
		p.last, p.err = now, v.Put(ctx, "frontdesk/probe", strconv.FormatInt(now.Unix(), 10), time.Hour)
	}
	return p.err
}
