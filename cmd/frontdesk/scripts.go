package main

import (
	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/cmd/app"
)

// scripts are the flags of the commands for those who write scripts.
func scripts(c *cobra.Command, s *app.Settings) {
	c.Flags().StringVar(&s.Config, "config", "", "configuration file; without one: the built-in configuration / 配置文件；不给则用内置配置")
	c.Flags().StringVar(&s.Flows, "flows", "", "folder of scripts, instead of the configuration's / 话术文件夹，代替配置里的")
}

func checkCommand() *cobra.Command {
	var s app.Settings
	lint := false
	c := &cobra.Command{
		Use:   "check",
		Short: "Read the configuration and the scripts and report every fault as file:line / 检查配置和话术，所有错误都写明文件和行号",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if lint {
				return app.Lint(c.Context(), c.OutOrStdout(), s)
			}
			return app.Check(c.OutOrStdout(), s)
		},
	}
	scripts(c, &s)
	c.Flags().BoolVar(&lint, "lint", false, "also look for samples and entries of the scripts that get in each other's way / 再查互相打架的例句和条目")
	return c
}

func chatCommand() *cobra.Command {
	var o app.ChatOptions
	c := &cobra.Command{
		Use:   "chat",
		Short: "Talk to the scripts in the terminal, as a customer and as an agent / 在终端里以客户和客服的身份试聊",
		Long: `Talk to the scripts in the terminal. Nothing is kept and nobody else takes part.

  text        you write as the customer; a number picks from the last list
  @ text      you write as the agent, in the customer's thread: @ !认领, @ 您好, @ !结束 已解决
  @@ text     you write as the agent outside every thread: @@ !上班, @@ !队列
  end of input (Ctrl-D) ends the talk

在终端里和话术聊天，什么都不会保存，也没有别人参与。直接打字是客户说话，数字选上一个列表里的项；
@ 开头是客服在客户的会话里说话（@ !认领、@ 您好、@ !结束 已解决）；@@ 开头是客服在会话之外（@@ !上班、@@ !队列）；
Ctrl-D 结束。`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.In, o.Out, o.Err = c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr()
			return app.Chat(c.Context(), o)
		},
	}
	scripts(c, &o.Settings)
	c.Flags().StringVar(&o.Lang, "lang", "", "what the customer's device speaks, like zh-CN or en; empty: unknown / 客户设备的语言，如 zh-CN 或 en；空：未知")
	c.Flags().StringVar(&o.At, "at", "", "what the clock shows, like \"2026-11-28 22:30\" or 22:30, to try what is said after hours / 对话开始时的时间，如 \"2026-11-28 22:30\" 或 22:30，用来试下班后的话术")
	c.Flags().StringVar(&o.Record, "record", "", "keep the talk in this .chat file, as a test / 把对话存成 .chat 文件，当作测试")
	c.Flags().BoolVar(&o.Quick, "quick", false, "understand as in the first seconds after a start, without the training that follows / 像刚启动的几秒那样理解，不做后面的训练")
	c.Flags().BoolVarP(&o.Verbose, "verbose", "v", false, "show why the bot said what it said / 显示机器人为什么这么说")
	return c
}

func testCommand() *cobra.Command {
	var o app.TestOptions
	c := &cobra.Command{
		Use:   "test [FILE.chat ...]",
		Short: "Play conversations against the scripts and report what differs / 把对话演一遍，报告和预期不同的地方",
		Long: `Play .chat files against the scripts, under a clock of their own. Without
arguments: all that stand in the folder of the scripts. The customer's side is
played for real, with the state written and read again between any two lines,
and the configured business systems are asked. Of the staff's side only taking
the conversation, writing and closing it are played (!claim, text, !close).

按虚拟时钟把 .chat 文件演一遍；不给文件就演话术文件夹里的全部。客户这边完整地演，每两行之间状态都写盘再读回，
也会问配置好的业务系统；客服这边只演认领、说话、结束。`,
		RunE: func(c *cobra.Command, args []string) error {
			o.Files = args
			return app.Test(c.Context(), c.OutOrStdout(), o)
		},
	}
	scripts(c, &o.Settings)
	c.Flags().BoolVar(&o.Quick, "quick", false, "understand as in the first seconds after a start, without the training that follows / 像刚启动的几秒那样理解，不做后面的训练")
	return c
}
