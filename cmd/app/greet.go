package app

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/frontdesk-im/frontdesk/core"
)

// greet tells whoever started the program where its pages are and, as long as
// nobody has an account, how to make the first. It goes to the terminal and not
// to the log: the link is as good as a password until it is used.
func (a *app) greet(ctx context.Context) {
	base := a.base()
	a.log.Info("serving", "listen", a.ln[0].Addr().String(), "data", a.conf.Data, "version", a.opt.Version, "scripts", a.scripts.book.Load().Version)
	var b strings.Builder
	row := func(zh, en, what string) { fmt.Fprintf(&b, "  %s / %s\n      %s\n", zh, en, what) }
	b.WriteString("\n  Frontdesk 已就绪 / is ready\n\n")
	if a.home() != nil {
		row("客户的网页聊天（试聊页）", "customers' web chat (a page to try it on)", base+"/")
	}
	for _, n := range slices.Sorted(maps.Keys(a.conf.Desks)) {
		if site, ok := a.made[n].(core.Site); ok {
			row("客服工作台", "staff inbox", base+site.Prefix())
		}
		if path := a.firstLink(ctx, n); path != "" {
			row("创建第一个账号（24 小时内有效，只能用一次）", "make the first account (works once, for 24 hours)", base+path)
		}
	}
	if a.play != nil {
		row("演练场：扮演微信和微博的粉丝", "playground: act as a follower on WeChat and Weibo", base+playPrefix)
	}
	b.WriteString("\n  按 Ctrl-C 停止 / Ctrl-C stops\n\n")
	fmt.Fprint(a.opt.Out, b.String())
}

// firstLink is the path that makes a desk's first account; empty if it has one
// or needs none.
func (a *app) firstLink(ctx context.Context, desk string) string {
	f, ok := a.made[desk].(core.Founder)
	if !ok {
		return ""
	}
	path, needed, err := f.FirstLink(ctx)
	if err != nil {
		a.log.Error("the link for the first account could not be made; start again for another", "desk", desk, "err", err)
	}
	if !needed {
		return ""
	}
	return path
}

// base is how a browser on this machine reaches the program.
func (a *app) base() string {
	if a.conf.BaseURL != "" {
		return a.conf.BaseURL
	}
	host, port, err := net.SplitHostPort(a.ln[0].Addr().String())
	if err != nil {
		return "http://" + a.conf.Listen
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
