// Command frontdesk answers customers who write on many platforms, from scripts
// and through people.
//
// Here are flags, sub-commands and what they print, nothing else. What they do is
// in cmd/app, but for eval, whose measuring is in core/match/eval.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	_ "time/tzdata" // opening hours work on machines without a zone database

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/cmd/app"
	"github.com/frontdesk-im/frontdesk/config"
)

func main() { os.Exit(start(os.Args[1:])) }

// start runs a command and returns the exit code.
func start(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { force() })
	cmd := root()
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(ctx); err != nil {
		complain(err)
		return 1
	}
	return 0
}

// force ends the process at the next signal: the first asked politely. Some
// supervisors send the first twice, to the process and to its group.
func force() {
	first := time.Now()
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	go func() {
		for range again {
			if time.Since(first) < time.Second {
				continue
			}
			fmt.Fprintln(os.Stderr, "frontdesk: stopped at once; what was under way is taken up at the next start")
			os.Exit(130)
		}
	}()
}

// complain writes an error for people: every problem on a line of its own.
func complain(err error) {
	if errors.Is(err, app.ErrSaid) {
		return
	}
	var ps *config.Problems
	text := app.Cover(err.Error())
	if errors.As(err, &ps) || strings.Contains(text, "\n") {
		fmt.Fprintln(os.Stderr, text)
		return
	}
	fmt.Fprintln(os.Stderr, "frontdesk:", text)
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "frontdesk",
		Short:         "Answer customers who write on many platforms, from scripts and through people / 接待各个平台上的客户：机器人按话术答，答不了的转给人",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
	}
	c.SetVersionTemplate("frontdesk {{.Version}}\n")
	c.AddCommand(
		initCommand(), serveCommand(), readyCommand(), doctorCommand(), backupCommand(), moveCommand(), qrCommand(), versionCommand(), // who runs it
		checkCommand(), chatCommand(), testCommand(), evalCommand(), // who writes scripts
		reassureCommand(), rehearseCommand(), // who cares for the line
	)
	bilingual(c)
	return c
}

// bilingual puts what cobra says by itself into both languages.
func bilingual(c *cobra.Command) {
	c.CompletionOptions.HiddenDefaultCmd = true
	c.InitDefaultHelpCmd()
	c.InitDefaultVersionFlag()
	c.SetUsageTemplate(strings.NewReplacer("Usage:", "Usage / 用法:", "Aliases:", "Aliases / 别名:", "Examples:", "Examples / 例子:",
		"Available Commands:", "Commands / 命令:", "Global Flags:", "Global flags / 通用选项:", "Flags:", "Flags / 选项:",
		`Use "{{.CommandPath}} [command] --help" for more information about a command.`, `{{.CommandPath}} [command] --help: more about a command / 查看某个命令的详细说明`,
	).Replace(c.UsageTemplate()))
	for _, sub := range append(c.Commands(), c) {
		sub.InitDefaultHelpFlag()
		sub.Flags().Lookup("help").Usage = "show this / 显示这些说明"
		if sub.Name() == "help" {
			sub.Short = "More about a command / 查看某个命令的说明"
		}
	}
	c.Flags().Lookup("version").Usage = "print the version / 显示版本"
}
