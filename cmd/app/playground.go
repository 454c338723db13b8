package app

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/frontdesk-im/frontdesk/adapters"
	wechat "github.com/frontdesk-im/frontdesk/adapters/wechat/fake"
	weibo "github.com/frontdesk-im/frontdesk/adapters/weibo/fake"
	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
)

// A playground is WeChat and Weibo played inside the program, so that anybody
// can see the channels work without an account. Nothing of the channels is
// played: signed and encrypted pushes go through everything that the platforms'
// would, and what the adapters send leaves over HTTP, to the loopback.
type playground struct {
	acts map[string]platform // by the name of the account
	run  string              // tells this run's messages from an earlier one's: the platforms' numbers start over
}

// A platform is one that is played.
type platform interface {
	http.Handler           // its API
	SetHook(http.Handler)  // where its pushes go
	Control() http.Handler // what its followers do
}

// playPrefix is the path of the pages and controls of the playground.
const playPrefix = "/playground/"

// openPlayground starts a platform of each kind that the configuration names no
// account of, and puts an account at it into the configuration.
func (a *app) openPlayground(ctx context.Context) error {
	if !a.conf.Playground {
		return nil
	}
	now := time.Now().UnixNano()
	a.play = &playground{acts: map[string]platform{}, run: fmt.Sprintf("%x/", now)}
	wx, wb := wechat.Demo(), weibo.Demo()
	wx.AppID = fmt.Sprintf("wx%016x", now) // what is kept for an account goes by it
	for kind, p := range map[string]platform{
		"wechat": wechat.New(wechat.Options{Account: wx}),
		"weibo":  weibo.New(weibo.Options{Account: wb}),
	} {
		if named(a.conf, kind) {
			continue
		}
		if slices.Contains(a.conf.Names(), kind) {
			return fmt.Errorf("the playground needs the name %s for its account; give what has it another name, or set playground: false", kind)
		}
		api, err := a.loopback(ctx, p)
		if err != nil {
			return err
		}
		values := map[string]string{
			"API": api, "APPID": wx.AppID, "SECRET": wx.Secret, "TOKEN": wx.Token, "KEY": wx.Key,
			"UID": wb.UID, "APP_SECRET": wb.AppSecret, "ACCESS": wb.Token,
		}
		x, err := played(kind, values)
		if err != nil {
			return err
		}
		if a.conf.Channels == nil {
			a.conf.Channels = map[string]config.Channel{}
		}
		a.conf.Channels[kind], a.play.acts[kind] = x, p
	}
	a.log.Warn("the playground is on: whoever reaches " + playPrefix + " can write as a customer; set playground: false where customers are served")
	return nil
}

// named reports whether the configuration has a channel of a kind.
func named(c *config.Config, kind string) bool {
	for _, x := range c.Channels {
		if x.Type == kind {
			return true
		}
	}
	return false
}

// accountsPlayed are the accounts as a configuration file would have them.
var accountsPlayed = map[string]string{
	"wechat": `{type: wechat, url: "${API}", appid: "${APPID}", secret: "${SECRET}", token: "${TOKEN}", keys: ["${KEY}"]}`,
	"weibo":  `{type: weibo, url: "${API}", upload_url: "${API}", info_url: "${API}", uid: "${UID}", app_secret: "${APP_SECRET}", token: "${ACCESS}", people: true}`,
}

// played reads the account of a kind the way those of a file are read.
func played(kind string, values map[string]string) (config.Channel, error) {
	env := func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	c, err := config.Parse("", []byte("channels:\n  "+kind+": "+accountsPlayed[kind]+"\n"), config.Options{
		Makers: adapters.All, Sources: config.Sources{Env: env},
	})
	if err != nil {
		return config.Channel{}, fmt.Errorf("the playground's account %s: %w", kind, err)
	}
	return c.Channels[kind], nil
}

// loopback serves a platform's API on this machine and returns its address.
func (a *app) loopback(ctx context.Context, p platform) (string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("the playground cannot listen on the loopback: %w", err)
	}
	srv := server(context.WithoutCancel(ctx), p, a.log)
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the playground's platform stopped; start again", "err", err)
		}
	}()
	a.stops = append(a.stops, func() error {
		p.SetHook(nil)
		return srv.Close()
	})
	return "http://" + ln.Addr().String(), nil
}

// mountPlayground serves the page and its controls, and lets the platforms push
// to where their pushes arrive from outside.
func (a *app) mountPlayground() error {
	if a.play == nil {
		return nil
	}
	if err := a.web.claim(playPrefix, "the playground"); err != nil {
		return err
	}
	a.web.handle(playPrefix, "playground", http.StripPrefix(playPrefix[:len(playPrefix)-1], playPage(a.staffPage())))
	for _, name := range slices.Sorted(maps.Keys(a.play.acts)) {
		p, path := a.play.acts[name], playPrefix+name
		p.SetHook(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.Path = "/hook/" + name + r.URL.Path
			a.web.ServeHTTP(w, r)
		}))
		a.web.handle(path+"/", "playground", http.StripPrefix(path, p.Control()))
	}
	return nil
}

// staffPage is the path of the first desk that has pages of its own.
func (a *app) staffPage() string {
	for _, n := range slices.Sorted(maps.Keys(a.conf.Desks)) {
		if site, ok := a.made[n].(core.Site); ok {
			return site.Prefix()
		}
	}
	return ""
}

// inbox is where the account of a name hands in what it receives.
func (a *app) inbox(name string) core.Inbox {
	if a.play != nil && a.play.acts[name] != nil {
		return numbered{a.hub, a.play.run}
	}
	return a.hub
}

// numbered puts the number of a run before the names of messages.
type numbered struct {
	core.Inbox
	run string
}

func (n numbered) Receive(ctx context.Context, env core.Envelope) error {
	env.Ref = n.run + env.Ref
	return n.Inbox.Receive(ctx, env)
}

// The page: a phone for each platform that is played, and beside it what its
// owner and the platform can do.
//
//go:embed playground
var playFiles embed.FS

var playIndex = template.Must(template.ParseFS(playFiles, "playground/index.html"))

// playPage serves the page. inbox is where its follower can be answered from;
// empty if no desk has pages of its own.
func playPage(inbox string) http.Handler {
	files, err := fs.Sub(playFiles, "playground")
	if err != nil {
		panic(err) // the folder is in the program
	}
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'")
		if r.URL.Path != "/" {
			serve.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = playIndex.Execute(w, inbox) // who left needs no page
	})
}
