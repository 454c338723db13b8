package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/config"
	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/reassure"
	"github.com/frontdesk-im/frontdesk/core/store"
	"github.com/frontdesk-im/frontdesk/flows"
)

// A Switch is what is done about what policies tell those who wait.
type Switch struct {
	Queue   string // the line of a topic
	Channel string // an account
	Talk    string // a conversation: account/customer
	Why     string
}

// scope is what x is about; everything if it names nothing.
func (x Switch) scope() (string, error) {
	var out []string
	if x.Queue != "" {
		out = append(out, core.HaltTopic(x.Queue))
	}
	if x.Channel != "" {
		out = append(out, core.HaltChannel(x.Channel))
	}
	if x.Talk != "" {
		channel, peer, ok := strings.Cut(x.Talk, "/")
		if !ok || channel == "" || peer == "" {
			return "", errors.New("a conversation is written account/customer, as in the log / 会话写作 渠道/客户，和日志里一样")
		}
		out = append(out, core.HaltTalk(core.Key{Channel: channel, Peer: peer}))
	}
	switch len(out) {
	case 0:
		return core.HaltAll, nil
	case 1:
		return out[0], nil
	}
	return "", errors.New("give one of --queue, --channel and --talk / 三者只写一个")
}

// Halt keeps policies from speaking to those who wait, beside a program that runs:
// every node obeys within two seconds.
func Halt(ctx context.Context, out io.Writer, conf *config.Config, x Switch) error {
	scope, err := x.scope()
	if err != nil {
		return err
	}
	return kept(ctx, conf, func(s core.Values) error {
		h := core.Halt{Scope: scope, By: "command line", At: time.Now(), Why: x.Why}
		v := h.Value()
		if err := s.Put(ctx, v.Key, v.Value, 0); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "stopped: %s / 已停止对排队客户的安抚\n", scope)
		return err
	})
}

// Resume lets policies speak again. It needs a reason.
func Resume(ctx context.Context, out io.Writer, conf *config.Config, x Switch) error {
	scope, err := x.scope()
	if err != nil {
		return err
	}
	if strings.TrimSpace(x.Why) == "" {
		return errors.New("give --why: what has changed / 请写 --why：为什么可以恢复")
	}
	return kept(ctx, conf, func(s core.Values) error {
		key := core.Halt{Scope: scope}.Value().Key
		switch _, ok, err := s.Get(ctx, key); {
		case err != nil:
			return err
		case !ok:
			return fmt.Errorf("nothing is stopped under %s; frontdesk reassure list shows what is / 没有停着的安抚", scope)
		}
		if err := s.Delete(ctx, key); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "resumed: %s / 已恢复\n", scope)
		return err
	})
}

// Halts lists the policies in force and what is stopped.
func Halts(ctx context.Context, out io.Writer, conf *config.Config) error {
	ps, err := policiesOf(conf)
	if err != nil {
		return err
	}
	for _, p := range ps {
		var steps []string
		for _, s := range p.Steps {
			steps = append(steps, s.ID)
		}
		state := ""
		if p.Shadow {
			state = "  shadow: says nothing / 影子：只记不发"
		}
		fmt.Fprintf(out, "policy %s v%d  %s%s\n", p.Name, p.Version, strings.Join(steps, " "), state)
	}
	return kept(ctx, conf, func(s core.Values) error {
		vs, err := s.List(ctx, core.StaffWords, 0)
		if err != nil {
			return err
		}
		hs := core.ReadNotice(vs).Halts()
		slices.SortFunc(hs, func(a, b core.Halt) int { return a.At.Compare(b.At) })
		for _, h := range hs {
			fmt.Fprintf(out, "stopped %s  since %s  by %s  %s\n", h.Scope, h.At.Local().Format("2006-01-02 15:04"), h.By, h.Why)
		}
		if len(hs) == 0 {
			fmt.Fprintln(out, "nothing is stopped / 没有停着的")
		}
		return nil
	})
}

// CheckPolicy reads a policy file and reports all that is wrong with it.
func CheckPolicy(out io.Writer, file string) error {
	base, err := reassure.Load(flows.Policies, flows.Policies)
	if err != nil {
		return err
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the policy %s cannot be read: %w / 读不了策略文件", file, unpath(err))
	}
	p, err := reassure.Parse(file, src, base.Texts())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: policy %s v%d, %d steps, nothing to mend / 没有问题\n", file, p.Name, p.Version, len(p.Steps))
	return err
}

// policiesOf are the policies that a configuration has.
func policiesOf(conf *config.Config) (reassure.Policies, error) {
	fsys, _, err := scriptsOf(conf)
	if err != nil {
		return nil, err
	}
	return reassure.Load(fsys, flows.Policies)
}

// kept opens what is kept for all, beside a program that runs.
func kept(ctx context.Context, conf *config.Config, f func(core.Values) error) error {
	if err := aFolder(conf.Data); err != nil {
		return err
	}
	s, err := store.Beside(ctx, store.Options{Path: conf.Data, URL: string(conf.Store)})
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.Close())
}
