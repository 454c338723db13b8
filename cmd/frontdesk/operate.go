package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/cmd/app"
)

func readyCommand() *cobra.Command {
	var s app.Settings
	c := &cobra.Command{
		Use:   "ready",
		Short: "Ask a running frontdesk whether it takes work, for health checks; exit code 1 if not / 问正在运行的程序能不能接活，供健康检查用；不能则退出码为 1",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return app.Ready(c.Context(), c.OutOrStdout(), s) },
	}
	settings(c, &s)
	return c
}

func doctorCommand() *cobra.Command {
	var s app.Settings
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what would keep frontdesk from working on this machine, with a fix for each / 找出这台机器上会让它干不了活的问题，每个都给出办法",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return app.Doctor(c.Context(), c.OutOrStdout(), s) },
	}
	settings(c, &s)
	return c
}

func backupCommand() *cobra.Command {
	var s app.Settings
	c := &cobra.Command{
		Use:   "backup FOLDER",
		Short: "Copy what is kept into a new folder, while frontdesk runs / 不停机，把保存的数据复制到新文件夹",
		Long: `Copy the database, as it is at this moment, and the files that people sent into
a new folder. frontdesk may go on running. The copy can be used as --data.

把此刻的数据库和客户发来的文件复制到新文件夹，程序可以继续运行；副本可以直接当作 --data 用。`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			conf, err := s.Load()
			if err != nil {
				return err
			}
			n, err := app.Backup(c.Context(), conf, args[0])
			if err != nil {
				return err
			}
			what := fmt.Sprintf("and %d files", n)
			if conf.Files.S3 != "" {
				what = "without the files, which stay in " + conf.Files.S3
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: the database, whole, %s\n", args[0], what)
			return err
		},
	}
	c.Flags().StringVar(&s.Config, "config", "", "configuration file, for its data / 配置文件，从中得知数据目录")
	c.Flags().StringVar(&s.Data, "data", "", "folder to copy (default ./data) / 要复制的目录（默认 ./data）")
	return c
}

func moveCommand() *cobra.Command {
	var from, to app.Settings
	c := &cobra.Command{
		Use:   "move",
		Short: "Copy the record from one database to another, empty one, a file or PostgreSQL / 把全部记录从一个数据库搬到另一个空的数据库（文件或 PostgreSQL）",
		Long: `Copy the record of the database of one configuration to that of another: from the
file in data to PostgreSQL (store), or back. The other must be empty. Stop frontdesk
first. Until it is done nothing has been moved, and it can be run again. Before it
commits, what was written is read back, and its checksum compared with that of
what was read.
Files that people sent stay: copy the folder blobs of data, or name it in
files.folder.

把一份配置的数据库里的全部记录搬到另一份配置的数据库：从 data 里的文件搬到 PostgreSQL（store），
或者反过来。目标必须是空的。请先停掉 frontdesk。完成之前什么都没有搬，可以重新运行；
提交之前把写进去的逐行读回，与读出时的校验和比对。客户发来的文件留在原处：复制 data 里的 blobs 目录，或在 files.folder 里写上它。`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			a, err := from.Load()
			if err != nil {
				return err
			}
			b, err := to.Load()
			if err != nil {
				return err
			}
			return app.Move(c.Context(), c.OutOrStdout(), a, b)
		},
	}
	c.Flags().StringVar(&from.Config, "config", "", "configuration of where the record is (default: built in) / 记录现在所在处的配置（默认：内置）")
	c.Flags().StringVar(&from.Data, "data", "", "its folder (default ./data) / 其数据目录（默认 ./data）")
	c.Flags().StringVar(&to.Config, "to", "", "configuration of where it goes / 搬去之处的配置")
	c.Flags().StringVar(&to.Data, "to-data", "", "its folder (default ./data) / 其数据目录（默认 ./data）")
	return c
}

func qrCommand() *cobra.Command {
	var s app.Settings
	days := 0
	c := &cobra.Command{
		Use:   "qr CHANNEL SCENE",
		Short: "Make a QR code of an account that says where its followers came from / 给公众号生成能区分来源的二维码",
		Long: `Make a QR code that opens an account's chat, for a shop window or a parcel.
Whoever scans it arrives with SCENE as where they came from: scripts and staff
see it. Channels of the type wechat can; without --days the code never ends, and
an account has 100,000 of those.

生成一个打开公众号对话的二维码，贴在橱窗或包裹上；扫码进来的人带着 SCENE，话术和客服都能看到来源。
只有 wechat 类型的渠道支持；不给 --days 就永久有效，每个账号有十万个这样的名额。`,
		Example: "  frontdesk qr wechat shop-12 --config frontdesk.yaml",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			code := app.Code{Channel: args[0], Scene: args[1], Life: time.Duration(days) * 24 * time.Hour}
			return app.QR(c.Context(), c.OutOrStdout(), s, code)
		},
	}
	c.Flags().StringVar(&s.Config, "config", "", "configuration file / 配置文件")
	c.Flags().IntVar(&days, "days", 0, "how long the code works, at most 30; 0: for ever / 二维码有效几天，最多 30；0 表示永久")
	return c
}
