package main

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/cmd/app"
	"github.com/frontdesk-im/frontdesk/core/rehearse"
)

func rehearseCommand() *cobra.Command {
	var r app.Rehearsal
	c := &cobra.Command{
		Use:   "rehearse --scenario FILE",
		Short: "Rehearse a peak: play an evening that is made up, and see what those who wait are told / 排演高峰：用虚构的一晚试跑安抚策略",
		Long: `Play an evening that is made up, with the line, the policy and the message allowances of service under a virtual clock:
who comes, who waits how long, what they are told, who is no longer there when their turn comes. The same scenario, policy
and seed give the same evening; two policies meet the same people. Patience, silent leavers and answers are assumptions.

A scenario that comes with the program is given by its name: ` + strings.Join(rehearse.Names(), ", ") + `.
One of your own is a YAML file; what it leaves out is as here:

  start: 2026-11-11T19:00:00+08:00
  minutes: 180
  seed: 7
  queue: aftersale                   # or queues: {aftersale: 0.7, presale: 0.3}
  arrivals: [{until: 30, per_minute: 10}, {until: 120, per_minute: 30}, {until: 180, per_minute: 8}]
  agents:   [{until: 180, count: 12, slots: 5, skills: [aftersale]}]  # skills left out: all; of the same skills one after the other
  service:  {median: 6m, sigma: 0.6}               # log-normal
  patience: {median: 8m, sigma: 0.9, silent: 0.6}  # log-normal; silent: share of leavers who say nothing
  presence: {answer: 0.7, within: 1m}              # who is still there answers a check
  asks: 0.3                                        # share who ask the bot once while they wait
  vip: 0.05
  channels: {wechat: 0.6, weibo: 0.1, web: 0.2, email: 0.1}
  refuses: [{from: 40, until: 50, channel: wechat, code: 45047, share: 0.01}]  # left out: nothing

--json has, among others: coverage (named waits that were kept), shown, overstated, told_worse, reserve_short, after_pickup,
ghost_pickups, parked_present, messages {mean, p95, max}, wait {p50, p80, p95, minutes (the mean)} in minutes, served, told_us,
left_silently, parked, diverted, seconds, series [{at, came, picked, ghosts, wait, waiting}].

用线上同一套排队、策略和消息额度，在虚拟时钟下演一个虚构的晚上：谁来、等多久、听到什么、轮到时谁已经走了。情景、策略、种子
相同，结果就相同；两份策略面对的是同一批人。耐心、不辞而别、是否应答都是假设，不是预测。自带的情景直接写名字；自己的情景是
YAML 文件，没写的项就用上面的值。`,
		Example: "  frontdesk rehearse --scenario eleven\n  frontdesk rehearse --scenario evening.yaml --policy new.yaml --against old.yaml",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if r.Scenario == "" {
				return errors.New("give --scenario: a file, or one of " + strings.Join(rehearse.Names(), ", ") + " / 请给 --scenario：一个文件，或上面的名字之一")
			}
			return app.Rehearse(c.OutOrStdout(), terminal(), r)
		},
	}
	f := c.Flags()
	f.StringVar(&r.Scenario, "scenario", "", "a scenario file, or the name of one that comes with the program / 情景文件，或自带情景的名字")
	f.StringVar(&r.Policy, "policy", "", "a policy file (default: the one that comes with the program) / 策略文件（默认：自带的策略）")
	f.StringVar(&r.Against, "against", "", "another policy file, to compare with / 另一份策略文件，用来对比")
	f.Uint64Var(&r.Seed, "seed", 0, "another seed than the scenario's / 换一个种子，不用情景里的")
	f.StringVar(&r.Lang, "lang", "", "your language: zh-CN or en (default: the environment's) / 您的语言：zh-CN 或 en（默认按环境）")
	f.BoolVar(&r.JSON, "json", false, "print JSON / 输出 JSON")
	return c
}

// terminal is where progress is shown: nowhere if nobody watches.
func terminal() io.Writer {
	if s, err := os.Stderr.Stat(); err != nil || s.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return os.Stderr
}
