package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/cmd/app"
)

// settings are the flags that several commands share.
func settings(c *cobra.Command, s *app.Settings) {
	c.Flags().StringVar(&s.Config, "config", "", "configuration file; without one: a web chat, an inbox and the demo scripts / 配置文件；不给则是网页聊天、工作台和演示话术")
	c.Flags().StringVar(&s.Listen, "listen", "", "address to serve on (default 127.0.0.1:8080) / 监听地址（默认 127.0.0.1:8080）")
	c.Flags().StringVar(&s.Data, "data", "", "folder of everything that is kept (default ./data) / 保存数据的目录（默认 ./data）")
	c.Flags().StringVar(&s.Flows, "flows", "", "folder of scripts (default the demo's) / 话术文件夹（默认用演示的）")
}

func serveCommand() *cobra.Command {
	o := app.Options{Version: version()}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve customers and staff until SIGTERM; SIGHUP loads the scripts again / 接待客户和客服，直到 SIGTERM；SIGHUP 重新加载话术",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Out, o.Err, o.Reload = c.OutOrStdout(), c.ErrOrStderr(), hangups(c.Context())
			return app.Run(c.Context(), o)
		},
	}
	settings(c, &o.Settings)
	return c
}

// hangups passes on SIGHUP until ctx is done.
func hangups(ctx context.Context) <-chan struct{} {
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, syscall.SIGHUP)
	out := make(chan struct{}, 1)
	go func() {
		defer signal.Stop(sig)
		for {
			select {
			case <-ctx.Done():
				return
			case <-sig:
				select {
				case out <- struct{}{}:
				default: // one is waiting already
				}
			}
		}
	}()
	return out
}
