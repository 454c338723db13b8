package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/cmd/app"
	"github.com/frontdesk-im/frontdesk/config"
)

func reassureCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "reassure",
		Short: "Stop what policies tell those who wait, resume it, list it, check a policy file / 停止、恢复、查看对排队客户的安抚，检查策略文件",
		Long: `Stop what policies tell those who wait, beside a program that runs: every node obeys within two seconds, and what was
about to be said is dropped. People and the bot's own answers are not stopped. Staff do the same with !安抚 in their desk.

不停机就能停：各节点两秒内生效，正要发的也作废。客服和机器人自己的回答不受影响。客服在自己的工作台用 !安抚 也行。`,
	}
	c.AddCommand(
		switchCommand("stop", "Stop policies for everybody, or for one line, account or conversation / 停止安抚：全部，或一个队列、渠道、会话", app.Halt),
		switchCommand("resume", "Let policies speak again; needs --why / 恢复安抚，要写 --why", app.Resume),
		listCommand(), checkPolicyCommand(),
	)
	return c
}

func switchCommand(name, short string, do func(context.Context, io.Writer, *config.Config, app.Switch) error) *cobra.Command {
	var s app.Settings
	var x app.Switch
	c := &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := s.Load()
			if err != nil {
				return err
			}
			return do(c.Context(), c.OutOrStdout(), conf, x)
		},
	}
	settings(c, &s)
	f := c.Flags()
	f.StringVar(&x.Queue, "queue", "", "the line of a topic / 一个队列（话题）")
	f.StringVar(&x.Channel, "channel", "", "an account of the configuration / 配置里的一个渠道")
	f.StringVar(&x.Talk, "talk", "", "a conversation: account/customer / 一个会话：渠道/客户")
	f.StringVar(&x.Why, "why", "", "the reason, for those who read it later / 原因，给以后看的人")
	return c
}

func listCommand() *cobra.Command {
	var s app.Settings
	c := &cobra.Command{
		Use:   "list",
		Short: "List the policies in force and what is stopped / 列出现用的策略和停着的安抚",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := s.Load()
			if err != nil {
				return err
			}
			return app.Halts(c.Context(), c.OutOrStdout(), conf)
		},
	}
	settings(c, &s)
	return c
}

func checkPolicyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Read a policy file and report everything that is wrong with it / 检查一份策略文件，列出所有问题",
		Args:  cobra.ExactArgs(1),
		RunE:  func(c *cobra.Command, args []string) error { return app.CheckPolicy(c.OutOrStdout(), args[0]) },
	}
}
